import type { ListItem, Nodes, Root } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import type { Extension, Handle } from "mdast-util-from-markdown";
import { gfmTableFromMarkdown } from "mdast-util-gfm-table";
import { gfmTable } from "micromark-extension-gfm-table";
import { gfmTaskListItem } from "micromark-extension-gfm-task-list-item";
import { blankFrontMatter } from "./front-matter.ts";

export interface FoundBox {
  /** Of the character between the brackets, in `ParsedMarkdown.text`. */
  readonly offset: number;
  readonly checked: boolean;
  /** From 1, like `column`. */
  readonly line: number;
  readonly column: number;
}

export interface ParsedMarkdown {
  readonly root: Root;
  /** Characters in front of the parsed text. */
  readonly shift: number;
  /** Without byte order mark and front matter, the latter overwritten. */
  readonly text: string;
  /** Index 0 is line 1; line endings removed. */
  readonly lines: readonly string[];
  /** Where each of them begins in `text`. */
  readonly starts: readonly number[];
  readonly boxes: readonly FoundBox[];
  readonly boxOf: ReadonlyMap<Nodes, number>;
}

/**
 * Only blocks and boxes are wanted from the parser. Without the constructs inside of a line it is twice as
 * fast, and the inputs on which it is quadratic (`[[[[`, `****`) become harmless.
 */
const insideLines = [
  "attention",
  "autolink",
  "characterEscape",
  "characterReference",
  "codeText",
  "hardBreakEscape",
  "htmlText",
  "labelEnd",
  "labelStartImage",
  "labelStartLink",
];

/** The parser counts from behind a byte order mark, and drops one by itself. */
const byteOrderMarks = /^\uFEFF*/;

export function parseMarkdown(original: string): ParsedMarkdown {
  const shift = byteOrderMarks.exec(original)?.[0].length ?? 0;
  const text = blankFrontMatter(original.slice(shift));
  const boxes: FoundBox[] = [];
  const boxOf = new Map<Nodes, number>();
  const root = fromMarkdown(text, {
    extensions: [gfmTaskListItem(), gfmTable(), { disable: { null: insideLines } }],
    mdastExtensions: [gfmTableFromMarkdown(), boxCollector(text, boxes, boxOf)],
  });
  return { root, shift, text, ...splitLines(text), boxes, boxOf };
}

function splitLines(text: string): Pick<ParsedMarkdown, "lines" | "starts"> {
  const lines: string[] = [];
  const starts: number[] = [];
  let start = 0;
  for (const end of text.matchAll(/\r\n|\n|\r/g)) {
    lines.push(text.slice(start, end.index));
    starts.push(start);
    start = end.index + end[0].length;
  }
  return { lines: [...lines, text.slice(start)], starts: [...starts, start] };
}

/** `listItem.checked` has no position, and the paragraph's is wrong before `**bold**`: only the token knows. */
function boxCollector(text: string, boxes: FoundBox[], boxOf: Map<Nodes, number>): Extension {
  const collect: Handle = function (token) {
    const item = this.stack.at(-2);
    const { offset, line, column } = token.start;
    // A line break between the brackets passes for a space in the grammar, but cannot be ticked in place.
    if (item === undefined || !isListItem(item) || /[\r\n]/.test(text[offset] ?? "\n")) return;
    boxOf.set(item, boxes.length);
    boxes.push({ offset, checked: token.type === "taskListCheckValueChecked", line, column });
  };
  return { enter: { taskListCheckValueChecked: collect, taskListCheckValueUnchecked: collect } };
}

function isListItem(node: { readonly type: string }): node is ListItem {
  return node.type === "listItem";
}
