import type { ListItem, Nodes } from "mdast";
import type { FoundMark } from "./found-mark.ts";
import type { Part } from "./parts.ts";
import type { ParsedMarkdown } from "./parse.ts";
import { emojiStatus, leadingEmoji } from "./emoji-status.ts";
import { explainedByLine } from "./legend.ts";
import { meaningOf, type Signs } from "./line-marks.ts";
import { isStatusKey, statusWord } from "./status-words.ts";

/** `**Status**: In progress`, also quoted or as an item. */
const statusLine = /^[ >]{0,8}(?:[-*+] +)?([*_]{0,3})(\p{L}[\p{L} ]{1,24})(?:\1[ ]*[:：]|[:：][ ]*\1)[ ]*/u;

/** It stands at the top of what it is about. */
const maxLines = 30;
const maxLength = 400;

export interface StatusLine {
  readonly line: number;
  /** Null: what it says is not known. */
  readonly at: Omit<FoundMark, "node" | "label"> | null;
}

/** What stands behind such a key; null where there is none. An item with one is about what it stands below. */
export function statusValue(line: string): string | null {
  return keyAndValue(line)?.value ?? null;
}

interface KeyAndValue {
  readonly key: string;
  /** Within the line. */
  readonly at: number;
  /** All that is behind the key. */
  readonly value: string;
}

function keyAndValue(line: string): KeyAndValue | null {
  const source = line.slice(0, maxLength);
  const match = statusLine.exec(source);
  if (match === null) return null;
  const [{ length: at }, , key = ""] = match;
  return isStatusKey(key) ? { key, at, value: source.slice(at) } : null;
}

/** How far the subject of a heading is, where a line below it says so. */
export function statusLineOf({ blocks }: Part, markdown: ParsedMarkdown, signs: Signs): StatusLine | null {
  return firstOf(blocks.flatMap(linesIn), markdown, signs);
}

/** The same of an item: in a line of its own text, or in an item right below it. */
export function statusLineOfItem({ children }: ListItem, markdown: ParsedMarkdown, signs: Signs): StatusLine | null {
  return firstOf(children.flatMap(linesIn), markdown, signs);
}

/** Of a list only how its items begin: what stands within one is about that one. */
function linesIn(block: Nodes): number[] {
  if (block.type === "list") return block.children.map(({ position }) => position?.start.line ?? 0);
  if (block.type !== "paragraph" && block.type !== "blockquote") return [];
  const { start, end } = block.position ?? { start: { line: 1 }, end: { line: 0 } };
  return Array.from({ length: Math.min(maxLines, end.line - start.line + 1) }, (_, index) => start.line + index);
}

function firstOf(lines: readonly number[], markdown: ParsedMarkdown, signs: Signs): StatusLine | null {
  for (const line of lines.slice(0, maxLines)) {
    const found = readLine(line, markdown, signs);
    if (found !== null) return found;
  }
  return null;
}

function readLine(line: number, { lines, starts }: ParsedMarkdown, signs: Signs): StatusLine | null {
  const source = lines[line - 1] ?? "";
  const found = keyAndValue(source);
  if (found === null) return null;
  const { key, at, value: rest } = found;
  const text = /^[^|·<]*/.exec(rest)?.[0].replace(/[\s\\]+$/, "") ?? "";
  const own = source.slice(0, maxLength).replace(/^[ >]*(?:[-*+] +)?/, "");
  const explains = [own, rest.slice(text.length)].some((said) => explainedByLine(said).length > 0);
  if (explains || isChoice(rest)) return { line, at: null };
  const meant = statusMeaning(text, signs);
  if (meant === null) return { line, at: null };
  const offset = (starts[line - 1] ?? 0) + at;
  return { line, at: { kind: "word", offset, text, ...meant, clear: true, done: null, line, key } };
}

/** `Planned / In progress / Done` tells what may be said there, and nothing of its subject. */
function isChoice(value: string): boolean {
  const words = value.replace(/\([^()]*\)/g, "").split(/[|/]|\sor\s/);
  const states = words.flatMap((word) => statusWord(word)?.state ?? []);
  return states.length > 2 && new Set(states).size > 1;
}

/** Of a value that says nothing but a status: words, an emoji, or both. */
export function statusMeaning(value: string, signs: Signs): Pick<FoundMark, "state" | "sure"> | null {
  const bare = value.replace(/^[*_\s]+/, "");
  const emoji = leadingEmoji(bare);
  const words = emoji === null ? bare : bare.slice(emoji.text.length);
  const said = statusWord(words);
  const told = emoji === null ? null : meaningOf(emoji.sign, signs);
  if (said !== null) return { state: said.state, sure: said.exact ? "stated" : "likely" };
  if (emoji === null || told === null) return null;
  const light = emojiStatus(emoji.sign)?.strength === "light" && !signs.legend.has(emoji.sign);
  return { state: told.state, sure: light ? "guess" : "stated" };
}
