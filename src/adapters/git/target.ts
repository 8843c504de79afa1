import { namesIfThere } from "../files/names-if-there.ts";
import { readIfThere } from "../files/read-if-there.ts";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { TargetTip } from "../../domain/change-state.ts";
import { waitingBranch } from "../../domain/run.ts";
import { Git, nulSeparated } from "./git.ts";
import type { ObjectServer } from "./object-server.ts";

export function branchRef(branch: string): string {
  return `refs/heads/${branch}`;
}

export async function resolveRef(git: Git, ref: string): Promise<string | null> {
  return git.maybe(["rev-parse", "--verify", "--quiet", `${ref}^{commit}`], { allow: [1, 128] });
}

export async function isAncestor(git: Git, ancestor: string, descendant: string): Promise<boolean> {
  if (ancestor === descendant) return true;
  return (await git.call(["merge-base", "--is-ancestor", ancestor, descendant], { allow: [1] })).code === 0;
}

/** Where the target stands, with what waits beside it while its checkout is dirty. Null when the branch is gone. */
export async function targetTip(git: Git, objects: ObjectServer, target: string): Promise<TargetTip | null> {
  const [tip = null, waiting = null] = await objects.commits([branchRef(target), branchRef(waitingBranch(target))]);
  if (tip === null) return null;
  if (waiting === null || (await isAncestor(git, waiting, tip))) return { target: tip, waiting, tip };
  return { target: tip, waiting, tip: waiting };
}

export interface Checkout {
  readonly path: string;
  /** The branch is in the middle of this operation there; null when it is simply checked out. */
  readonly busyWith: string | null;
}

/** The work tree that has the branch checked out, if any, among those of the repository around `from`. */
export async function checkoutOf(from: string, commonDir: string, branch: string): Promise<Checkout | null> {
  if (!(await mayBeCheckedOut(commonDir, branch))) return null;
  // The work tree the run was submitted from may be gone; the repository is not.
  const git = new Git(existsSync(from) ? { cwd: from } : { gitDir: commonDir });
  const output = await git.text(["worktree", "list", "--porcelain", "-z"]);
  for (const record of output.split("\0\0")) {
    const lines = nulSeparated(record);
    const listed = lines.find((line) => line.startsWith("worktree "))?.slice("worktree ".length);
    // Where the git directory is kept elsewhere, git lists that one in place of the main work tree.
    const path = listed === commonDir ? await mainWorkTree(git, from, commonDir) : listed;
    // A folder that is gone holds nothing back.
    if (path === undefined || lines.includes("bare") || lines.some((line) => line.startsWith("prunable"))) continue;
    if (lines.includes(`branch ${branchRef(branch)}`)) return { path, busyWith: null };
    const busyWith = lines.includes("detached") ? await operationOn(path, branch) : null;
    if (busyWith !== null) return { path, busyWith };
  }
  return null;
}

/**
 * A look at the HEADs of all work trees, without a process: most targets are checked out nowhere. Says yes where it cannot
 * tell: a HEAD that is detached, in the middle of something, or kept in another format than files.
 */
async function mayBeCheckedOut(commonDir: string, branch: string): Promise<boolean> {
  const linked = join(commonDir, "worktrees");
  const names = await namesIfThere(linked);
  for (const gitDir of [commonDir, ...names.map((name) => join(linked, name))]) {
    const head = (await readIfThere(join(gitDir, "HEAD")))?.trim() ?? "";
    const elsewhere =
      head.startsWith("ref: refs/heads/") &&
      head !== "ref: refs/heads/.invalid" &&
      head !== `ref: ${branchRef(branch)}`;
    if (!elsewhere) return true;
  }
  return false;
}

/** `from` where it is the main work tree itself; from a linked one nothing tells where the main one is. */
async function mainWorkTree(git: Git, from: string, commonDir: string): Promise<string> {
  return (await git.text(["rev-parse", "--absolute-git-dir"])) === commonDir ? from : commonDir;
}

/** Where git notes the branch that an operation will move when it is done, though HEAD is detached until then. */
const operations = [
  ["rebase-merge/head-name", "rebased"],
  ["rebase-apply/head-name", "rebased"],
  ["BISECT_START", "bisected"],
] as const;

async function operationOn(checkout: string, branch: string): Promise<string | null> {
  const gitDir = await new Git({ cwd: checkout }).text(["rev-parse", "--absolute-git-dir"]);
  for (const [file, word] of operations) {
    const named = (await readIfThere(join(gitDir, file)))?.trim();
    if (named === branch || named === branchRef(branch)) return word;
  }
  return null;
}

/** Staged or unstaged changes to tracked files; untracked ones do not count, git itself guards those a landing would overwrite. */
export async function isDirty(checkout: string, except: readonly string[]): Promise<boolean> {
  const output = await new Git({ cwd: checkout }).text([
    "status",
    "--porcelain",
    "-z",
    "--untracked-files=no",
    "--ignore-submodules=dirty",
    ...(except.length === 0 ? [] : ["--", ":/", ...except.map((path) => `:(exclude,top,literal)${path}`)]),
  ]);
  return output !== "";
}
