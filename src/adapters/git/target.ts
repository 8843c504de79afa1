import type { TargetTip } from "../../domain/change-state.ts";
import { waitingBranch } from "../../domain/run.ts";
import { Git, nulSeparated } from "./git.ts";

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
export async function targetTip(git: Git, target: string): Promise<TargetTip | null> {
  const waitingName = branchRef(waitingBranch(target));
  const output = await git.text(["for-each-ref", "--format=%(refname) %(objectname)", branchRef(target), waitingName]);
  const refs = new Map(output.split("\n").map((line) => [line.split(" ")[0] ?? "", line.split(" ")[1] ?? ""]));
  const tip = refs.get(branchRef(target));
  if (tip === undefined) return null;
  const waiting = refs.get(waitingName) ?? null;
  if (waiting === null || (await isAncestor(git, waiting, tip))) return { target: tip, waiting, tip };
  return { target: tip, waiting, tip: waiting };
}

/** The work tree that has the branch checked out, if any. */
export async function checkoutOf(git: Git, branch: string): Promise<string | null> {
  const output = await git.text(["worktree", "list", "--porcelain", "-z"]);
  for (const record of output.split("\0\0")) {
    const lines = nulSeparated(record);
    if (lines.includes(`branch ${branchRef(branch)}`) && !lines.includes("bare")) {
      return lines.find((line) => line.startsWith("worktree "))?.slice("worktree ".length) ?? null;
    }
  }
  return null;
}

/** Staged or unstaged changes to tracked files; untracked ones do not count, git itself guards those a landing would overwrite. */
export async function isDirty(checkout: string): Promise<boolean> {
  const output = await new Git({ cwd: checkout }).text([
    "status",
    "--porcelain",
    "-z",
    "--untracked-files=no",
    "--ignore-submodules=dirty",
  ]);
  return output !== "";
}
