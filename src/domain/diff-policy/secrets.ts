import { isSecretName } from "../secret-name.ts";
import type { DiffLine, FileDiff } from "./diff.ts";
import type { Suspicion } from "./finding.ts";
import { isIllustration, nameOf } from "./paths.ts";
import type { PolicyInput } from "./policy-input.ts";

/** At most so many of one file. */
const mostInFile = 5;

export function secretSuspicions({ diff, redact }: Pick<PolicyInput, "diff" | "redact">): Suspicion[] {
  const named = inNames(diff.files, redact);
  const before = new Set(diff.files.flatMap(({ removed }) => removed.map(({ text }) => text.trim())));
  const within = diff.files.flatMap((file) => {
    if (file.status === "deleted") return [];
    const fresh = file.added.filter(({ text }) => !before.has(text.trim()));
    return [...inLines(file, fresh, redact), ...byName(file, fresh)].slice(0, mostInFile);
  });
  return [...named, ...within];
}

/** A path is told wherever the file is. */
function inNames(files: readonly FileDiff[], redact: (text: string) => string): Suspicion[] {
  const paths = files.filter(({ status }) => status === "added").map(({ path }) => path);
  const all = paths.join("\n");
  if (redact(all) === all) return [];
  return paths.flatMap((path) =>
    namesOf(path, redact(path)).map((name) => ({
      rule: "secrets" as const,
      path,
      line: null,
      what: `its name holds ${told(name)}`,
      certain: isVariable(name) ? isSecretName(name) : !isIllustration(path),
    })),
  );
}

function told(name: string): string {
  return isVariable(name) ? `the value of ${name}` : `${article(name)} ${name}`;
}

function inLines({ path }: FileDiff, lines: readonly DiffLine[], redact: (text: string) => string): Suspicion[] {
  const whole = lines.map(({ text }) => text).join("\n");
  // Most files have none: one look at all of it is cheap.
  if (redact(whole) === whole) return [];
  const found: { line: number; text: string; name: string }[] = [];
  for (const { line, text } of lines) {
    if (found.length >= mostInFile) break;
    found.push(...namesOf(text, redact(text)).map((name) => ({ line, text, name })));
  }
  const block = lines.find(({ text }) => /-----BEGIN [A-Z0-9 ]*PRIVATE KEY/.test(text));
  if (block !== undefined && !found.some(({ name }) => name === "private key"))
    found.push({ line: block.line, text: block.text, name: "private key" });
  return found.map(({ line, text, name }) => ({
    rule: "secrets",
    path,
    line,
    what: told(name),
    certain: isVariable(name) ? isSecretName(name) : !(isIllustration(path) || isHarmless(name, text)),
  }));
}

/** Known by its value, it is told under the name of its variable: one that names no secret may hold a region, or a mode. */
function isVariable(name: string): boolean {
  return /^[A-Z][A-Z0-9_]+$/.test(name);
}

function namesOf(text: string, redacted: string): string[] {
  if (redacted === text) return [];
  const names = [...redacted.matchAll(/\[redacted ([^\]]{1,100})\]/g)].map(([, name = ""]) => name);
  return [...new Set(names)];
}

/** A password for this very machine, or a service of a compose file, is none that matters. */
function isHarmless(name: string, text: string): boolean {
  return (
    name === "user and password" &&
    /@(?:localhost|127\.0\.0\.1|\[::1\]|0\.0\.0\.0|host\.docker\.internal|[\w-]+(?=[:/"'\s]|$)|[\w.-]*\b(?:example|test|invalid|local)\b)/.test(
      text,
    )
  );
}

function article(name: string): string {
  return /^[aeio]/i.test(name) ? "an" : "a";
}

const secretFile =
  /^(?:\.env(?:\.(?!example|sample|template|dist|test|ci|defaults?|schema)[\w-]+)*|id_(?:rsa|dsa|ecdsa|ed25519)|\.netrc|\.pgpass|\.pypirc|\.htpasswd|.*\.(?:pfx|p12|keystore|jks|kdbx|ppk))$/i;

/** Files that are there to hold secrets; a file of variables counts where a variable of such a name has a value. */
function byName(file: FileDiff, fresh: readonly DiffLine[]): Suspicion[] {
  const name = nameOf(file.path);
  if (file.status !== "added" || !secretFile.test(name)) return [];
  const about = { rule: "secrets", path: file.path } as const;
  if (!/^\.env/i.test(name))
    return [
      { ...about, line: null, what: "files of this name hold keys or passwords", certain: !isIllustration(file.path) },
    ];
  const set = fresh.find(({ text }) => {
    const [, variable = "", value = ""] = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*["']?([^"'#]*)/.exec(text) ?? [];
    return (
      isSecretName(variable, value) &&
      value.trim().length >= 8 &&
      !/^(?:your|change|replace|xxx|<|\$|example|dummy|secret|password)/i.test(value.trim())
    );
  });
  if (set === undefined)
    return [{ ...about, line: null, what: "settings of one machine are kept in such files", certain: false }];
  return [
    {
      ...about,
      line: set.line,
      what: "settings of one machine, with a value for a secret",
      certain: !isIllustration(file.path),
    },
  ];
}
