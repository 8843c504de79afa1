import { shellCommands } from "../shell-words.ts";
import type { Gate } from "../verdict.ts";

/** Programs that take the script to run as their first word. */
const runners = new Set([
  "sh",
  "bash",
  "zsh",
  "node",
  "python",
  "python3",
  "ruby",
  "perl",
  "php",
  "deno",
  "bun",
  "tsx",
]);

/** Paths in the repository that the commands of a gate run: what is judged must not decide how. */
export function gatePaths(gate: Gate | null): string[] {
  const paths = (gate?.checks ?? []).flatMap(({ run }) => shellCommands(run).flatMap(({ words }) => scriptOf(words)));
  return [...new Set(paths)];
}

/** What programs do by a name stands in files of theirs, beside much else. */
const buildFiles: ReadonlyMap<string, readonly string[]> = new Map([
  ["make", ["GNUmakefile", "makefile", "Makefile"]],
  ["gmake", ["GNUmakefile", "makefile", "Makefile"]],
  ["just", ["justfile", "Justfile", ".justfile"]],
  ["task", ["Taskfile.yml", "Taskfile.yaml"]],
  ["rake", ["Rakefile"]],
  ["tox", ["tox.ini"]],
  ["nox", ["noxfile.py"]],
]);

export function isBuildFile(path: string): boolean {
  return [...buildFiles.values()].some((names) => names.includes(path));
}

function scriptOf(all: readonly string[]): string[] {
  const words = all.filter((word, index) => !(all.slice(0, index + 1).every(isAssignment) && isAssignment(word)));
  const [program = "", ...rest] = words;
  const name = program.slice(program.lastIndexOf("/") + 1);
  const build = words.map((word) => buildFiles.get(word)).find((names) => names !== undefined);
  if (build !== undefined) return [...build];
  const script = runners.has(name) ? (rest.find((word) => !word.startsWith("-")) ?? "") : program;
  const path = script.replace(/^(?:\.\/)+/, "");
  if (path === "" || path.startsWith("/") || path.startsWith("..") || !/[/.]/.test(script)) return [];
  return [path];
}

function isAssignment(word: string): boolean {
  return /^[A-Za-z_]\w*=/.test(word);
}
