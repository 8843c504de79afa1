import type { MarkState } from "../../../domain/roadmap.ts";
import type { Table } from "mdast";
import { leadingBracket } from "./bracket-marks.ts";
import { leadingEmoji } from "./emoji-status.ts";
import { firstLineOf, type Part } from "./parts.ts";
import type { ParsedMarkdown } from "./parse.ts";
import { statusWord } from "./status-words.ts";

/** What a sign, an emoji or a character in brackets, stands for. */
export type Legend = ReadonlyMap<string, MarkState>;

/** What a document says of its own signs: in a table (`| 🔴 | planned |`), an item (`- 🔴 = planned`), or a line of several. */
export function readLegend(parts: readonly Part[], markdown: ParsedMarkdown): Legend {
  const legend = new Map<string, MarkState>();
  for (const part of parts) {
    for (const table of part.tables)
      for (const [sign, words] of rowsOf(table, markdown)) learn(legend, sign, words, false);
    for (const item of part.items) readPairs(legend, firstLineOf(item, markdown)?.text ?? "");
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
  for (const line of lines.slice(start.line - 1, Math.min(end.line, start.line + maxLines))) readPairs(legend, line);
}

function learn(legend: Map<string, MarkState>, sign: string, words: string, exactly: boolean): void {
  const status = statusWord(words);
  if (status === null || (exactly && !status.exact) || legend.has(sign)) return;
  legend.set(sign, status.state);
}

function rowsOf(table: Table, { text }: ParsedMarkdown): [string, string][] {
  return table.children.slice(1).flatMap((row) => {
    const [first = "", second = ""] = row.children.map(({ children }) => {
      const [from, to] = [children[0]?.position?.start.offset, children.at(-1)?.position?.end.offset];
      return from === undefined ? "" : text.slice(from, to);
    });
    const sign = signAlone(first);
    return sign === null ? [] : [[sign, second] as [string, string]];
  });
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

/** `✅ Done | 🚧 In progress`, with or without `Legend:` in front. Longer lines explain nothing. */
function readPairs(legend: Map<string, MarkState>, line: string): void {
  if (line.length > 300) return;
  const pairs: [string, string][] = [];
  let rest = line.replace(/^[\s>*_]*\p{L}[\p{L} ]{0,20}[*_]*[:：][*_]*/u, "").replace(/^[\s>|(-]+/, "");
  while (rest !== "") {
    const sign = signInFront(rest);
    if (sign === null) return;
    const behind = rest.slice(sign.length);
    const next = nextSign(behind);
    pairs.push([sign.name, behind.slice(0, next).replace(separators, "")]);
    rest = behind.slice(next);
  }
  if (pairs.some(([, words]) => statusWord(words)?.exact !== true)) return;
  for (const [sign, words] of pairs) learn(legend, sign, words, true);
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
