import type { TickOutcome } from "../../domain/change-state.ts";
import type { MarkAnchor } from "../../domain/plan.ts";
import { tickText, type MarkReader } from "../sources/tick-text.ts";
import { writeTreeFile, type ObjectPlace } from "./tree-edit.ts";

export interface BoxTick {
  readonly box: MarkAnchor;
  /** False: it is cleared again. */
  readonly checked: boolean;
}

/**
 * Ticks one box in a tree, or clears it. The file is the target's current one, never merged as text: whatever `merged` has at
 * the path is replaced by what `tip` has there, with that box set.
 */
export async function tickTree(
  place: ObjectPlace,
  trees: { readonly merged: string; readonly tip: string },
  { box, checked }: BoxTick,
  reader: MarkReader,
): Promise<{ readonly tree: string; readonly tick: TickOutcome }> {
  const file = await place.objects.find(`${trees.tip}:${box.path}`);
  if (file === null || file.type !== "blob") return { tree: trees.merged, tick: "not-in-target" };
  const ticked = await tickText(file.content, box, reader, checked);
  if (ticked.kind !== "ticked") return { tree: trees.merged, tick: ticked.kind };
  return { tree: await writeTreeFile(place, trees.merged, box.path, ticked.content), tick: "ticked" };
}
