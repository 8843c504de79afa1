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
  { change, commit, tick: box, subject, text, trailers }: RevertRequest,
): Promise<RevertOutcome> {
  const before = await treeBefore(place, commit, box);
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
  const { tree, tick } =
    box === null
      ? { tree: merged.tree, tick: "not-asked" as const }
      : await tickTree(place, { merged: merged.tree, tip: ground.commit }, { box, checked: false }, reader);
  const links = [{ change, commit, tick }];
  if (tree === now) return { kind: "built", candidate: { commit: on.tip, tree, on, links } satisfies Candidate };
  const message = `${subject}\n\n${text}\n\n${trailers.join("\n")}\n`;
  const made = writeCommit(place.objectsDir, { tree, parents: [...ground.parents], message, by, at: ground.at });
  return { kind: "built", candidate: { commit: made, tree, on, links } };
}

/** As it was before the merge, but for the file of the box: that is never undone as text, only its box is cleared. */
async function treeBefore(place: Place, commit: string, box: MarkAnchor | null): Promise<string> {
  const before = await treeOf(place, `${commit}^1`);
  if (box === null) return before;
  const [was, is] = await Promise.all(
    [`${commit}^1:${box.path}`, `${commit}:${box.path}`].map((name) => place.objects.find(name)),
  );
  if (was?.type !== "blob" || is?.type !== "blob") return before;
  return writeTreeFile(place, before, box.path, is.content);
}
