import type { BoxAnchor } from "../../domain/plan.ts";
import { findBox, setBox, type Box } from "../../domain/roadmap.ts";

/** Finds the boxes of a document; slow for large ones, so answers are kept by content. */
export interface BoxReader {
  boxes(text: string): Promise<readonly Box[]>;
  /** Saves reading `text`, which is known to have these boxes. */
  remember(text: string, boxes: readonly Box[]): void;
}

export type TickedText =
  | { readonly kind: "ticked"; readonly content: Buffer }
  | { readonly kind: "already-ticked" }
  | { readonly kind: "box-not-found" };

/** A document with one box set, or cleared, and no other byte changed. */
export async function tickText(
  content: Buffer,
  anchor: BoxAnchor,
  reader: BoxReader,
  checked = true,
): Promise<TickedText> {
  const text = content.toString("utf8");
  const boxes = await reader.boxes(text);
  const box = findBox(boxes, anchor);
  // Bytes that are no UTF-8 would be changed by writing the text back.
  if (box === null || !Buffer.from(text).equals(content)) return { kind: "box-not-found" };
  if (box.checked === checked) return { kind: "already-ticked" };
  const ticked = setBox(text, box, checked);
  reader.remember(
    ticked,
    boxes.map((other) => (other === box ? { ...other, checked } : other)),
  );
  return { kind: "ticked", content: Buffer.from(ticked) };
}
