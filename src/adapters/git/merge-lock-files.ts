import type { MadeMerge } from "../../domain/input.ts";
import { canRegenerate, isLockFile } from "../../domain/lock-files.ts";
import { listText } from "../../domain/present/failure-text.ts";
import { attemptBranch, attemptNumber } from "../../domain/run.ts";
import type { BuildPart, KeepRequest } from "../../engine/ports.ts";
import { assertDefined } from "../../std/assert.ts";
import { printable, singleLine } from "../../std/text.ts";
import { dateOf, mergeTrees, type Base, type Merged, type Place } from "./build-chain.ts";
import { nulSeparated, type CommitIdentity, type Git } from "./git.ts";
import { branchRef, resolveRef } from "./target.ts";
import { writeTreeEntry } from "./tree-edit.ts";
import { writeCommit } from "./write-object.ts";

type Part = Pick<BuildPart, "change" | "lockFiles">;

/** A merge in which lock files that both sides changed are in conflict, whatever git made of their lines. */
export function mergePart({ git, merges }: Place, ours: string, part: Part): Promise<Merged> {
  const key = JSON.stringify([ours, part.change.tip, part.lockFiles]);
  return merges.find(key, () => mergeAnew(git, ours, part));
}

async function mergeAnew(git: Git, ours: string, { change, lockFiles }: Part): Promise<Merged> {
  const merged = await mergeTrees(git, ours, change.tip);
  if (lockFiles.length === 0) return merged;
  const both = await changedByBoth(git, merged.tree, [ours, change.tip], isLockFile(lockFiles));
  const paths = [...new Set([...(merged.kind === "conflict" ? merged.paths : []), ...both])];
  return paths.length === 0 ? merged : { kind: "conflict", paths, tree: merged.tree };
}

/** What is in the merge as on neither side. Mostly the first look is enough: few changes touch a lock file. */
async function changedByBoth(
  git: Git,
  merged: string,
  sides: readonly string[],
  wanted: (path: string) => boolean,
): Promise<string[]> {
  let paths: string[] | null = null;
  for (const side of sides) {
    const args = ["diff-tree", "-r", "-z", "--name-only", "--no-renames", side, merged];
    const differ = new Set(nulSeparated(await git.text(args)));
    paths = (paths ?? [...differ].filter(wanted)).filter((path) => differ.has(path));
    if (paths.length === 0) return [];
  }
  return paths ?? [];
}

/**
 * Both merged into a commit whose lock files are the target's, for their tools to make anew; null where other files are in
 * conflict, too.
 */
export async function mergeForTools(
  place: Place,
  { ground, by }: Base,
  { change, lockFiles }: Part,
  { paths, tree: merged }: Extract<Merged, { kind: "conflict" }>,
): Promise<string | null> {
  if (!canRegenerate(lockFiles, paths)) return null;
  let tree = merged;
  for (const path of paths) {
    const theirs = await place.objects.find(`${ground.commit}:${path}`);
    const ours = await place.objects.find(`${tree}:${path}`);
    // One that either side has removed is as the merge has it.
    if (theirs?.type === "blob" && ours?.type === "blob") tree = await writeTreeEntry(place, tree, path, theirs.id);
  }
  const message = `Merge what landed meanwhile\n\nMade anew by their tools: ${listText(paths.map((path) => singleLine(path)))}\n`;
  return writeCommit(place.objectsDir, { tree, parents: [change.tip, ground.commit], message, by, at: ground.at });
}

/** The same merge with what the tools made, on the change's branch: that keeps it, and says what was landed. */
export async function keepMergeOf(
  place: Place,
  by: CommitIdentity,
  { change, merge, tree }: KeepRequest,
): Promise<MadeMerge> {
  const { content } = assertDefined(await place.objects.find(`${merge}^{commit}`), `the merge ${merge}`);
  const [head = "", ...body] = content.toString("utf8").split("\n\n");
  const parents = [...head.matchAll(/^parent (\S+)$/gm)].map(([, parent = ""]) => parent);
  const at = await dateOf(place, merge);
  const tip = writeCommit(place.objectsDir, { tree, parents, message: body.join("\n\n"), by, at });
  const branch = attemptBranch(change.run, change.task, attemptNumber(change.id));
  try {
    await place.refs.swap(branchRef(branch), tip, change.tip);
  } catch (error) {
    const now = await resolveRef(place.git, branchRef(branch));
    // Done before a crash.
    if (now === tip) return { kind: "kept", tip };
    if (now === change.tip) throw error;
    return { kind: "none", detail: `${printable(branch)} is not where it was any more` };
  }
  return { kind: "kept", tip };
}
