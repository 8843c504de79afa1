import type { Candidate } from "../../domain/change-state.ts";
import type { RevertOutcome } from "../../domain/input.ts";
import type { MarkAnchor } from "../../domain/plan.ts";
import type { RevertRequest } from "../../engine/ports.ts";
import { mergeTrees, treeOf, type Base, type Merged, type Place } from "./build-chain.ts";
import { isAncestor } from "./target.ts";
import { tickTree } from "./tick-tree.ts";
import { writeTreeFile } from "./tree-edit.ts";
import { writeCommit } from "./write-object.ts";

/**
 * The target without what one merge brought. A three-way merge whose base is that merge, and whose other side is what there
 * was before it: git takes the base it is to use from the history (2.39 knows no `--merge-base`), so the other side becomes a
 * commit on top of the merge, which nothing points to afterwards.
 */
export async function buildRevertOf(
  place: Place,
  { on, ground, by, reader }: Base,
  { change, commit, ticks: marks, subject, text, trailers }: RevertRequest,
): Promise<RevertOutcome> {
  const before = await treeBefore(place, commit, marks);
  const [now, then] = [await treeOf(place, ground.commit), await treeOf(place, commit)];
  const undone = { tree: before, parents: [commit], message: "What there was before\n", by, at: ground.at };
  const merge = (): Promise<Merged> => mergeTrees(place.git, ground.commit, writeCommit(place.objectsDir, undone));
  // Side by side: each is a git of its own. Where nothing came after it there is nothing to merge.
  const [isThere, merged] = await Promise.all([
    isAncestor(place.git, commit, ground.commit),
    now === then ? ({ kind: "clean", tree: before } as const) : merge(),
  ]);
  if (!isThere) return { kind: "impossible", detail: `${commit.slice(0, 10)} is not in the target any more` };
  if (merged.kind === "conflict") return { kind: "conflict", paths: merged.paths };
  const trees = { merged: merged.tree, tip: ground.commit };
  const { tree, tick } = await tickTree(place, trees, { marks, checked: false }, reader);
  const links = [{ change, commit, tick }];
  if (tree === now) return { kind: "built", candidate: { commit: on.tip, tree, on, links } satisfies Candidate };
  const message = `${subject}\n\n${text}\n\n${trailers.join("\n")}\n`;
  const made = writeCommit(place.objectsDir, { tree, parents: [...ground.parents], message, by, at: ground.at });
  return { kind: "built", candidate: { commit: made, tree, on, links } };
}

/** As it was before the merge, but for the files of the marks: these are never undone as text, only the marks are cleared. */
async function treeBefore(place: Place, commit: string, marks: readonly MarkAnchor[]): Promise<string> {
  let before = await treeOf(place, `${commit}^1`);
  for (const path of new Set(marks.map((mark) => mark.path))) {
    const [was, is] = await Promise.all(
      [`${commit}^1:${path}`, `${commit}:${path}`].map((name) => place.objects.find(name)),
    );
    if (was?.type === "blob" && is?.type === "blob") before = await writeTreeFile(place, before, path, is.content);
  }
  return before;
}
