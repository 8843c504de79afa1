import type { ListItem, Nodes } from "mdast";
import type { FoundMark } from "./found-mark.ts";
import { readKeyLines } from "./key-lines.ts";
import { firstLineOf, type Part, type SourceText } from "./parts.ts";
import type { ParsedMarkdown } from "./parse.ts";
import { isBesideThePlan, isPlanTitle, planHeading, type PlanHeading } from "./plan-headings.ts";
import { plainText } from "./plain-text.ts";
import type { Start, UnreadLines } from "./start.ts";
import { unreadNode } from "./start.ts";
import { statusValue } from "./status-lines.ts";
import { statusWord } from "./status-words.ts";

/** For each part: what the headings around it say of its items; null where they say that there is no work. */
export type Plans = readonly (PartPlan | null)[];

export interface PartPlan extends PlanHeading {
  /** `title`: only that of the document says so. */
  readonly by: "heading" | "title";
  /** It is told by a heading, or nowhere in the document it is. */
  readonly counts: boolean;
}

export function plansOf(parts: readonly Part[]): Plans {
  const tops = parts.filter(({ depth }) => depth === 1);
  const title = tops.length === 1 ? tops[0] : undefined;
  const named = parts.some((part) => part !== title && part.depth > 0 && planHeading(part.title) !== null);
  return parts.map((part) => planOf(part, { parts, title, named }));
}

interface Around {
  readonly parts: readonly Part[];
  /** The document's own heading. */
  readonly title: Part | undefined;
  readonly named: boolean;
}

function planOf(part: Part, { parts, title, named }: Around): PartPlan | null {
  // A list and nothing else is a list of things to do.
  if (part.depth === 0) return parts.length === 1 ? { state: "open", sure: "guess", by: "title", counts: true } : null;
  for (const index of part.path.toReversed()) {
    const around = parts[index];
    if (around === undefined || isBesideThePlan(around.title)) return null;
    if (around === title) return planOfTitle(around.title, !named);
    const plan = planHeading(around.title);
    if (plan !== null) return { ...plan, by: "heading", counts: true };
  }
  return null;
}

function planOfTitle(title: string, counts: boolean): PartPlan | null {
  const plan = planHeading(title) ?? (isPlanTitle(title) ? ({ state: "open", sure: "guess" } as const) : null);
  return plan === null ? null : { ...plan, by: "title", counts };
}

interface Bullets {
  readonly parts: readonly Part[];
  readonly plans: Plans;
  readonly markdown: ParsedMarkdown;
  readonly starts: Map<Nodes, Start>;
}

/** Where no mark says anything: items, and else headings, below headings that speak of work. */
export function startBullets(bullets: Bullets): UnreadLines[] {
  const { parts, plans, markdown, starts } = bullets;
  const unread: UnreadLines[] = [];
  for (const [index, part] of parts.entries()) {
    const plan = plans[index];
    if (plan === null || plan === undefined) continue;
    if (!plan.counts) {
      unread.push(...part.blocks.flatMap(unreadBlock));
      continue;
    }
    const items = part.blocks.flatMap((block) => (block.type === "list" ? block.children : []));
    for (const item of items) {
      const started = startItem(item, plan, markdown);
      if (started !== null) starts.set(item, started);
      else if (isOdd(firstLineOf(item, markdown)?.text ?? "")) unread.push(unreadNode(item, "unknown-status"));
    }
    if (items.length > 0) continue;
    const started = startHeading(bullets, index, plan);
    if (started !== null) starts.set(started.node, started);
    else for (const block of part.blocks) if (block.type === "paragraph") unread.push(unreadNode(block, "prose"));
  }
  return unread;
}

function startItem(node: ListItem, { state, sure }: PlanHeading, markdown: ParsedMarkdown): Start | null {
  const line = firstLineOf(node, markdown);
  if (line === null || isNoWork(line.text) || isOdd(line.text)) return null;
  const told = state === "open" ? wordAtEnd(node, line) : null;
  if (told !== null) return { node, mark: told, state: told.state, sure, label: told.label, table: null };
  const label = { source: line.text, text: plainText(line.text), line: line.line };
  const struck = /^~~[^~]+~~[.\s]*$/.test(line.text);
  return { node, mark: null, state: struck ? "dropped" : state, sure, label, table: null };
}

/** Something between brackets that was meant to say how far it is, whatever is behind it, but for that of a link; or how far something is. */
function isOdd(line: string): boolean {
  return /^\[.{0,2}\](?![[(:])/u.test(line) || statusValue(line) !== null;
}

/** A link of a table of contents, a key with its value, or no words at all. */
function isNoWork(line: string): boolean {
  return /^\[[^\]]*\]\([^)]*\)$/.test(line.trim()) || !/\p{L}/u.test(line) || readKeyLines([line]).found.length > 0;
}

/** `Title (in progress)`: words between parentheses at the end, if they are a status and nothing else. */
function wordAtEnd(node: ListItem, { text, offset, line }: SourceText): FoundMark | null {
  const match = /[(（]([^()（）]{2,25})[)）]\s*$/u.exec(text.slice(-60));
  const status = match?.[1] === undefined ? null : statusWord(match[1]);
  if (match?.[1] === undefined || status?.exact !== true) return null;
  const at = text.length - match[0].length + 1;
  const source = text.slice(0, at - 1).trimEnd();
  if (!/\p{L}/u.test(source)) return null;
  const label = { source, text: plainText(source), line };
  const { state } = status;
  return {
    kind: "word",
    node,
    offset: offset + at,
    text: match[1],
    state,
    sure: "likely",
    clear: false,
    label,
    line,
    done: null,
    key: "item",
  };
}

/** Lists and sentences; what else there is speaks of no work. */
export function unreadBlock(block: Part["blocks"][number]): UnreadLines[] {
  if (block.type === "list") return [unreadNode(block, "unmarked")];
  return block.type === "paragraph" ? [unreadNode(block, "prose")] : [];
}

/** Below a heading that names work, a heading with nothing but sentences below it is a piece of it. */
function startHeading({ parts, markdown }: Bullets, index: number, { state, by }: PartPlan): Start | null {
  const part = parts[index];
  // A title is about more than work.
  if (part?.heading == null || by === "title" || planHeading(part.title) !== null) return null;
  // A heading around others is the section that they are in.
  if (parts[index + 1]?.path.includes(index) === true) return null;
  if (part.blocks.some(({ type }) => type === "list")) return null;
  const line = firstLineOf(part.heading, markdown);
  if (line === null) return null;
  const label = { source: line.text, text: part.title, line: line.line };
  return { node: part.heading, mark: null, state, sure: "guess", label, table: null };
}
