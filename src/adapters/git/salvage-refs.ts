import { salvagePrefix } from "../../domain/salvage-id.ts";
import { Git, nulSeparated, zeroLike } from "./git.ts";
import { isAncestor, resolveRef } from "./target.ts";

export interface SalvageRef {
  readonly ref: string;
  readonly commit: string;
  /** Milliseconds since the epoch: when the commit was made. */
  readonly at: number;
}

export async function salvageRefs(git: Git): Promise<SalvageRef[]> {
  const format = "%(refname)%00%(objectname)%00%(committerdate:unix)";
  const answer = await git.text(["for-each-ref", `--format=${format}`, salvagePrefix]);
  return answer.split("\n").flatMap((line) => {
    const [ref = "", commit = "", seconds = ""] = line.split("\0");
    return ref === "" ? [] : [{ ref, commit, at: Number(seconds) * 1_000 }];
  });
}

/** The ref itself, or with `-2`, `-3`, … behind it the first that is not there: what was saved before is not replaced. */
export async function freeSalvageRef(git: Git, ref: string): Promise<string> {
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? ref : `${ref}-${number}`;
    if ((await git.maybe(["rev-parse", "--verify", "--quiet", candidate], { allow: [1, 128] })) === null)
      return candidate;
  }
}

/** Keeps a commit under the ref, or one like it, unless what is there holds it already. Returns the ref. */
export async function saveCommit(git: Git, ref: string, commit: string): Promise<string> {
  const there = await resolveRef(git, ref);
  if (there !== null && (await isAncestor(git, commit, there))) return ref;
  const free = await freeSalvageRef(git, ref);
  await git.call(["update-ref", "-m", "nightcrew: saved before its branch is removed", free, commit, zeroLike(commit)]);
  return free;
}

export interface Work {
  readonly files: number;
  /** What it is compared with. */
  readonly base: string;
}

/** How much a salvage holds, against where it left the target, or its own parent. Null where it has nothing below it. */
export async function workOf(git: Git, commit: string, targetTip: string | null): Promise<Work | null> {
  const base = await baseOf(git, commit, targetTip);
  if (base === null) return null;
  const names = await git.text(["diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", base, commit]);
  return { base, files: nulSeparated(names).length };
}

async function baseOf(git: Git, commit: string, targetTip: string | null): Promise<string | null> {
  const fork = targetTip === null ? null : await git.maybe(["merge-base", targetTip, commit]);
  // Of what is in the target already nothing tells where it began.
  return fork === null || fork === commit ? resolveRef(git, `${commit}^`) : fork;
}
