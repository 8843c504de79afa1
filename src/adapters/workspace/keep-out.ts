import { leftOutRoot } from "../../domain/diff-policy/left-out.ts";
import { nulSeparated, zeroLike, type Git } from "../git/git.ts";
import type { DiffFacts } from "./diff-facts.ts";

/** What is to be in no commit of an attempt, whoever made it. */
export interface KeepOut {
  /** Whether a path that the base has not is left out of the work. */
  readonly leavesOut: (path: string) => boolean;
  /** Whether text that was added to a file must not be in the history; without a path what is said of a commit. */
  readonly forbids: (path: string, text: string) => boolean;
}

interface Leaving {
  readonly keepOut: KeepOut | null;
  readonly base: string;
}

/**
 * Takes from the index what agents and tools keep for themselves; in the work tree it stays. What the base has of it is the
 * project's. Gives the paths.
 */
export async function leaveOut(git: Git, { keepOut, base }: Leaving, { baseEntries }: DiffFacts): Promise<string[]> {
  const found = [...baseEntries].filter(([path, entry]) => entry === null && keepOut?.leavesOut(path) === true);
  if (found.length === 0) return [];
  const roots = [...new Set(found.map(([path]) => leftOutRoot(path)))];
  const ofProject = await rootsInBase(git, base, roots);
  const leftOut = found.map(([path]) => path).filter((path) => !ofProject.has(leftOutRoot(path)));
  // Mode 0 is how git is told that an entry is gone.
  const input = leftOut.map((path) => `0 ${zeroLike(base)}\t${path}\0`).join("");
  if (leftOut.length > 0) await git.call(["update-index", "-z", "--index-info"], { input });
  return leftOut;
}

/** Paths named in one call. */
const atOnce = 200;

async function rootsInBase(git: Git, base: string, roots: readonly string[]): Promise<Set<string>> {
  const there = new Set<string>();
  for (let at = 0; at < roots.length; at += atOnce) {
    const args = ["ls-tree", "-z", "--name-only", "--full-tree", base, "--", ...roots.slice(at, at + atOnce)];
    for (const path of nulSeparated(await git.text(args))) there.add(path);
  }
  return there;
}

/** Of an agent's history so much is looked at; what is longer is joined without a look. */
const maxHistoryBytes = 16 * 1024 * 1024;

/** By whom, and its message. */
const saidOfCommit = "%an%n%ae%n%cn%n%ce%n%B";

/**
 * Whether an agent's own commits must not be landed as they are: on the way to the last of them there was a file that is
 * left out, or a secret that was taken back, or one stands in what is said of them.
 */
export async function mustBeJoined(
  git: Git,
  { keepOut, base }: Leaving,
  { head, isAll }: { readonly head: string; readonly isAll: boolean },
): Promise<boolean> {
  if (keepOut === null) return false;
  const about = await git.call(["log", "--no-show-signature", `--format=${saidOfCommit}`, head, `^${base}`], {
    cutAt: maxHistoryBytes,
  });
  if (about.cut || keepOut.forbids("", about.stdout.toString())) return true;
  if (isAll) return false;
  const asked = ["log", "--format=", "--no-renames", "--patch", "--unified=0", "--no-color", "--no-ext-diff"];
  const { stdout, cut } = await git.call([...asked, "--no-textconv", "--diff-merges=separate", head, `^${base}`], {
    cutAt: maxHistoryBytes,
  });
  if (cut) return true;
  return addedByPath(stdout.toString()).some(
    ({ path, fresh, lines }) => (fresh && keepOut.leavesOut(path)) || keepOut.forbids(path, lines.join("\n")),
  );
}

interface Added {
  readonly path: string;
  /** It was not there before. */
  readonly fresh: boolean;
  readonly lines: string[];
}

function addedByPath(log: string): Added[] {
  const files: Added[] = [];
  let current: Added | null = null;
  let before = "";
  for (const line of log.split("\n")) {
    const path = line.startsWith("diff --git ") ? "" : /^\+\+\+ "?b\/(.*?)"?$/.exec(line)?.[1];
    if (path !== undefined) {
      current = path === "" ? null : { path, fresh: before === "--- /dev/null", lines: [] };
      if (current !== null) files.push(current);
    } else if (line.startsWith("+")) current?.lines.push(line.slice(1));
    before = line;
  }
  return files;
}
