import type { Mark } from "../../../domain/roadmap.ts";
import { emojiForDone, emojiStatus, leadingEmoji } from "./emoji-status.ts";
import type { Choice } from "./choose.ts";
import type { FoundMark } from "./found-mark.ts";
import type { Part } from "./parts.ts";
import { normal, statusWord, wordForDone } from "./status-words.ts";

/** Marks as they leave the reader: each knows what its author would put there when the task is done. */
export function marksWithDone(
  { marks, legend }: Pick<Choice, "marks" | "legend">,
  { parts, shift }: { readonly parts: readonly Part[]; readonly shift: number },
): Mark[] {
  const headings = headingsIn(parts, marks);

  const told = [...legend].find(([sign, state]) => state === "done" && leadingEmoji(sign) !== null);
  const own = new Map([...(told === undefined ? [] : [["emoji", told[0]] as const]), ...ownWords(marks)]);
  return marks.map((mark) => {
    const { kind, offset, text, state, label, line, node } = mark;
    const done = doneOf(mark, own);
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

function ownWords(marks: readonly FoundMark[]): OwnWords {
  const counts = new Map<string, Map<string, number>>();
  for (const mark of marks) {
    const { text, state, key, done } = mark;
    if (state !== "done" || done !== null || !saysNothingElse(text)) continue;
    for (const name of [lookOf(mark), `${lookOf(mark)} ${key}`, `any ${key}`]) {
      const found = counts.get(name) ?? new Map<string, number>();
      counts.set(name, found.set(text, (found.get(text) ?? 0) + 1));
    }
  }
  return new Map([...counts].map(([name, found]) => [name, mostFrequent(found)]));
}

/** A date, a version or a link is one task's own. */
function saysNothingElse(text: string): boolean {
  const words = wordsOf(text);
  return words === ""
    ? leadingEmoji(text)?.text === text
    : statusWord(words)?.exact === true && !/[\d[\](]/.test(words);
}

function mostFrequent(counts: ReadonlyMap<string, number>): string {
  const [first = ["", 0]] = [...counts].sort(([, a], [, b]) => b - a);
  return first[0];
}

/** A light that nobody explained is told from other pictures: where those are understood it may not be. */
function lookOf({ text, clear }: FoundMark): string {
  const picture = leadingEmoji(text) === null ? "" : isLight(text) && !clear ? "light" : "emoji";
  return `${picture}${wordsOf(text) === "" ? "" : "words"}`;
}

function isLight(text: string): boolean {
  return emojiStatus(leadingEmoji(text)?.sign ?? "")?.strength === "light";
}

function wordsOf(text: string): string {
  return text.slice(leadingEmoji(text)?.text.length ?? 0).trim();
}

function doneOf(mark: FoundMark, own: OwnWords): string {
  const { text, state, key, done } = mark;
  if (done !== null) return done;
  if (state === "done") return text;
  if (/^\d+\s?%$/.test(text)) return text.replace(/^\d+/, "100");
  const look = lookOf(mark);
  const likeOthers = own.get(`${look} ${key}`) ?? own.get(look) ?? (text === "" ? own.get(`any ${key}`) : undefined);
  if (likeOthers !== undefined) return likeOthers;
  const emoji = leadingEmoji(text);
  const word = wordForDone(normal(wordsOf(text)) === "" ? key : wordsOf(text));
  if (emoji === null) return aroundWord(text, word);
  const sign = look.startsWith("light") ? "🟢" : (own.get("emoji") ?? emojiForDone(emoji.sign));
  return wordsOf(text) === "" ? sign : `${sign} ${word}`;
}

/** `**In progress**` becomes `**Done**`. */
function aroundWord(text: string, word: string): string {
  const [, around = ""] = /^(\*{1,3}|_{1,3}|`)[^*_`]+\1$/.exec(text) ?? [];
  return around + word + around;
}
