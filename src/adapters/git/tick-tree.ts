import type { TickOutcome } from "../../domain/change-state.ts";
import type { BoxAnchor } from "../../domain/plan.ts";
import { findBox, setBox, type Box } from "../../domain/roadmap.ts";
import type { Git } from "./git.ts";
import type { ObjectServer } from "./object-server.ts";
import { writeTreeFile } from "./tree-edit.ts";

/** Finds the boxes of a document; slow for large ones, so answers are kept by content. */
export interface BoxReader {
  boxes(text: string): Promise<readonly Box[]>;
  /** Saves reading `text`, which is known to have these boxes. */
  remember(text: string, boxes: readonly Box[]): void;
}

/**
 * Ticks one box in a tree. The file is the target's current one, never merged as text: whatever `tree` has at the path is
 * replaced by what `tip` has there, with that box set.
 */
export async function tickTree(
  { git, objects }: { readonly git: Git; readonly objects: ObjectServer },
  trees: { readonly merged: string; readonly tip: string },
  box: BoxAnchor,
  reader: BoxReader,
): Promise<{ readonly tree: string; readonly tick: TickOutcome }> {
  const file = await objects.find(`${trees.tip}:${box.path}`);
  if (file === null || file.type !== "blob") return { tree: trees.merged, tick: "not-in-target" };
  const text = file.content.toString("utf8");
  const boxes = await reader.boxes(text);
  const found = findBox(boxes, box);
  // Bytes that are no UTF-8 would be changed by writing the text back.
  if (found === null || !Buffer.from(text).equals(file.content)) return { tree: trees.merged, tick: "box-not-found" };
  if (found.checked) return { tree: trees.merged, tick: "already-ticked" };
  const ticked = setBox(text, found, true);
  reader.remember(
    ticked,
    boxes.map((other) => (other === found ? { ...other, checked: true } : other)),
  );
  return { tree: await writeTreeFile(git, trees.merged, box.path, Buffer.from(ticked)), tick: "ticked" };
}
