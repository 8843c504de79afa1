import type { Code, Html, ListItem, Nodes, Root } from "mdast";
import type { Unread } from "../../../domain/roadmap.ts";
import { unreadBlock, type Plans } from "./bullets.ts";
import { isBesideThePlan } from "./plan-headings.ts";
import type { Part } from "./parts.ts";
import type { ParsedMarkdown } from "./parse.ts";
import type { Start, UnreadLines } from "./start.ts";
import { unreadNode } from "./start.ts";

const boxLine = /^[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+\[[ xX]\][ \t]/m;

/**
 * Code with boxes in it is a sample as often as a mistake of who closed it; HTML goes on until the next blank line, which
 * those who fold boxes away forget. Comments are meant to hide what is in them.
 */
export function boxesInCode(parts: readonly Part[]): UnreadLines[] {
  const found: (Code | Html)[] = [];
  for (const part of parts) {
    const pending: Nodes[] = [...part.blocks];
    for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
      if (node.type === "code" || (node.type === "html" && !node.value.startsWith("<!--"))) found.push(node);
      else if (node.type === "list" || node.type === "listItem" || node.type === "blockquote") {
        for (const child of node.children) pending.push(child);
      }
    }
  }
  return found.filter(({ value }) => boxLine.test(value)).map((code) => unreadNode(code, "boxes-in-code"));
}

interface Chosen {
  readonly boxed: boolean;
  readonly parts: readonly Part[];
  readonly starts: ReadonlyMap<Nodes, Start>;
}

/** Where marks count: what stands without one, as an item beside marked ones or below a heading that speaks of work. */
export function unmarkedIn({ boxed, parts, starts }: Chosen, plans: Plans): UnreadLines[] {
  // Beside boxes a title alone says too little of what stands below it.
  const counts = (plan: Plans[number] | undefined): boolean => plan != null && (plan.by === "heading" || !boxed);
  return parts.flatMap((part, index) => {
    // Below a heading that is a task everything is about it.
    if (part.path.some((at) => isTask(parts[at], starts))) return [];
    const marked = part.items.filter((item) => starts.has(item)).map(({ position }) => position?.start.line ?? 0);
    const lines = new Set(marked);
    if (marked.length > 0) return part.blocks.flatMap((block) => unmarkedItems(block, lines));
    return !counts(plans[index]) ? [] : part.blocks.flatMap(unreadBlock);
  });
}

/** Of a document in which nothing was found: whatever may speak of work. */
export function allIn(parts: readonly Part[]): UnreadLines[] {
  return parts.flatMap(({ title, blocks }) => (isBesideThePlan(title) ? [] : blocks.flatMap(unreadBlock)));
}

function isTask(part: Part | undefined, starts: ReadonlyMap<Nodes, Start>): boolean {
  return part?.heading != null && starts.has(part.heading);
}

function unmarkedItems(block: Root["children"][number], marked: ReadonlySet<number>): UnreadLines[] {
  if (block.type !== "list") return [];
  const plain = block.children.filter((item) => !holdsLine(item, marked));
  return plain.length === block.children.length ? [] : plain.map((item) => unreadNode(item, "unmarked"));
}

function holdsLine({ position }: ListItem, lines: ReadonlySet<number>): boolean {
  const { start, end } = position ?? { start: { line: 1 }, end: { line: 0 } };
  for (let line = start.line; line <= end.line; line++) if (lines.has(line)) return true;
  return false;
}

/** With the lines themselves, but for an empty one at the end of the file. */
export function withText({ from, to: last, reason }: UnreadLines, { text, starts, lines }: ParsedMarkdown): Unread {
  const to = last > from && (lines[last - 1] ?? "") === "" ? last - 1 : last;
  const end = (starts[to - 1] ?? text.length) + (lines[to - 1]?.length ?? 0);
  return { from, to, reason, text: text.slice(starts[from - 1] ?? 0, end) };
}
