import type { Table, TableRow } from "mdast";
import { leadingBracket } from "./bracket-marks.ts";
import { emojiStatus, leadingEmoji } from "./emoji-status.ts";
import type { FoundMark } from "./found-mark.ts";
import { keyOf } from "./key-lines.ts";
import { explainedIn, isSignAlone } from "./legend.ts";
import { meaningOf, type Signs } from "./line-marks.ts";
import type { ParsedMarkdown } from "./parse.ts";
import { plainText } from "./plain-text.ts";
import { statusMeaning } from "./status-lines.ts";
import { isStatusKey, normal, statusWord } from "./status-words.ts";
import { readCell, type Cell } from "./table-cell.ts";
import { isTitleHead } from "./title-heads.ts";

export interface StatusRow {
  readonly row: TableRow;
  readonly line: number;
  readonly cells: readonly Cell[];
}

/** A table in which a row is a task. */
export interface StatusTable {
  readonly table: Table;
  readonly heads: readonly string[];
  readonly titleColumn: number;
  readonly marks: readonly FoundMark[];
  /** Rows whose status is not known. */
  readonly unknown: readonly StatusRow[];
}

export function readStatusTable(table: Table, markdown: ParsedMarkdown, signs: Signs): StatusTable | null {
  const [head, ...body] = table.children.map((row) => readRow(row, markdown));
  if (head === undefined || body.length === 0) return null;
  const heads = head.cells.map(({ text }) => text);
  const column = statusColumn(heads, body, signs);
  if (column === null) return null;
  const titleColumn = columnOfTitles(heads, body, column);
  if (titleColumn === null) return null;
  const legend = explainedIn(table, markdown);
  const rows = body.map((row) => ({
    row,
    mark: legend.has(row.row) ? null : markOf(row, { column, titleColumn, key: heads[column] ?? "" }, signs),
  }));
  const marks = rows.flatMap(({ mark }) => (mark === null ? [] : [mark]));
  const known = marks.filter(({ text }) => text !== "").length;
  const said = body.filter(({ cells }) => (cells[column]?.text ?? "") !== "").length;
  if (known === 0 || known * 2 < said) return null;
  return { table, heads, titleColumn, marks, unknown: rows.flatMap(({ row, mark }) => (mark === null ? [row] : [])) };
}

export function readRow(row: TableRow, markdown: ParsedMarkdown): StatusRow {
  return {
    row,
    line: row.position?.start.line ?? 0,
    cells: row.children.map((cell) => readCell(cell, markdown)),
  };
}

/** By its head; else the only one in which nearly every cell is a sign of a status. */
function statusColumn(heads: readonly string[], body: readonly StatusRow[], signs: Signs): number | null {
  const named = heads.findIndex((head) => isStatusKey(head));
  if (named !== -1) return named;
  const signed = heads.flatMap((_, column) => (isOfSigns(column, body, signs) ? [column] : []));
  return signed.length === 1 ? (signed[0] ?? null) : null;
}

function isOfSigns(column: number, body: readonly StatusRow[], signs: Signs): boolean {
  const cells = body.map(({ cells: all }) => all[column]?.text ?? "");
  const signed = cells.filter((text) => {
    const emoji = leadingEmoji(text);
    if (emoji === null) return leadingBracket(text)?.length === text.length && text !== "";
    const clear = meaningOf(emoji.sign, signs)?.clear === true;
    return clear && normal(text.slice(emoji.text.length)).length < 20;
  });
  return signed.length >= 2 && signed.length * 5 >= cells.length * 4;
}

const numberHeads = /^(?:id|nr|no|n°|num|number|key|ref|编号|序号|№|番号|issue)?$/;

function columnOfTitles(heads: readonly string[], body: readonly StatusRow[], status: number): number | null {
  const free = heads.flatMap((head, column) => {
    return column === status || keyOf(normal(head)) !== null || numberHeads.test(normal(head)) ? [] : [column];
  });
  const named = free.find((column) => isTitleHead(normal(heads[column] ?? "")));
  const wordy = free.find((column) => body.some(({ cells }) => /\p{L}{2}/u.test(cells[column]?.text ?? "")));
  return named ?? wordy ?? null;
}

/** Of a column with the numbers or ids of tasks. */
export function isNumberHead(head: string): boolean {
  return numberHeads.test(normal(head));
}

interface Columns {
  readonly column: number;
  readonly titleColumn: number;
  readonly key: string;
}

function markOf(row: StatusRow, { column, titleColumn, key }: Columns, signs: Signs): FoundMark | null {
  const [cell, title] = [row.cells[column], row.cells[titleColumn]];
  const text = plainText(title?.text ?? "");
  // A sign that is explained, or a status that is counted, is no task.
  if (cell === undefined || !/\p{L}/u.test(text) || isSignAlone(title?.text ?? "") || statusWord(text)?.exact === true)
    return null;
  const found = readStatusCell(cell, signs);
  if (found === null) return null;
  const label = { source: title?.text ?? "", text, line: row.line };
  const mark = { node: row.row, label, line: row.line, key, clear: true, done: null, ...found };
  // Below `Done?` a cross can only mean not yet.
  return mark.state === "dropped" && statusWord(key)?.state === "done" ? { ...mark, state: "open" } : mark;
}

type CellMark = Pick<FoundMark, "kind" | "offset" | "text" | "state" | "sure"> & { readonly done?: string };

function readStatusCell({ text, offset }: Cell, signs: Signs): CellMark | null {
  if (text === "") return { kind: "word", offset, text, state: "open", sure: "likely" };
  const bracket = leadingBracket(text);
  if (bracket?.length === text.length && /^[ xX]$/.test(bracket.sign)) {
    const state = bracket.sign === " " ? "open" : "done";
    return { kind: "word", offset: offset + 1, text: bracket.sign, state, sure: "stated", done: "x" };
  }
  const meant = statusMeaning(text, signs);
  if (meant === null) return null;
  const emoji = leadingEmoji(text);
  const behind = emoji === null ? "" : text.slice(emoji.text.length);
  // What is said beside a sign stays.
  const alone =
    emoji !== null && normal(behind) !== "" && statusWord(behind) === null && emojiStatus(emoji.sign) !== null;
  return { kind: "word", offset, text: alone && emoji !== null ? emoji.text : text, ...meant };
}
