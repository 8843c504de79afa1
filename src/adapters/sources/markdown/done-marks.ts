import { isBoxKind, type Mark, type MarkState } from "../../../domain/roadmap.ts";
import { emojiForDone, emojiStatus, leadingEmoji } from "./emoji-status.ts";
import type { Choice } from "./choose.ts";
import type { FoundMark } from "./found-mark.ts";
import type { Legend } from "./legend.ts";
import type { Part } from "./parts.ts";
import { normal, statusWord, wordForDone } from "./status-words.ts";

/** Marks as they leave the reader: each knows what its author would put there when the task is done. */
export function marksWithDone(
  { marks, legend }: Pick<Choice, "marks" | "legend">,
  { parts, shift }: { readonly parts: readonly Part[]; readonly shift: number },
): Mark[] {
  const headings = headingsIn(parts, marks);

  const told = [...legend].find(([sign, state]) => state === "done" && leadingEmoji(sign) !== null);
  const own = new Map([...(told === undefined ? [] : [["emoji", told[0]] as const]), ...ownWords(marks, legend)]);
  const style = { legend, own, pictured: picturedKeys(marks, legend) };
  return marks.map((mark) => {
    const { kind, offset, text, state, label, line, node } = mark;
    const done = doneOf(mark, style);
    const under = node.type === "heading" ? "" : headings(line);
    return { kind, offset: offset + shift, text, state, done, label: label.text, under, line };
  });
}

/** By a line that is asked for in order: the heading above it, without a mark. */
function headingsIn(parts: readonly Part[], marks: readonly FoundMark[]): (line: number) => string {
  const labels = new Map(
    marks.flatMap(({ node, label }) => (node.type === "heading" ? [[node, label.text] as const] : [])),
  );
  const headings = parts.flatMap(({ heading, title }) => (heading === null ? [] : [{ heading, title }]));
  let at = -1;
  return (line) => {
    while ((headings[at + 1]?.heading.position?.start.line ?? Infinity) < line) at++;
    const found = headings[at];
    return found === undefined ? "" : (labels.get(found.heading) ?? found.title);
  };
}

/** What marks that are done look like in this document, the most frequent of each look and column. */
type OwnWords = ReadonlyMap<string, string>;

function ownWords(marks: readonly FoundMark[], legend: Legend): OwnWords {
  const counts = new Map<string, Map<string, number>>();
  for (const mark of marks) {
    const { text, state, key, done } = mark;
    if (state !== "done" || done !== null || !saysNothingElse(text)) continue;
    const { near, far } = looksOf(mark, legend);
    const anywhere = saysDone(text, legend);
    if (!anywhere && wordsOf(text) === "") continue;
    for (const name of new Set([...(anywhere ? [far] : []), near, `any ${key}`])) {
      const found = counts.get(name) ?? new Map<string, number>();
      counts.set(name, found.set(text, (found.get(text) ?? 0) + 1));
    }
  }
  return new Map([...counts].map(([name, found]) => [name, mostFrequent(found)]));
}

/** Keys and columns, empty for neither, in which there are pictures that are no lights. */
function picturedKeys(marks: readonly FoundMark[], legend: Legend): ReadonlySet<string> {
  const pictured = marks.filter(({ text }) => leadingEmoji(text) !== null && !isLight(text, legend));
  return new Set(pictured.map(({ key }) => key));
}

/** A date, a version or a link is one task's own. */
function saysNothingElse(text: string): boolean {
  const words = wordsOf(text);
  return words === ""
    ? leadingEmoji(text)?.text === text
    : statusWord(words)?.exact === true && !/[\d[\](]/.test(words) && isWhole(text);
}

/** No second picture, and nothing that closes behind it. */
function isWhole(text: string): boolean {
  return boldBefore(text) === "" && leadingEmoji(wordsOf(text)) === null;
}

/** Beside a word it may be any picture; elsewhere that would be read as something else. */
function saysDone(text: string, legend: Legend): boolean {
  const emoji = leadingEmoji(text);
  return emoji === null || (legend.get(emoji.sign) ?? emojiStatus(emoji.sign)?.state) === "done";
}

function mostFrequent(counts: ReadonlyMap<string, number>): string {
  const [first = ["", 0]] = [...counts].sort(([, a], [, b]) => b - a);
  return first[0];
}

/**
 * A light that nobody explained is told from other pictures, as one between brackets is: where those are understood it may
 * not be. In one column, or behind one key, all are understood.
 */
function looksOf({ kind, text, key }: FoundMark, legend: Legend): { readonly near: string; readonly far: string } {
  const [picture, words] = [leadingEmoji(text) === null ? "" : "emoji", wordsOf(text) === "" ? "" : "words"];
  const far = `${isBoxKind(kind) ? "boxed " : ""}${isLight(text, legend) ? "light" : picture}${words}`;
  return { near: `${key === "" ? far : picture + words} ${key}`, far };
}

function isLight(text: string, legend: Legend): boolean {
  const sign = leadingEmoji(text)?.sign ?? "";
  return emojiStatus(sign)?.strength === "light" && !legend.has(sign);
}

function wordsOf(text: string): string {
  return text.slice(leadingEmoji(text)?.text.length ?? 0).trim();
}

interface Style {
  readonly legend: Legend;
  readonly own: OwnWords;
  readonly pictured: ReadonlySet<string>;
}

function doneOf(mark: FoundMark, { legend, own, pictured }: Style): string {
  const { text, state, key, done } = mark;
  if (done !== null) return done;
  if (state === "done") return text;
  if (/^\d+\s?%$/.test(text)) return text.replace(/^\d+/, "100");
  const { near, far } = looksOf(mark, legend);
  // A light beside a word may be any picture; no other picture may be a light.
  const further = text === "" ? `any ${key}` : far === "lightwords" ? "emojiwords" : far;
  const likeOthers = own.get(near) ?? own.get(far) ?? own.get(further);
  const bold = boldBefore(text);
  if (likeOthers !== undefined && bold === "") return likeOthers;
  const emoji = leadingEmoji(text);
  const word = wordForDone(normal(wordsOf(text)) === "" ? key : wordsOf(text));
  if (emoji === null) return aroundWord(text, word);
  // Where others are no lights, or a word or a column says what it means, it need not be one.
  const alone = far === "light" && key === "";
  const light = isLight(text, legend) && (alone || !pictured.has(key));
  const told = alone || isBoxKind(mark.kind) ? undefined : own.get("emoji");
  const sign = told ?? unlessTaken(light ? "🟢" : emojiForDone(emoji.sign), mark, legend);
  if (wordsOf(text) === "") return sign;
  return bold === "" ? `${sign} ${aroundWord(wordsOf(text), word)}` : sign + bold + word;
}

/** Between a sign and its words: it closes behind them. */
function boldBefore(text: string): string {
  return /^\s*(?:\*\*|__)(?=[^*_]*$)/.exec(text.slice(leadingEmoji(text)?.text.length ?? 0))?.[0] ?? "";
}

/** A sign that the document has for something else would not say done. */
function unlessTaken(sign: string, { kind }: FoundMark, legend: Legend): string {
  const boxed = isBoxKind(kind);
  const told = (other: string): MarkState => legend.get(boxed ? `[${other}]` : other) ?? "done";
  return [sign, "✅", "✔", "✓", ...(boxed ? ["x"] : ["☑"])].find((other) => told(other) === "done") ?? sign;
}

/** `**In progress**` becomes `**Done**`. */
function aroundWord(text: string, word: string): string {
  const [, around = ""] = /^(\*{1,3}|_{1,3}|`)[^*_`]+\1$/.exec(text) ?? [];
  return around + word + around;
}
