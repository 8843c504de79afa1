import type { AgainstTarget, BranchFacts } from "../../domain/branch-proof.ts";
import { Git, GitError } from "./git.ts";
import { branchRef, isAncestor, resolveRef } from "./target.ts";

export interface BranchQuestion {
  readonly tip: string;
  /** Commit it began at, where that is known. */
  readonly base: string | null;
  /** Name of the target branch. */
  readonly target: string;
}

/** More of patches than this is not compared: then nothing is proven. */
const maxPatchBytes = 32 * 1024 * 1024;
const comparingMs = 600_000;

/** Facts for `proveBranch`. Rejects with a `GitError` where git cannot tell. */
export async function branchFacts(git: Git, { tip, base, target }: BranchQuestion): Promise<BranchFacts> {
  const at = await resolveRef(git, branchRef(target));
  return { own: await ownCommits(git, tip, base), target: at === null ? null : await against(git, tip, at) };
}

async function ownCommits(git: Git, tip: string, base: string | null): Promise<number | null> {
  if (base === null || (await resolveRef(git, base)) === null) return null;
  return countOf(git, [`${base}..${tip}`]);
}

async function against(git: Git, tip: string, target: string): Promise<AgainstTarget> {
  if (await isAncestor(git, tip, target)) return { reachable: true, ahead: 0, merges: 0, patchesThere: 0 };
  const ahead = await countOf(git, [tip, `^${target}`]);
  const merges = await countOf(git, ["--merges", tip, `^${target}`]);
  const patchesThere = merges > 0 ? 0 : await patchesIn(git, tip, target);
  return { reachable: false, ahead, merges, patchesThere };
}

/** How many commits of `tip` have their patch in the target. */
async function patchesIn(git: Git, tip: string, target: string): Promise<number> {
  const answer = await git.text(["cherry", target, tip], { timeoutMs: comparingMs });
  const equal = answer.split("\n").filter((line) => line.startsWith("- ")).length;
  const all = answer.split("\n").filter((line) => line !== "").length;
  // The rest is only of use where everything is there.
  return equal === 0 || equal < all ? equal : exactPatchesIn(git, tip, target);
}

/** `git cherry` takes patches that differ in white space, and changes of a mode, as equal: looked at more closely. */
async function exactPatchesIn(git: Git, tip: string, target: string): Promise<number> {
  const own = await exactPatches(git, [tip, `^${target}`], []);
  if (own === null) return 0;
  const paths = nulList(await git.text([...logOf([tip, `^${target}`]), "-z", "--name-only", "--format="]));
  const there = await exactPatches(git, [target, `^${tip}`], paths);
  if (there === null) return 0;
  const known = new Set(there);
  return own.filter((patch) => known.has(patch)).length;
}

function logOf(range: readonly string[]): string[] {
  // Spelled out, as a person's settings may say otherwise.
  const plain = ["--no-renames", "--no-ext-diff", "--no-textconv", "--no-color", "--no-follow", "--no-show-signature"];
  return ["log", "--no-merges", ...plain, ...range];
}

function nulList(text: string): string[] {
  return [...new Set(text.split("\0").map((path) => path.replace(/^\n/, "")))].filter((path) => path !== "");
}

/** Null where they are too many to compare, or git is too old to tell them exactly (before 2.39). */
async function exactPatches(git: Git, range: readonly string[], paths: readonly string[]): Promise<string[] | null> {
  const modes = ["--format=commit %H", "--patch", "--full-index", "--unified=3", "--diff-algorithm=myers"];
  const limited = paths.length === 0 ? [] : ["--", ...paths.map((path) => `:(top,literal)${path}`)];
  const { stdout, cut } = await git.call([...logOf(range), ...modes, ...limited], {
    cutAt: maxPatchBytes,
    timeoutMs: comparingMs,
  });
  if (cut) return null;
  try {
    const ids = await git.text(["patch-id", "--verbatim"], { input: stdout, timeoutMs: comparingMs });
    return ids
      .split("\n")
      .flatMap((line) => line.split(" ")[0] ?? [])
      .filter((id) => id !== "");
  } catch (error) {
    if (error instanceof GitError && error.code === 129) return null;
    throw error;
  }
}

async function countOf(git: Git, range: readonly string[]): Promise<number> {
  return Number(await git.text(["rev-list", "--count", ...range, "--"], { timeoutMs: comparingMs }));
}
