import type { PromotionOutcome } from "../../domain/input.ts";
import type { PromotionRequest } from "../../engine/ports.ts";
import { dateOf, mergeTrees, treeOf, type Base, type Place } from "./build-chain.ts";
import { isAncestor } from "./target.ts";
import { writeCommit } from "./write-object.ts";

/** The commit itself where the target, and what waits beside it, is behind it; else a merge of both. */
export async function buildPromotionOf(
  place: Place,
  { on, ground, by }: Omit<Base, "reader">,
  { commit, subject, trailers }: PromotionRequest,
): Promise<PromotionOutcome> {
  const { git } = place;
  if (await isAncestor(git, commit, on.tip))
    return { kind: "built", candidate: { commit: on.tip, tree: await treeOf(place, on.tip), on, links: [] } };
  if ((await isAncestor(git, on.tip, commit)) && (await isAncestor(git, on.target, commit)))
    return { kind: "built", candidate: { commit, tree: await treeOf(place, commit), on, links: [] } };
  const merged = await mergeTrees(git, ground.commit, commit);
  if (merged.kind === "conflict") return merged;
  const { tree } = merged;
  const at = Math.max(ground.at, await dateOf(place, commit));
  const message = `${subject}\n\n${trailers.join("\n")}\n`;
  const made = writeCommit(place.objectsDir, { tree, parents: [...ground.parents, commit], message, by, at });
  return { kind: "built", candidate: { commit: made, tree, on, links: [] } };
}
