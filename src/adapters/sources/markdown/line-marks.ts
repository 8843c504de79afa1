import type { MarkKind, Sureness } from "../../../domain/plan.ts";
import type { MarkState } from "../../../domain/roadmap.ts";
import { isBox, leadingBracket, markerOf } from "./bracket-marks.ts";
import { emojiStatus, isCross, leadingEmoji, type LeadingEmoji } from "./emoji-status.ts";
import { statusWord } from "./status-words.ts";

/** What is known of a document's signs before one of them is read. */
export interface Signs {
  /** What the document itself says of them: of an emoji, or of a character in brackets. */
  readonly legend: ReadonlyMap<string, MarkState>;
  /** Signs that stand for a status wherever they are, are in it. */
  readonly strong: boolean;
}

/** A mark within one line. */
export interface LineMark {
  readonly kind: MarkKind;
  /** Within the line. */
  readonly at: number;
  readonly text: string;
  readonly state: MarkState;
  readonly sure: Sureness;
  readonly clear: boolean;
  /** The line without it. */
  readonly rest: string;
}

const inFront = /^(?:\d+(?:\.\d+)*[.)]?[ \t]+)?(?:\*{1,3}|_{1,3})?/;

/** `[~] …` or `[✅] …`; null for a box, which the parser finds, and for what is none. */
export function bracketMark(line: string, signs: Signs, kind: "box" | "heading-box"): LineMark | null {
  const found = leadingBracket(line);
  if (found === null || (kind === "box" && isBox(found.sign))) return null;
  const rest = line.slice(found.length);
  if (isBox(found.sign)) {
    const state = /[xX]/.test(found.sign) ? "done" : "open";
    return { kind, at: 1, text: found.sign, state, sure: "stated", clear: true, rest };
  }
  const marker = markerOf(found.sign, signs.legend);
  return marker === null ? null : { kind, at: 1, text: found.sign, ...marker, clear: true, rest };
}

/** `🚧 Title`, `**🚧 Title**`, `1.2 🚧 Title`, `🚧 In progress: Title`, `Title ✅`, `Title (🚧 in progress)`. */
export function emojiMark(line: string, signs: Signs): LineMark | null {
  const front = inFront.exec(line)?.[0] ?? "";
  const leading = leadingEmoji(line.slice(front.length));
  if (leading !== null) return leadingMark(line, front, leading, signs);
  return trailingMark(line, signs);
}

function leadingMark(line: string, front: string, emoji: LeadingEmoji, signs: Signs): LineMark | null {
  const meant = meaningOf(emoji.sign, signs);
  if (meant === null) return null;
  const behind = line.slice(front.length + emoji.text.length);
  const words = /^[ \t]*(?:\*\*|__)?([^:：*_]{2,30})(?:(?:\*\*|__)[:：]?|[:：](?:\*\*|__)?)(?=[ \t])/.exec(behind);
  const status = words?.[1] === undefined ? null : statusWord(words[1]);
  if (words === null || status?.exact !== true) {
    return { kind: "emoji", at: front.length, text: emoji.text, ...meant, rest: front + behind.trimStart() };
  }
  const said = (words[1] ?? "").trimEnd();
  const text = emoji.text + behind.slice(0, behind.indexOf(said) + said.length);
  const rest = front + behind.slice(words[0].length).trimStart();
  return { kind: "emoji", at: front.length, text, state: status.state, sure: "stated", clear: true, rest };
}

/** No status at the end of a line is longer. */
const maxTail = 60;

function trailingMark(line: string, signs: Signs): LineMark | null {
  for (let at = line.length - 1; at > Math.max(0, line.length - maxTail); at--) {
    const emoji = isLowHalf(line, at) ? null : leadingEmoji(line.slice(at));
    if (emoji !== null) return markAtEnd(line, at, emoji, signs);
  }
  return null;
}

function isLowHalf(line: string, at: number): boolean {
  const unit = line.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff;
}

function markAtEnd(line: string, at: number, emoji: LeadingEmoji, signs: Signs): LineMark | null {
  const behind = line.slice(at + emoji.text.length);
  const said = behind.replace(/[\s*_)\]]+$/, "");
  const status = statusWord(said);
  const meant = meaningOf(emoji.sign, signs);
  if (meant === null) return null;
  const aside = said.trim() === "" || /^[\s(]*v?\d[\d.\-/]*$/.test(said);
  if (status?.exact !== true && !(aside && meant.clear)) return null;
  const text = status?.exact === true ? emoji.text + said : emoji.text;
  const rest = line.slice(0, at).replace(/[\s(*_[]*(?:[-–—:|]\s*)?$/, "");
  if (rest.trim() === "") return null;
  const told = status?.exact === true ? ({ state: status.state, sure: "stated", clear: true } as const) : meant;
  return { kind: "emoji", at, text, ...told, rest };
}

export interface EmojiMeaning {
  readonly state: MarkState;
  readonly sure: Sureness;
  readonly clear: boolean;
}

/** What a document says of its own signs goes first. */
export function meaningOf(sign: string, { legend, strong }: Signs): EmojiMeaning | null {
  const told = legend.get(sign);
  if (told !== undefined) return { state: told, sure: "stated", clear: true };
  const status = emojiStatus(sign);
  if (status === null) return null;
  const { state, strength } = status;
  if (strength === "strong") return { state, sure: isCross(sign) ? "likely" : "stated", clear: true };
  return { state, sure: strength === "weak" && strong ? "likely" : "guess", clear: false };
}
