import type { TickOutcome } from "../../domain/change-state.ts";
import type { MarkAnchor } from "../../domain/plan.ts";
import { tickText, type MarkReader } from "../sources/tick-text.ts";
import { writeTreeFile, type ObjectPlace } from "./tree-edit.ts";

export interface Ticking {
  readonly marks: readonly MarkAnchor[];
  /** False: they are cleared again. */
  readonly checked: boolean;
}

/** The least of it is what is told. */
const outcomes: readonly TickOutcome[] = ["not-in-target", "box-not-found", "ticked", "already-ticked", "not-asked"];

/**
 * Ticks marks in a tree, or clears them. Their files are the target's current ones, never merged as text: whatever `merged` has
 * at a path is replaced by what `tip` has there, with those marks set.
 */
export async function tickTree(
  place: ObjectPlace,
  trees: { readonly merged: string; readonly tip: string },
  { marks, checked }: Ticking,
  reader: MarkReader,
): Promise<{ readonly tree: string; readonly tick: TickOutcome }> {
  let { merged: tree } = trees;
  const seen = new Set<TickOutcome>(["not-asked"]);
  for (const path of new Set(marks.map((mark) => mark.path))) {
    const file = await place.objects.find(`${trees.tip}:${path}`);
    if (file === null || file.type !== "blob") {
      seen.add("not-in-target");
      continue;
    }
    let { content } = file;
    for (const mark of marks.filter((one) => one.path === path)) {
      const ticked = await tickText(content, mark, reader, checked);
      seen.add(ticked.kind);
      if (ticked.kind === "ticked") ({ content } = ticked);
    }
    if (content !== file.content) tree = await writeTreeFile(place, tree, path, content);
  }
  return { tree, tick: outcomes.find((outcome) => seen.has(outcome)) ?? "not-asked" };
}
