import type { TableCell } from "mdast";
import type { ParsedMarkdown } from "./parse.ts";

/** A cell without the blanks around it. */
export interface Cell {
  readonly text: string;
  /** In `ParsedMarkdown.text`. */
  readonly offset: number;
}

export function readCell({ children, position }: TableCell, { text }: ParsedMarkdown): Cell {
  const from = children[0]?.position?.start.offset;
  const to = children.at(-1)?.position?.end.offset;
  if (from !== undefined && to !== undefined) return { text: text.slice(from, to), offset: from };
  const start = position?.start.offset ?? 0;
  const front = /^\|? ?/.exec(text.slice(start, position?.end.offset))?.[0] ?? "";
  return { text: "", offset: start + front.length };
}
