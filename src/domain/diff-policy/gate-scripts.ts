import { knownTestRunner } from "../runner-command.ts";
import { shellCommands } from "../shell-words.ts";
import type { Gate } from "../verdict.ts";
import type { DiffLine, FileDiff } from "./diff.ts";
import type { Suspicion } from "./finding.ts";
import { nameOf } from "./paths.ts";
import type { PolicyTask } from "./settings.ts";

/** Programs that run a script by its name, and the words before that. */
const runsByName = /^(?:npm|pnpm|yarn|bun|composer)$/;
const runWords = new Set(["run", "run-script"]);

/** Names of the scripts in package.json or composer.json that the commands of a gate run. */
export function gateScripts(gate: Gate | null): string[] {
  const names = (gate?.checks ?? []).flatMap(({ run }) => shellCommands(run).flatMap(({ words }) => scriptOf(words)));
  return [...new Set(names)];
}

function scriptOf(words: readonly string[]): string[] {
  const at = words.findIndex((word) => runsByName.test(word));
  if (at < 0) return [];
  const named = words.slice(at + 1).filter((word) => !word.startsWith("-"));
  const run = named.findIndex((word) => runWords.has(word));
  const [name] = run < 0 ? named : named.slice(run + 1);
  if (run < 0 && named.some((word) => word === "test" || word === "t" || word === "tst")) return ["test"];
  return name === undefined ? [] : [name];
}

/** What the gate runs by a name is defined where work can change it: another command of that name is another gate. */
export function changedScripts(
  files: readonly FileDiff[],
  names: readonly string[],
  { title, description }: PolicyTask,
): Suspicion[] {
  const manifests = files.filter(({ path, status }) => isManifest(path) && status === "modified");
  return names.length === 0 ? [] : manifests.flatMap((file) => changedIn(file, names, `${title}\n${description}`));
}

function isManifest(path: string): boolean {
  return /^(?:package|composer)\.json$/.test(nameOf(path));
}

function changedIn({ path, removed, added }: FileDiff, names: readonly string[], words: string): Suspicion[] {
  const [before, after] = [scriptsIn(removed), scriptsIn(added)];
  return [...before].flatMap(([name, { text, line }]): Suspicion[] => {
    const now = after.get(name);
    // Scripts that others call have names that no check says.
    const counts = names.includes(name) || knownTestRunner(text) !== null;
    if (!counts || now?.text === text) return [];
    const about = { rule: "gate-files", path, line: now?.line ?? line } as const;
    const was = `the script “${name}”, which the gate runs, was “${text}”`;
    if (now === undefined) return [{ ...about, what: `${was}, and is gone`, certain: !isAskedFor(words, "") }];
    const certain = !extendsIt(text, now.text) && !isAskedFor(words, now.text);
    return [{ ...about, what: `${was}, and is “${now.text}”`, certain }];
  });
}

interface Script {
  readonly text: string;
  readonly line: number;
}

function scriptsIn(lines: readonly DiffLine[]): Map<string, Script> {
  const found = lines.flatMap(({ text, line }) =>
    [...text.matchAll(/"([\w:.@/-]{1,100})"\s*:\s*"((?:\\.|[^"\\])*)"/g)].map(
      ([, name = "", value = ""]) => [name, { text: value, line }] as const,
    ),
  );
  return new Map(found);
}

const ends = /\|(?!\|)|\|\||;|#|--(?:pass-?with-?no-?tests|ignore|exclude|deselect)/i;

/** It still does what it did, and more: nothing behind it hides how that ended, and it was not told first where to look. */
function extendsIt(before: string, after: string): boolean {
  const old = before.split(/\s+/);
  let rest = after.split(/\s+/);
  const added: string[] = [];
  for (const word of old) {
    const at = rest.indexOf(word);
    if (at < 0) return false;
    added.push(...rest.slice(0, at));
    rest = rest.slice(at + 1);
  }
  const isPlace = (word: string): boolean => /[/*]|\.[a-z]\w{0,4}$/.test(word) && !/^-|@/.test(word);
  const narrows = [...added, ...rest].some(isPlace) && !old.some(isPlace);
  return !narrows && !ends.test(after);
}

/** A task that speaks of scripts, or of the program that is run now, is about how things are run. */
function isAskedFor(words: string, after: string): boolean {
  if (/\b(?:package\.json|composer\.json|scripts?)\b/i.test(words)) return true;
  const programs = shellCommands(after).map(({ words: [head = ""] }) => head.toLowerCase());
  return programs.some((head) => head.length > 2 && head !== "true" && words.toLowerCase().includes(head));
}
