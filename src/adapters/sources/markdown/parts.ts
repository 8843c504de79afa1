import type { Heading, ListItem, Nodes, Paragraph, Root, Table } from "mdast";
import type { ParsedMarkdown } from "./parse.ts";
import { plainText } from "./plain-text.ts";

type Block = Root["children"][number];

/** What stands between one heading and the next. */
export interface Part {
  readonly heading: Heading | null;
  /** 0: in front of the first heading. */
  readonly depth: number;
  readonly title: string;
  readonly blocks: readonly Block[];
  /** Items of its lists at any depth, but not of those in other items' code. */
  readonly items: readonly ListItem[];
  readonly tables: readonly Table[];
  /** Indexes of the headings it is below, outermost first, itself included. */
  readonly path: readonly number[];
}

/** A line of text with its place: what a mark may begin or end. */
export interface SourceText {
  readonly text: string;
  /** In `ParsedMarkdown.text`. */
  readonly offset: number;
  /** From 1. */
  readonly line: number;
}

export function partsOf({ root }: ParsedMarkdown): Part[] {
  const parts: Part[] = [];
  const blocks: { heading: Heading | null; below: Block[] }[] = [{ heading: null, below: [] }];
  for (const block of root.children) {
    if (block.type === "heading") blocks.push({ heading: block, below: [] });
    else blocks.at(-1)?.below.push(block);
  }
  for (const [index, { heading, below }] of blocks.entries()) {
    const depth = heading?.depth ?? 0;
    const around = heading === null ? [] : (parts.at(-1)?.path ?? []).filter((at) => depthOf(parts, at) < depth);
    parts.push({
      heading,
      depth,
      title: heading === null ? "" : headingText(heading),
      blocks: below,
      items: itemsIn(below),
      tables: below.filter((block) => block.type === "table"),
      path: heading === null ? [] : [...around, index],
    });
  }
  return parts;
}

function depthOf(parts: readonly Part[], index: number): number {
  return parts[index]?.depth ?? 0;
}

/** The parser was told to leave lines alone, so a heading holds its source. */
function headingText(heading: Heading): string {
  const text = plainText(heading.children.map((child) => ("value" in child ? child.value : " ")).join(""));
  return text.replace(/^\[.\][ \t]+/u, "");
}

function itemsIn(blocks: readonly Block[]): ListItem[] {
  const items: ListItem[] = [];
  const pending: Nodes[] = blocks.toReversed();
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (node.type === "listItem") items.push(node);
    if (node.type !== "listItem" && node.type !== "list" && node.type !== "blockquote") continue;
    for (let index = node.children.length - 1; index >= 0; index--) {
      const child = node.children[index];
      if (child !== undefined) pending.push(child);
    }
  }
  return items;
}

/** The line an item or a heading begins with; null where it begins with something else than text. */
export function firstLineOf(node: ListItem | Heading, { text }: ParsedMarkdown): SourceText | null {
  const holder = node.type === "heading" ? node : paragraphOnFirstLine(node);
  const start = holder?.children[0]?.position?.start;
  const end = holder?.children.at(-1)?.position?.end.offset;
  if (start?.offset === undefined || end === undefined) return null;
  const [line = ""] = text.slice(start.offset, end).split(/\r\n|\n|\r/, 1);
  return { text: line, offset: start.offset, line: start.line };
}

function paragraphOnFirstLine(item: ListItem): Paragraph | null {
  const [first] = item.children;
  if (first?.type !== "paragraph" || first.position?.start.line !== item.position?.start.line) return null;
  return first;
}
