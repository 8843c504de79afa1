import { runEnd, type Clue, type Found, type Rest } from "./redact/clue.ts";
import { keyBlockEnd, lookBehind, shapes } from "./redact/shapes.ts";
import { formsOf } from "./redact/value-forms.ts";

/**
 * Secrets are replaced by `[redacted NAME]` in all that is kept or shown: those whose value is known, under the name of
 * their variable, and those that are known by their shape.
 */
export interface Redactor {
  readonly redact: (text: string) => string;
  /** For text that comes in pieces. One for each stream. */
  readonly stream: () => RedactingStream;
}

export interface RedactingStream {
  /**
   * Takes the next piece and gives what is clear by now: a secret that is cut between pieces is found. What may be the
   * beginning of one is kept back until the next piece, a few thousand characters at most; a finished line seldom is.
   *
   * Pieces are text, or bytes with one character for each (`latin1`), which is the faster.
   */
  readonly push: (piece: string) => string;
  /** What was kept back. Nothing may be pushed afterwards. */
  readonly end: () => string;
}

export interface KnownSecret {
  readonly name: string;
  readonly value: string;
}

/** Ordinary words, short values, numbers, paths and plain addresses among the values are left alone. */
export function makeRedactor(options: { readonly values: readonly KnownSecret[] }): Redactor {
  const index = indexOf([...known(options.values), ...shapes]);
  const stream = (): RedactingStream => makeStream(index);
  return {
    stream,
    redact: (text) => {
      const whole = stream();
      return whole.push(text) + whole.end();
    },
  };
}

/** Longer ones first: where two begin at one place, the longer is meant. */
function known(values: readonly KnownSecret[]): Clue[] {
  const names = new Map<string, string>();
  for (const { name, value } of values) {
    for (const form of formsOf(value)) if (!names.has(form)) names.set(form, name);
  }
  return [...names]
    .map(([lead, name]): Clue => {
      const find = (_: string, at: number): Found => ({ from: at, to: at + lead.length, name, rest: null });
      return { lead, find };
    })
    .sort((a, b) => b.lead.length - a.lead.length);
}

/**
 * Every second pair of neighbouring characters is looked up in a table: it holds the first and the second pair of each lead,
 * so that no lead can be missed and hardly any other text costs more than that look.
 */
interface Index {
  readonly pairs: Uint8Array;
  /** By their first pair. */
  readonly clues: ReadonlyMap<number, readonly Clue[]>;
  readonly firsts: ReadonlySet<number>;
}

const isFirst = 1;
const isSecond = 2;

/** Characters beyond one byte share their places; the leads are compared afterwards. */
const pairAt = (text: string, at: number): number =>
  ((text.charCodeAt(at) & 255) << 8) | (text.charCodeAt(at + 1) & 255);

function indexOf(clues: readonly Clue[]): Index {
  const pairs = new Uint8Array(65_536);
  const byPair = new Map<number, Clue[]>();
  const firsts = new Set<number>();
  for (const clue of clues) {
    const first = pairAt(clue.lead, 0);
    const second = pairAt(clue.lead, 1);
    pairs[first] = (pairs[first] ?? 0) | isFirst;
    pairs[second] = (pairs[second] ?? 0) | isSecond;
    firsts.add(clue.lead.charCodeAt(0));
    const list = byPair.get(first);
    if (list === undefined) byPair.set(first, [clue]);
    else list.push(clue);
  }
  return { pairs, clues: byPair, firsts };
}

/** A key block that never ends is not followed for longer. */
const maxKeyBlock = 16_384;

function makeStream(index: Index): RedactingStream {
  let behind = "";
  let kept = "";
  let rest: (Rest & { left: number }) | null = null;

  const take = (piece: string, final: boolean): string => {
    // Joining copies the piece, so it is done only where something begins before what a look behind would need.
    const joined =
      kept !== "" || piece.length < 2 * lookBehind || markedPair(index.pairs, piece, 0, lookBehind) < lookBehind;
    const text = joined ? behind + kept + piece : piece;
    const window = { text, piece, border: text.length - piece.length };
    let at = joined ? behind.length : 0;
    let out = "";
    for (;;) {
      if (rest !== null) {
        const end = endOfRest(rest, text, at, final);
        rest.left -= end.at - at;
        at = end.at;
        if (!end.done) break;
        rest = null;
      }
      const hit = nextHit(index, window, at, final);
      if (hit.found === null) {
        out += text.slice(at, hit.at);
        at = hit.at;
        break;
      }
      out += `${text.slice(at, hit.found.from)}[redacted ${hit.found.name}]`;
      at = hit.found.to;
      rest = hit.found.rest === null ? null : { ...hit.found.rest, left: maxKeyBlock };
    }
    kept = text.slice(at);
    behind = text.slice(Math.max(0, at - lookBehind), at);
    return out;
  };
  return { push: (piece) => take(piece, false), end: () => take("", true) };
}

function endOfRest(
  rest: Rest & { left: number },
  text: string,
  from: number,
  final: boolean,
): { at: number; done: boolean } {
  if (rest.kind === "token") {
    const at = runEnd(text, from, rest.chars, text.length);
    return { at, done: at < text.length };
  }
  const end = keyBlockEnd(text, from, final);
  return end.at - from > rest.left ? { at: from + rest.left, done: true } : end;
}

/** What was kept back of the stream and what came now, as one text; the latter, from `border` on, also as it came. */
interface Window {
  readonly text: string;
  readonly piece: string;
  readonly border: number;
}

/** The first secret from `from` on; without one, the place from which on it is not clear yet. */
function nextHit(index: Index, window: Window, from: number, final: boolean): { at: number; found: Found | null } {
  const { text, piece, border } = window;
  const { pairs } = index;
  for (let at = from; ; at += 2) {
    if (at < border) at = markedPair(pairs, text, at, border);
    // A text that was joined is slower to read than the one that came.
    if (at >= border) at = border + markedPair(pairs, piece, at - border, piece.length - 1);
    if (at >= text.length - 1) break;
    // A lead may have begun one character earlier.
    const mark = pairs[pairAt(text, at)] ?? 0;
    for (let start = (mark & isSecond) !== 0 && at > from ? at - 1 : at; start <= at; start++) {
      if (((pairs[pairAt(text, start)] ?? 0) & isFirst) === 0) continue;
      const answer = judge(index, text, start, final);
      if (answer === "more") return { at: start, found: null };
      if (answer !== "no") return { at: start, found: answer };
    }
  }
  return { at: final ? text.length : unclearEnd(index, text, from), found: null };
}

/** Of every second pair from `from` on and before `end`, the first that is in the table; at or beyond `end` without one. */
function markedPair(pairs: Uint8Array, text: string, from: number, end: number): number {
  let at = from;
  while (at < end && pairs[((text.charCodeAt(at) & 255) << 8) | (text.charCodeAt(at + 1) & 255)] === 0) at += 2;
  return at;
}

function judge(index: Index, text: string, at: number, final: boolean): Found | "no" | "more" {
  for (const { lead, find } of index.clues.get(pairAt(text, at)) ?? []) {
    if (text.startsWith(lead, at)) {
      const answer = find(text, at, final);
      if (answer !== "no") return answer;
    } else if (!final && text.length - at < lead.length && lead.startsWith(text.slice(at))) return "more";
  }
  return "no";
}

/** One or two characters at the end may begin a lead, and are too few to be seen above. */
function unclearEnd(index: Index, text: string, from: number): number {
  const { length } = text;
  if (length - from >= 2 && index.clues.has(pairAt(text, length - 2))) return length - 2;
  return length > from && index.firsts.has(text.charCodeAt(length - 1)) ? length - 1 : length;
}
