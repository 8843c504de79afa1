import type { Candidate } from "../../domain/change-state.ts";
import type { RevertOutcome } from "../../domain/input.ts";
import type { BoxAnchor } from "../../domain/plan.ts";
import type { RevertRequest } from "../../engine/ports.ts";
import { mergeTrees, treeOf, type Base, type Place } from "./build-chain.ts";
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
  if (!(await isAncestor(place.git, commit, ground.commit)))
    return { kind: "impossible", detail: `${commit.slice(0, 10)} is not in the target any more` };
  const undone = {
    tree: await treeBefore(place, commit, box),
    parents: [commit],
    message: "What there was before\n",
    by,
    at: ground.at,
  };
  const merged = await mergeTrees(place.git, ground.commit, writeCommit(place.objectsDir, undone));
  if (merged.kind === "conflict") return { kind: "conflict", paths: merged.paths };
  const { tree, tick } =
    box === null
      ? { tree: merged.tree, tick: "not-asked" as const }
      : await tickTree(place, { merged: merged.tree, tip: ground.commit }, { box, checked: false }, reader);
  const links = [{ change, commit, tick }];
  if (tree === (await treeOf(place, ground.commit)))
    return { kind: "built", candidate: { commit: on.tip, tree, on, links } satisfies Candidate };
  const message = `${subject}\n\n${text}\n\n${trailers.join("\n")}\n`;
  const made = writeCommit(place.objectsDir, { tree, parents: [...ground.parents], message, by, at: ground.at });
  return { kind: "built", candidate: { commit: made, tree, on, links } };
}

/** As it was before the merge, but for the file of the box: that is never undone as text, only its box is cleared. */
async function treeBefore(place: Place, commit: string, box: BoxAnchor | null): Promise<string> {
  const before = await treeOf(place, `${commit}^1`);
  if (box === null) return before;
  const [was, is] = await Promise.all(
    [`${commit}^1:${box.path}`, `${commit}:${box.path}`].map((name) => place.objects.find(name)),
  );
  if (was?.type !== "blob" || is?.type !== "blob") return before;
  return writeTreeFile(place, before, box.path, is.content);
}
