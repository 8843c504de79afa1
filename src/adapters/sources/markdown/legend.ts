import type { MarkState } from "../../../domain/roadmap.ts";
import type { Table, TableRow } from "mdast";
import { isMarker, leadingBracket } from "./bracket-marks.ts";
import { leadingEmoji } from "./emoji-status.ts";
import { firstLineOf, type Part } from "./parts.ts";
import type { ParsedMarkdown } from "./parse.ts";
import { isStatusKey, mayBeTitle, normal, statusWord } from "./status-words.ts";
import { readCell } from "./table-cell.ts";
import { isTitleHead } from "./title-heads.ts";

/** What a sign, an emoji or a character in brackets, stands for. */
export type Legend = ReadonlyMap<string, MarkState>;

/**
 * What a document says of its own signs: in a table (`| 🔴 | planned |`), an item (`- 🔴 = planned`), or a line of several.
 * What explains is never a mark itself: it would explain something else as soon as it is ticked.
 */
export function readLegend(parts: readonly Part[], markdown: ParsedMarkdown): Legend {
  const legend = new Map<string, MarkState>();
  for (const part of parts) {
    for (const table of part.tables)
      for (const { sign, words } of explainedIn(table, markdown).values()) learn(legend, sign, words);
    for (const item of part.items)
      learnAll(legend, explainedByItem(firstLineOf(item, markdown)?.text ?? "", part.title));
    for (const block of part.blocks) {
      if (block.type === "paragraph" && block.position !== undefined) readParagraph(legend, markdown, block.position);
    }
  }
  return legend;
}

type Range = { readonly start: { readonly line: number }; readonly end: { readonly line: number } };

/** Nobody explains signs in more lines of one paragraph. */
const maxLines = 20;

function readParagraph(legend: Map<string, MarkState>, { lines }: ParsedMarkdown, { start, end }: Range): void {
  for (const line of lines.slice(start.line - 1, Math.min(end.line, start.line + maxLines)))
    learnAll(legend, explainedByLine(line));
}

interface Explained {
  readonly sign: string;
  readonly words: string;
}

function learnAll(legend: Map<string, MarkState>, explained: readonly Explained[]): void {
  for (const { sign, words } of explained) learn(legend, sign, words);
}

function learn(legend: Map<string, MarkState>, sign: string, words: string): void {
  const status = statusWord(words);
  if (status !== null && !legend.has(sign)) legend.set(sign, status.state);
}

const signHeads = new Set(
  (
    "symbol|symbols|emoji|icon|sign|marker|mark|badge|box|checkbox|color|colour|light|indicator|code|key|legend|notation|symbole|icône|signe|couleur|légende|zeichen|farbe|legende|kürzel" +
    "|símbolo|icono|ícone|marca|cor|leyenda|символ|значок|знак|цвет|индикатор|обозначение|легенда|기호|아이콘|标记|符号|图标|颜色|图例|標記|圖標|標識|記号|マーク|アイコン|色|凡例"
  ).split("|"),
);
const meaningHeads = new Set(
  "meaning|means|stands for|explanation|definition|signification|sens|bedeutung|heißt|erklärung|significado|значение|расшифровка|의미|含义|意义|意思|意味".split(
    "|",
  ),
);
/** Of signs, or of work. */
const descriptionHeads = new Set("description|beschreibung|описание|descripción|descrição|说明|説明|설명".split("|"));

/** By row. Whether a table explains its signs is told by what no tick changes: its heads, signs alone, and words that could be no title. */
export function explainedIn(table: Table, markdown: ParsedMarkdown): ReadonlyMap<TableRow, Explained> {
  const [head, ...rows] = table.children.map((row) => ({
    row,
    cells: row.children.map((cell) => readCell(cell, markdown).text),
  }));
  const heads = (head?.cells ?? []).map(normal);
  const [first = "", second = ""] = heads;
  const signs = signHeads.has(first);
  const meanings = meaningHeads.has(second);
  const mayExplain = signs || meanings || heads.length === 2 || (isStatusKey(first) && descriptionHeads.has(second));
  if (!mayExplain || heads.some(headsTasks)) return new Map();
  const found = rows.flatMap(({ row, cells: [cell = "", words = ""] }) => {
    const sign = signAlone(cell);
    return sign === null || statusWord(words) === null ? [] : [{ row, sign, words }];
  });
  const any = meanings || found.length === rows.length;
  const explained = found.filter(({ words }) => any || statusWord(words)?.exact === true);
  return new Map(explained.map(({ row, ...said }) => [row, said]));
}

/** A table with such a column is about work. */
function headsTasks(head: string): boolean {
  return isTitleHead(head) && !descriptionHeads.has(head) && !/^(?:name|what|title)$/.test(head);
}

export function isSignAlone(text: string): boolean {
  return signAlone(text) !== null;
}

/** `🔴`, `` `[~]` ``; null where anything else stands beside it. */
function signAlone(text: string): string | null {
  const bare = text.replace(/^[`*\s]*(?:[-*+]\s+)?|[`*\s]+$/g, "");
  const bracket = leadingBracket(bare);
  if (bracket !== null && bracket.length === bare.length) return /^[ xX]$/.test(bracket.sign) ? null : bare;
  const emoji = leadingEmoji(bare);
  return emoji !== null && emoji.text.length === bare.length ? emoji.sign : null;
}

const separators = /^[\s*_`=:：–—-]+|[\s*_`|·•,;/，、()-]+$/g;

const keyInFront = /^[\s>*_]*(\p{L}[\p{L} ]{0,20})[*_]*[:：][*_]*/u;

const legendHeads =
  /^(?:key|(?:status|emoji|colou?r|symbol) (?:key|legend)|(?:legend|légende|legende|leyenda|legenda|легенда|обозначения|условные обозначения|图例|圖例|符号说明|凡例|범례)(?: .*)?)$/;

/**
 * Of the first line of an item below a heading. One sign behind a key tells how far that is: `- Login: 🟡 planned`; and
 * `- [~] Testing` is a task. Below `Legend` both explain the sign.
 */
export function explainedByItem(line: string, heading: string): readonly Explained[] {
  const found = explainedByLine(line);
  const mayBeTask = found.length === 1 && !legendHeads.test(normal(heading));
  return mayBeTask && (keyInFront.test(line) || isMarkedTitle(line, found)) ? [] : found;
}

function isMarkedTitle(line: string, [found]: readonly Explained[]): boolean {
  const bracket = leadingBracket(line);
  const length = bracket?.length ?? leadingEmoji(line)?.text.length ?? 0;
  // What stands between a sign and its meaning.
  if (/^\s*(?:[=:：→]|[-–—]+\s)/.test(line.slice(length))) return false;
  return bracket === null ? mayBeTitle(found?.words ?? "") : isMarker(bracket.sign);
}

/** Of any other line. One sign behind `Status:` is the status of something. */
export function explainedByLine(line: string): readonly Explained[] {
  const found = explainedBy(line);
  return found.length === 1 && isStatusKey(keyInFront.exec(line)?.[1] ?? "") ? [] : found;
}

/** `✅ Done | 🚧 In progress`, with or without `Legend:` in front. Longer lines explain nothing. */
function explainedBy(line: string): Explained[] {
  if (line.length > 300) return [];
  const found: Explained[] = [];
  let rest = line.replace(keyInFront, "").replace(/^[\s>|(-]+/, "");
  while (rest !== "") {
    const sign = signInFront(rest);
    if (sign === null) return [];
    const behind = rest.slice(sign.length);
    const next = nextSign(behind);
    found.push({ sign: sign.name, words: behind.slice(0, next).replace(separators, "") });
    rest = behind.slice(next);
  }
  return found.every(({ words }) => statusWord(words)?.exact === true) ? found : [];
}

function signInFront(text: string): { readonly name: string; readonly length: number } | null {
  const emoji = leadingEmoji(text);
  if (emoji !== null) return { name: emoji.sign, length: emoji.text.length };
  const bracket = /^`?(\[(.)\])`?/u.exec(text);
  if (bracket?.[1] === undefined || /^[ xX]$/.test(bracket[2] ?? "")) return null;
  return { name: bracket[1], length: bracket[0].length };
}

function nextSign(text: string): number {
  for (let at = 1; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit >= 0xdc00 && unit <= 0xdfff) continue;
    if (signInFront(text.slice(at)) !== null) return at;
  }
  return text.length;
}
