import type { MarkAnchor } from "../../domain/plan.ts";
import { changeMark, findMark, marksAfter, type Mark } from "../../domain/roadmap.ts";

/** Finds the marks of a document; slow for large ones, so answers are kept by content. */
export interface MarkReader {
  marks(text: string): Promise<readonly Mark[]>;
  /** Saves reading `text`, which is known to have these marks. */
  remember(text: string, marks: readonly Mark[]): void;
}

export type TickedText =
  | { readonly kind: "ticked"; readonly content: Buffer; readonly line: ChangedLine }
  | { readonly kind: "already-ticked" }
  | { readonly kind: "box-not-found" };

/** The line of a mark, without its line end. */
export interface ChangedLine {
  /** From 1. */
  readonly line: number;
  readonly before: string;
  readonly after: string;
}

/** A document with one mark set, or cleared, and no other byte changed. */
export async function tickText(
  content: Buffer,
  anchor: MarkAnchor,
  reader: MarkReader,
  checked = true,
): Promise<TickedText> {
  const text = content.toString("utf8");
  const marks = await reader.marks(text);
  const mark = findMark(marks, anchor);
  // Bytes that are no UTF-8 would be changed by writing the text back.
  if (mark === null || !Buffer.from(text).equals(content)) return { kind: "box-not-found" };
  if ((mark.state === "done") === checked) return { kind: "already-ticked" };
  const to = checked ? ({ text: mark.done, state: "done" } as const) : openAgain(anchor);
  const ticked = changeMark(text, { mark, to });
  reader.remember(ticked, marksAfter(marks, { mark, to }));
  return { kind: "ticked", content: Buffer.from(ticked), line: changedLine(text, ticked, mark) };
}

function changedLine(before: string, after: string, { line, offset }: Mark): ChangedLine {
  return { line, before: lineAround(before, offset), after: lineAround(after, offset) };
}

function lineAround(text: string, offset: number): string {
  const start = Math.max(text.lastIndexOf("\n", offset - 1), text.lastIndexOf("\r", offset - 1)) + 1;
  return /^[^\r\n]*/.exec(text.slice(start))?.[0] ?? "";
}

function openAgain({ open = " " }: MarkAnchor): Pick<Mark, "text" | "state"> {
  return { text: open, state: "open" };
}
