import { globPattern } from "../std/glob.ts";
import { singleLine } from "../std/text.ts";
import type { Check } from "./verdict.ts";

/** Files that a tool derives from others: one that two sides have changed is made anew by it, never merged as text. */
export interface LockFileRule {
  /** Path in the repository, with `*`, `?` and `**`; without a slash it is one in the root. */
  readonly path: string;
  /** A line for `sh -c`, in the folder of such a file. */
  readonly run: string;
  readonly timeoutMs: number;
}

/** How often the lock files of one change are made anew at most: a target that moves faster than that is a conflict. */
export const mostRegenerations = 3;

/** More of them in one change are not made anew. */
const mostFiles = 20;

/** Whether a rule says how to make the file of this path anew. */
export function isLockFile(rules: readonly LockFileRule[]): (path: string) => boolean {
  const patterns = rules.map(({ path }) => ({ pattern: globPattern(path), inRoot: !path.includes("/") }));
  return (path) => patterns.some(({ pattern, inRoot }) => pattern.test(path) && !(inRoot && path.includes("/")));
}

/** Whether tools alone can settle a conflict in these files. */
export function canRegenerate(rules: readonly LockFileRule[], paths: readonly string[]): boolean {
  return paths.length > 0 && paths.length <= mostFiles && paths.every(isLockFile(rules));
}

/** The tools that make these files anew, each once in each folder. A file's first rule counts. */
export function toolsFor(rules: readonly LockFileRule[], paths: readonly string[]): Check[] {
  const checks = new Map<string, Check>();
  for (const path of paths) {
    const rule = rules.find((one) => isLockFile([one])(path));
    if (rule === undefined) continue;
    const folder = path.slice(0, Math.max(0, path.lastIndexOf("/")));
    const run = folder === "" ? rule.run : `cd -- ${quoted(folder)} || exit\n${rule.run}`;
    const name = singleLine(folder === "" ? rule.run : `${rule.run} (in ${folder})`, 100);
    checks.set(run, { name, run, kind: "command", timeoutMs: rule.timeoutMs });
  }
  return [...checks.values()];
}

/** As one word of a shell, whatever is in it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
