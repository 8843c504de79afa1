import type { Heading, ListItem } from "mdast";
import { emojiStatus, leadingEmoji } from "./emoji-status.ts";
import type { FoundMark, Label } from "./found-mark.ts";
import { explainedByItem, type Legend } from "./legend.ts";
import { bracketMark, emojiMark, type LineMark, type Signs } from "./line-marks.ts";
import { firstLineOf, type Part, type SourceText } from "./parts.ts";
import type { FoundBox, ParsedMarkdown } from "./parse.ts";
import { isBesideThePlan, planHeading } from "./plan-headings.ts";
import { plainText } from "./plain-text.ts";
import { statusLineOf, statusLineOfItem, statusValue, type StatusLine } from "./status-lines.ts";
import { readStatusTable, type StatusTable } from "./status-table.ts";
import { mayBeTitle, statusWord } from "./status-words.ts";

/** What marks a part of a document has, of each kind. */
export interface PartMarks {
  /** GFM boxes and their relatives, of items. */
  readonly boxes: readonly FoundMark[];
  /** Of other items: an emoji, or a line below that says how far they are. */
  readonly emoji: readonly FoundMark[];
  readonly heading: FoundMark | null;
  readonly tables: readonly StatusTable[];
  /** A line below the heading says how far it is, in words that are not known. */
  readonly oddStatus: number | null;
}

/** Every mark of a document, by its parts. */
export function findMarks(parts: readonly Part[], markdown: ParsedMarkdown, legend: Legend): PartMarks[] {
  const items = parts.map((part) => part.items.filter((item) => !explainsSigns(item, part, markdown)));
  const lines = items.map((some) => some.map((item) => firstLineOf(item, markdown)));
  const headings = parts.map(({ heading }) => (heading === null ? null : firstLineOf(heading, markdown)));
  const inItems = { legend, strong: hasClearSign(lines.flat(), legend) };
  const inHeadings = { legend, strong: hasClearSign(headings, legend) };
  const plainHeadings = mayBeStatus(headings, inHeadings);
  return parts.map((part, index) => {
    const plainItems = mayBeStatus(lines[index] ?? [], inItems);
    const own = items[index] ?? [];
    return {
      boxes: own.flatMap((item) => itemBox(item, markdown, inItems) ?? []),
      emoji: own.flatMap((item) => unboxedItem(item, markdown, inItems, plainItems) ?? []),
      heading: headingMark(part, markdown, inHeadings, plainHeadings),
      oddStatus: oddStatusOf(part, markdown, inHeadings),
      tables: part.tables.flatMap((table) => readStatusTable(table, markdown, inItems) ?? []),
    };
  });
}

/** But for boxes, which everybody counts. */
function explainsSigns(item: ListItem, { title }: Part, markdown: ParsedMarkdown): boolean {
  const line = markdown.boxOf.has(item) ? null : firstLineOf(item, markdown);
  return line !== null && explainedByItem(line.text, title).length > 0;
}

/** Some line has a sign that is a status wherever it is, and has one when it is ticked. */
function hasClearSign(lines: readonly (SourceText | null)[], legend: Legend): boolean {
  const explained = [...legend.keys()].some((sign) => leadingEmoji(sign) !== null);
  return lines.some((line) => {
    if (line === null) return false;
    const said = statusValue(line.text);
    if (said !== null) return leadingEmoji(said) !== null;
    const found = emojiMark(line.text, { legend, strong: false });
    const light = emojiStatus(leadingEmoji(found?.text ?? "")?.sign ?? "")?.strength === "light";
    return found !== null && (found.clear || (light && explained));
  });
}

/** Pictures that are no status make ornaments of those beside them that could be one; so does the want of a clear sign. */
function mayBeStatus(lines: readonly (SourceText | null)[], { strong }: Signs): boolean {
  return lines.every((line) => {
    const emoji = leadingEmoji(line?.text.replace(/^[*_\d. )]+/, "") ?? "");
    if (emoji === null) return true;
    const status = emojiStatus(emoji.sign);
    return status !== null && (strong || status.strength !== "weak");
  });
}

function itemBox(item: ListItem, markdown: ParsedMarkdown, signs: Signs): FoundMark | null {
  const index = markdown.boxOf.get(item);
  const box = index === undefined ? undefined : markdown.boxes[index];
  if (box !== undefined) return boxMark(item, box, markdown);
  const line = firstLineOf(item, markdown);
  const found = line === null ? null : bracketMark(line.text, signs, "box");
  if (line === null || found === null) return null;
  const label = found.rest.trim() === "" ? labelBelow(line.line, markdown) : labelOf(found.rest, line.line);
  return { ...placed(found, line), node: item, label, done: doneIn(found.text) };
}

/** Beside other pictures between brackets an `x` would be a stranger. */
function doneIn(sign: string): string | null {
  return leadingEmoji(sign) === null ? "x" : null;
}

function boxMark(item: ListItem, box: FoundBox, markdown: ParsedMarkdown): FoundMark {
  const { offset, checked, line, column } = box;
  const behind = (markdown.lines[line - 1] ?? "").slice(column + 1);
  return {
    kind: "box",
    node: item,
    offset,
    text: markdown.text.charAt(offset),
    state: checked ? "done" : "open",
    sure: "stated",
    clear: true,
    label: behind.trim() === "" ? labelBelow(line, markdown) : labelOf(behind, line),
    line,
    done: "x",
    key: "",
  };
}

function labelOf(source: string, line: number): Label {
  return { source, text: plainText(source), line };
}

/** Where the box stands alone on its line, the text below is meant. */
function labelBelow(line: number, { lines }: ParsedMarkdown): Label {
  return labelOf((lines[line] ?? "").replace(/^[\s>]+/, ""), line + 1);
}

function placed(
  { kind, at, text, state, sure, clear }: LineMark,
  line: SourceText,
): Omit<FoundMark, "node" | "label" | "done"> {
  return { kind, offset: line.offset + at, text, state, sure, clear, line: line.line, key: "" };
}

function unboxedItem(item: ListItem, markdown: ParsedMarkdown, signs: Signs, plain: boolean): FoundMark | null {
  const line = markdown.boxOf.has(item) ? null : firstLineOf(item, markdown);
  if (line === null || bracketMark(line.text, signs, "box") !== null || statusValue(line.text) !== null) return null;
  const found = emojiMark(line.text, signs);
  if (found === null || (!found.clear && !plain)) return itemWithStatus(item, line, markdown, signs);
  const label = labelOf(found.rest, line.line);
  return namesSomething(label) ? { ...placed(found, line), node: item, label, done: null } : null;
}

/** `- Title` above `- **Status**: in progress`. */
function itemWithStatus(item: ListItem, line: SourceText, markdown: ParsedMarkdown, signs: Signs): FoundMark | null {
  const at = statusLineOfItem(item, markdown, signs)?.at ?? null;
  const label = labelOf(line.text, line.line);
  return at !== null && namesSomething(label) ? { ...at, node: item, label } : null;
}

/** A sign with a status behind it is about no task. */
function namesSomething({ text }: Label): boolean {
  return /[\p{L}\p{N}]/u.test(text) && (statusWord(text)?.exact !== true || mayBeTitle(text));
}

function headingMark(part: Part, markdown: ParsedMarkdown, signs: Signs, plain: boolean): FoundMark | null {
  const { heading, depth, title } = part;
  // A title on top is about all of the document.
  if (heading === null || depth === 1) return null;
  const own = ownMark(heading, markdown, signs, plain);
  const line = own !== null || !saysOfOthers(title) ? statusLineOf(part, markdown, signs) : null;
  if (own !== null) return { ...own, ...inWords(own, line?.at ?? null) };
  const text = firstLineOf(heading, markdown);
  if (line === null || line.at === null || text === null) return null;
  return { ...line.at, node: heading, label: labelOf(text.text, text.line) };
}

/** `### Title ⏸️` above `**Status**: ⏸️ pending`: the words are about the same sign, unless that says done, as when it is ticked. */
function inWords({ kind, text, state }: FoundMark, line: StatusLine["at"]): Partial<Pick<FoundMark, "state" | "sure">> {
  const [own, below] = [leadingEmoji(text), leadingEmoji(line?.text ?? "")];
  if (kind !== "emoji" || own?.text !== text || state === "done" || line === null) return {};
  return own.sign === below?.sign && line.text !== below.text ? { state: line.state, sure: line.sure } : {};
}

function ownMark(heading: Heading, markdown: ParsedMarkdown, signs: Signs, plain: boolean): FoundMark | null {
  const line = firstLineOf(heading, markdown);
  if (line === null) return null;
  const box = bracketMark(line.text, signs, "heading-box");
  const found = box ?? emojiMark(line.text, signs);
  if (found === null || (!found.clear && !plain)) return null;
  const label = labelOf(found.rest, line.line);
  // Such a heading says something of what is below it, and is nothing that could be done.
  if (!namesSomething(label) || (box === null && saysOfOthers(label.text))) return null;
  return { ...placed(found, line), node: heading, label, done: box === null ? null : doneIn(box.text) };
}

function oddStatusOf({ depth, ...part }: Part, markdown: ParsedMarkdown, signs: Signs): number | null {
  const found = depth > 1 ? statusLineOf({ depth, ...part }, markdown, signs) : null;
  return found?.at === null ? found.line : null;
}

function saysOfOthers(heading: string): boolean {
  return planHeading(heading) !== null || isBesideThePlan(heading);
}
