import type { ListItem, Nodes, Paragraph, Table } from "mdast";
import { isTaskId } from "../../../domain/task-id.ts";
import { taskTypes, type Priority, type Subtask, type TaskType } from "../../../domain/plan.ts";
import { keyOf, readKeyLines } from "./key-lines.ts";
import type { KeyLine } from "./key-lines.ts";
import { placeTask, setSectionFiles } from "./outline.ts";
import type { Outline, Place } from "./outline.ts";
import type { ParsedMarkdown } from "./parse.ts";
import { fold, plainText } from "./plain-text.ts";
import type { Start } from "./start.ts";
import { isNumberHead, readRow } from "./status-table.ts";
import { normal } from "./status-words.ts";
import { cleanTitle } from "./title.ts";
import { readPriority, splitFiles } from "./values.ts";

/** What is needed to read items; filled while walking. */
export interface ItemReader {
  readonly markdown: ParsedMarkdown;
  readonly outline: Outline;
  /** What is a task or, within one, a sub-task. */
  readonly starts: ReadonlyMap<Nodes, Start>;
  readonly tasks: TaskDraft[];
  /** Blocks that were read so far. */
  blocks: number;
}

/** A task while what belongs to it is being read. */
export interface TaskDraft {
  readonly start: Start;
  readonly place: Place;
  readonly list: number;
  readonly text: TaskText;
  readonly subtasks: Subtask[];
  readonly acceptance: string[];
  readonly files: string[];
  /** Values of its `Depends on` lines. */
  readonly dependsOn: string[];
  priority: Priority | null;
  agent: string | null;
  type: TaskType | null;
  readonly capabilities: string[];
  readonly allow: string[];
  id: string | null;
  number: string | null;
}

/** Where its description stands, or what it is. */
export type TaskText =
  | {
      /** Lines, from 1; the first one is the next. */
      readonly after: number;
      readonly through: number;
      /** Quotations around it. */
      readonly quotes: number;
    }
  | { readonly said: string };

/** Takes the texts of a list that is the value of a key. */
export interface ListValue {
  readonly key: "acceptance" | "depends-on" | "files";
  readonly add: (text: string) => void;
}

interface Visit {
  readonly node: Nodes;
  /** The nearest task around. */
  readonly owner: TaskDraft | null;
  /** The task that key lines speak of; null inside of its sub-tasks. */
  readonly subject: TaskDraft | null;
  readonly value: ListValue | null;
  readonly quotes: number;
  /** Lines of the item up to this one are no context. */
  readonly titleLine: number;
  /** Directly in the document, not in an item. */
  readonly loose: boolean;
}

/** Reads one block of the document with everything in it. No recursion: depth is up to the document. */
export function readBlock(reader: ItemReader, block: Nodes, value: ListValue | null): void {
  reader.blocks++;
  walk(reader, [{ node: block, owner: null, subject: null, value, quotes: 0, titleLine: 0, loose: true }]);
}

/** Reads what stands below a heading that is a task. */
export function readInside(reader: ItemReader, blocks: readonly Nodes[], task: TaskDraft): void {
  const { line } = task.start.label;
  const around = { owner: task, subject: task, value: null, quotes: 0, titleLine: line, loose: false };
  walk(reader, children(reader, blocks, { ...around, node: task.start.node }).toReversed());
}

function walk(reader: ItemReader, pending: Visit[]): void {
  for (let visit = pending.pop(); visit !== undefined; visit = pending.pop()) {
    const inside = enter(reader, visit);
    for (let index = inside.length - 1; index >= 0; index--) {
      const next = inside[index];
      if (next !== undefined) pending.push(next);
    }
  }
}

function enter(reader: ItemReader, visit: Visit): readonly Visit[] {
  const { node } = visit;
  if (node.type === "listItem") return enterItem(reader, node, { ...visit, loose: false });
  if (node.type === "list") return node.children.map((child) => ({ ...visit, node: child }));
  if (node.type === "blockquote") {
    return children(reader, node.children, { ...visit, value: null, quotes: visit.quotes + 1 });
  }
  if (node.type === "table") readTable(reader, node);
  if (node.type === "html" && visit.subject !== null) visit.subject.id ??= commentId(node.value);
  return [];
}

function enterItem(reader: ItemReader, item: ListItem, visit: Visit): readonly Visit[] {
  const start = reader.starts.get(item);
  if (start === undefined) {
    if (visit.value !== null) visit.value.add(valueText(reader, item, visit.value.key));
    return children(reader, item.children, visit);
  }
  const { owner } = visit;
  const { text, line: titleLine } = start.label;
  if (owner === null) {
    const lines = { after: titleLine, through: item.position?.end.line ?? 0, quotes: visit.quotes };
    const task = startTask(reader, start, lines);
    return children(reader, item.children, { ...visit, owner: task, subject: task, value: null, titleLine });
  }
  if (visit.value?.key === "acceptance") visit.value.add(text);
  else owner.subtasks.push({ title: cleanTitle(text), done: start.state === "done" });
  return children(reader, item.children, { ...visit, subject: null });
}

export function startTask(reader: ItemReader, start: Start, text: TaskText): TaskDraft {
  const task: TaskDraft = {
    start,
    place: placeTask(reader.outline),
    list: reader.blocks,
    text,
    subtasks: [],
    acceptance: [],
    files: [],
    dependsOn: [],
    priority: null,
    agent: null,
    type: null,
    capabilities: [],
    allow: [],
    id: null,
    number: null,
  };
  reader.tasks.push(task);
  return task;
}

/** A bare number is one of the table's: others may depend on it, but it is no name for a task. */
function numberTask(task: TaskDraft, text: string): void {
  if (/^\d+(?:\.\d+)*\.?$/.test(text)) task.number = text.replace(/\.$/, "");
  else if (isTaskId(text) && /\p{L}/u.test(text)) task.id = text;
}

/** Rows are tasks; their other cells say the rest of it. */
function readTable(reader: ItemReader, table: Table): void {
  for (const node of table.children) {
    const start = reader.starts.get(node);
    const columns = start?.table;
    if (start === undefined || columns == null) continue;
    const { cells } = readRow(node, reader.markdown);
    const status = start.mark?.key ?? "";
    const said = cells.flatMap(({ text }, column) => {
      const head = columns.heads[column] ?? "";
      return column === columns.titleColumn || head === status || text === "" ? [] : [{ head, text }];
    });
    const lines = said.map(({ head, text }) => (head === "" ? text : `**${head}**: ${text}`));
    const task = startTask(reader, start, { said: lines.join("\n") });
    for (const { head, text } of said) applyCell(task, head, text);
  }
}

function applyCell(task: TaskDraft, head: string, value: string): void {
  const key = keyOf(normal(head));
  if (isNumberHead(head)) numberTask(task, plainText(value));
  else if (key !== null) applyKeyLine(task, { key, value });
}

/** Reads the paragraphs at once and returns the rest; a key without a value claims the list right below. */
function children(reader: ItemReader, nodes: readonly Nodes[], around: Visit): Visit[] {
  const inside: Visit[] = [];
  let opened: ListValue | null = null;
  for (const node of nodes) {
    if (node.type === "paragraph") {
      opened = readParagraph(reader, node, around);
    } else {
      inside.push({ ...around, node, value: node.type === "list" ? (opened ?? around.value) : null });
      opened = null;
    }
  }
  return inside;
}

/** Returns where the items of a list below go, when the paragraph ends with a key that waits for one. */
function readParagraph(reader: ItemReader, node: Paragraph, around: Visit): ListValue | null {
  const { subject } = around;
  if (around.value !== null || (subject === null && !around.loose)) return null;
  const lines = paragraphLines(reader.markdown, node);
  if (subject === null) return readLooseLines(reader.outline, lines);
  const first = node.position?.start.line ?? 0;
  if (lines.some((line) => line.includes("<!--"))) subject.id ??= commentId(lines.join("\n"));
  const { found, opens } = readKeyLines(lines.slice(Math.max(0, around.titleLine - first + 1)));
  for (const line of found) applyKeyLine(subject, line);
  return opens === "acceptance" || opens === "depends-on" || opens === "files" ? taskValue(subject, opens) : null;
}

function applyKeyLine(task: TaskDraft, { key, value }: KeyLine): void {
  if (value === "") return;
  switch (key) {
    case "acceptance":
    case "depends-on":
    case "files":
      return taskValue(task, key).add(key === "acceptance" ? plainText(value) : value);
    case "priority":
      task.priority = readPriority(value) ?? task.priority;
      return;
    case "agent":
      task.agent = plainText(value) || null;
      return;
    case "type":
      task.type = taskTypes.find((type) => type === plainText(value).toLowerCase()) ?? null;
      return;
    case "capabilities":
      task.capabilities.push(...wordsOf(value));
      return;
    case "allow":
      task.allow.push(...wordsOf(value));
      return;
    case "id":
      task.id = plainText(value) || task.id;
      return;
    case "goal":
    case "effort":
    case "prerequisite":
  }
}

function wordsOf(value: string): string[] {
  return plainText(value)
    .split(/[\s,;]+/)
    .filter((word) => word !== "");
}

function taskValue(task: TaskDraft, key: ListValue["key"]): ListValue {
  if (key === "files") return filesValue(task.files);
  const texts = key === "acceptance" ? task.acceptance : task.dependsOn;
  return {
    key,
    add: (text) => {
      if (text !== "") texts.push(text);
    },
  };
}

/** Files named outside of any item are the section's. */
export function readLooseLines(outline: Outline, lines: readonly string[]): ListValue | null {
  const { found, opens } = readKeyLines(lines);
  for (const { key, value } of found) {
    if (key === "files" && value !== "") setSectionFiles(outline, splitFiles(value));
  }
  if (opens !== "files") return null;
  const files: string[] = [];
  setSectionFiles(outline, files);
  return filesValue(files);
}

function filesValue(files: string[]): ListValue {
  return {
    key: "files",
    add: (text) => {
      for (const file of splitFiles(text)) files.push(file);
    },
  };
}

/** The source lines of a paragraph without the markers of quotes and items before them. */
export function paragraphLines(markdown: ParsedMarkdown, { position }: Paragraph): string[] {
  if (position === undefined) return [];
  const { start, end } = position;
  return markdown.lines
    .slice(start.line - 1, end.line)
    .map((line, index) => (index === 0 ? line.slice(start.column - 1) : line.replace(/^[\s>]+/, "")));
}

/** The words of an item that belongs to a key: its first paragraph. */
function valueText(reader: ItemReader, item: ListItem, key: ListValue["key"]): string {
  const first = item.children.find((child) => child.type === "paragraph");
  if (first === undefined) return "";
  const text = fold(paragraphLines(reader.markdown, first).join(" "));
  return key === "acceptance" ? plainText(text) : text;
}

function commentId(text: string): string | null {
  const withoutCode = text.replace(/(?<!`)(`+)(?!`)[^]*?(?<!`)\1(?!`)/g, "");
  return /<!--\s*id\s*[:=]\s*(.*?)\s*-->/i.exec(withoutCode)?.[1] ?? null;
}
