import type { Nodes } from "mdast";
import type { RoadmapForm } from "../../../domain/roadmap.ts";
import { findMarks, type PartMarks } from "./find-marks.ts";
import type { FoundMark } from "./found-mark.ts";
import { readLegend, type Legend } from "./legend.ts";
import { firstLineOf, type Part } from "./parts.ts";
import { isBesideThePlan, planHeading } from "./plan-headings.ts";
import type { ParsedMarkdown } from "./parse.ts";
import { plansOf, startBullets } from "./bullets.ts";
import type { Start, UnreadLines } from "./start.ts";
import { unreadNode } from "./start.ts";
import type { StatusTable } from "./status-table.ts";
import { overviewBoxes } from "./overview-boxes.ts";
import { normal } from "./status-words.ts";
import { allIn, boxesInCode, unmarkedIn } from "./unread.ts";

/** What of a document is taken for tasks, and what is not. */
export interface Choice {
  readonly form: RoadmapForm;
  readonly marks: readonly FoundMark[];
  readonly starts: ReadonlyMap<Nodes, Start>;
  readonly unread: readonly UnreadLines[];
  /** What the document says of its signs. */
  readonly legend: Legend;
}

interface Chooser {
  readonly markdown: ParsedMarkdown;
  readonly parts: readonly Part[];
  readonly marks: readonly PartMarks[];
  /** There are boxes somewhere: only what is clear counts beside them. */
  readonly boxed: boolean;
  /** What tables of a document may only repeat. */
  readonly names: ReadonlySet<string>;
  /** Boxes for whole phases that have boxes of their own. */
  readonly overview: ReadonlySet<FoundMark>;
  readonly starts: Map<Nodes, Start>;
  /** Parts, by index, in or below which something starts. */
  readonly busy: Set<number>;
  readonly unread: UnreadLines[];
}

/**
 * Boxes go before every other mark of their part, marks before items without any: those count only in a document in which
 * nothing else does. Of headings with marks the innermost are tasks, and those around them sections.
 */
export function chooseTasks(parts: readonly Part[], markdown: ParsedMarkdown): Choice {
  const legend = readLegend(parts, markdown);
  const marks = findMarks(parts, markdown, legend);
  const boxed = marks.some(({ boxes }) => boxes.length > 0);
  const names = namesOf(parts, marks, boxed);
  const overview = overviewBoxes(parts, marks);
  const found = { starts: new Map(), busy: new Set<number>(), unread: [] };
  const chooser: Chooser = { markdown, parts, marks, boxed, names, overview, ...found };
  for (let index = parts.length - 1; index >= 0; index--) choosePart(chooser, index);
  if (!boxed) startSiblings(chooser);
  const plans = plansOf(parts);
  const marked = chooser.starts.size > 0;
  const unmarked = marked
    ? unmarkedIn(chooser, plans)
    : startBullets({ parts, plans, markdown, starts: chooser.starts });
  const nothing = chooser.starts.size === 0 && unmarked.length === 0;
  const all = [...marks.flatMap(marksOf), ...wordsOf(chooser.starts)];
  return {
    form: formOf([...chooser.starts.values()], boxed),
    marks: all.sort((a, b) => a.offset - b.offset),
    starts: chooser.starts,
    legend,
    unread: inOrder([...chooser.unread, ...(nothing ? allIn(parts) : unmarked), ...boxesInCode(parts)]),
  };
}

function marksOf({ boxes, emoji, heading, tables }: PartMarks): FoundMark[] {
  return [...boxes, ...emoji, ...(heading === null ? [] : [heading]), ...tables.flatMap((table) => table.marks)];
}

/** Of items that nothing but such a word marks. */
function wordsOf(starts: ReadonlyMap<Nodes, Start>): FoundMark[] {
  return [...starts.values()].flatMap(({ mark }) => (mark?.key === "item" ? [mark] : []));
}

function choosePart(chooser: Chooser, index: number): void {
  const found = chooser.marks[index];
  if (found === undefined) return;
  if (found.boxes.length > 0) {
    for (const box of found.boxes) {
      if (chooser.overview.has(box)) chooser.unread.push(unreadNode(box.node, "overview"));
      else start(chooser, index, box);
    }
    besideBoxes(chooser, found);
  } else {
    for (const mark of found.emoji) {
      if (mark.clear || !chooser.boxed) start(chooser, index, mark);
      else chooser.unread.push(unreadNode(mark.node, "unknown-status"));
    }
    for (const table of found.tables) chooseTable(chooser, index, table);
  }
  const { heading, oddStatus } = found;
  if (oddStatus !== null && !chooser.boxed)
    chooser.unread.push({ from: oddStatus, to: oddStatus, reason: "unknown-status" });
  if (heading !== null && !chooser.busy.has(index) && (heading.clear || !chooser.boxed)) start(chooser, index, heading);
}

/** Where headings are marked when they are done, those beside them that are not are to be done: a guess, as none says so. */
function startSiblings({ parts, marks, markdown, starts, busy }: Chooser): void {
  const nameOfRow = ({ path, depth }: Part): string => `${path.at(-2) ?? ""} ${depth}`;
  const counts = new Map<string, number>();
  for (const part of parts) {
    if (part.heading !== null && starts.has(part.heading))
      counts.set(nameOfRow(part), (counts.get(nameOfRow(part)) ?? 0) + 1);
  }
  for (const [index, part] of parts.entries()) {
    const { heading, title } = part;
    if (
      heading === null ||
      busy.has(index) ||
      marks[index]?.oddStatus !== null ||
      (counts.get(nameOfRow(part)) ?? 0) < 2
    )
      continue;
    const line = isBesideThePlan(title) || planHeading(title) !== null ? null : firstLineOf(heading, markdown);
    if (line === null || part.path.some((at) => at !== index && isStarted(parts[at], starts))) continue;
    const label = { source: line.text, text: title, line: line.line };
    starts.set(heading, { node: heading, mark: null, state: "open", sure: "guess", label, table: null });
  }
}

function isStarted(part: Part | undefined, starts: ReadonlyMap<Nodes, Start>): boolean {
  return part?.heading != null && starts.has(part.heading);
}

function start(chooser: Chooser, index: number, mark: FoundMark, table: Start["table"] = null): void {
  const { node, state, sure, label } = mark;
  chooser.starts.set(node, { node: node as Start["node"], mark, state, sure, label, table });
  for (const around of chooser.parts[index]?.path ?? []) chooser.busy.add(around);
}

function besideBoxes({ unread }: Chooser, { emoji, tables }: PartMarks): void {
  for (const { node, state } of emoji) {
    if (state === "open" || state === "started") unread.push(unreadNode(node, "beside-boxes"));
  }
  for (const { table } of tables) unread.push(unreadNode(table, "beside-boxes"));
}

function chooseTable(chooser: Chooser, index: number, table: StatusTable): void {
  const known = table.marks.filter(({ label }) => chooser.names.has(nameOf(label.text))).length;
  if (known * 2 >= table.marks.length && known > 0) {
    chooser.unread.push(unreadNode(table.table, "overview"));
    return;
  }
  for (const mark of table.marks) start(chooser, index, mark, table);
  for (const { row } of table.unknown) chooser.unread.push(unreadNode(row, "unknown-status"));
}

/** Of everything with a mark outside of tables; beside boxes also of headings, which they stand below. */
function namesOf(parts: readonly Part[], marks: readonly PartMarks[], boxed: boolean): ReadonlySet<string> {
  const marked = marks.flatMap((found) => marksOf({ ...found, tables: [] }));
  const names = marked.map(({ label }) => nameOf(label.text));
  return new Set([...names, ...(boxed ? parts.map(({ title }) => nameOf(title)) : [])]);
}

/** Without number, and without what stands in parentheses. */
function nameOf(text: string): string {
  const plain = normal(text).replace(/\s*[(（].*$/u, "");
  return plain.replace(/^(?:phase|step|milestone|étape|schritt|fase|этап|фаза)?\s*\d+(?:\.\d+)*\s*[.:)：–—-]*\s*/u, "");
}

/** What is open counts; where nothing is, all of it. */
function formOf(starts: readonly Start[], boxed: boolean): RoadmapForm {
  const open = starts.filter(({ state }) => state === "open" || state === "started");
  const forms = new Set((open.length > 0 ? open : starts).map(formOfStart));
  if (boxed && open.length === 0) return "boxes";
  const [only = "prose"] = forms;
  return forms.size > 1 ? "mixed" : only;
}

function formOfStart({ node, mark }: Start): RoadmapForm {
  if (node.type === "tableRow") return "table";
  if (node.type === "heading") return mark === null ? "prose" : "headings";
  if (mark === null || mark.kind === "word") return "bullets";
  return mark.kind === "emoji" ? "emoji" : "boxes";
}

/** None within another. */
function inOrder(unread: readonly UnreadLines[]): UnreadLines[] {
  const sorted = [...unread].sort((a, b) => a.from - b.from || b.to - a.to);
  let end = 0;
  return sorted.filter(({ from, to }) => {
    if (from <= end) return false;
    end = to;
    return true;
  });
}
