/** Text helpers that know nothing of the product. */
import { lazily } from "./lazily.ts";

// Control characters are what these look for; written as escapes, so that none stands in the source.
/* oxlint-disable no-control-regex */
const ansi = new RegExp(
  "\\u001b(?:\\[[0-?]*[ -/]*[@-~]|\\][^\\u0007\\u001b]*(?:\\u0007|\\u001b\\\\)|[@-Z\\\\-_])",
  "g",
);
const controls = new RegExp("[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f]", "g");
/* oxlint-enable no-control-regex */

export function stripAnsi(text: string): string {
  return text.replace(ansi, "");
}

/** One printable line: no escape sequences, no control characters, white space folded. For untrusted text. */
export function singleLine(text: string, maxLength = 200): string {
  const plain = plainLine(text, maxLength);
  if (plain !== null) return plain;
  const start = text.slice(0, maxLength * 8);
  const clean = stripAnsi(start).replace(/\s+/g, " ").replace(controls, "").trim();
  return ellipsis(clean, maxLength);
}

/**
 * What most lines are, words of ASCII with one blank between them, in which there is nothing to change; null for any other.
 * Of a longer one no more is looked at than what is shown, and one character by which it is known to go on.
 */
function plainLine(text: string, maxLength: number): string | null {
  if (text.length <= maxLength) {
    const line = text.trim();
    return plainWords.test(line) ? line : null;
  }
  const start = text.slice(0, text[maxLength] === " " ? maxLength + 2 : maxLength + 1);
  return plainWords.test(start) ? `${start.slice(0, maxLength - 1)}…` : null;
}

const plainWords = /^[!-~]+(?: [!-~]+)*$/;

/** Several printable lines: no escape sequences, no control characters but line feeds and tabs. */
export function printable(text: string): string {
  return stripAnsi(text).replace(/\r\n?/g, "\n").replace(controls, "");
}

/**
 * Without what shows a text otherwise than it is: characters that turn its direction, or that nobody sees and a model reads
 * (tags, invisible operators). Halves of pairs become the sign for what is none, as they would where they are written down.
 */
export function visible(text: string): string {
  return hidden.test(text) ? text.replace(/\p{Surrogate}/gu, "\ufffd").replace(hiding, "") : text;
}

const hidden = /[\p{Surrogate}\u202a-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]/u;
const hiding = /[\u202a-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]/gu;

/** Cuts by code points, so that no surrogate pair is split. */
export function ellipsis(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  // A code point has two units at most: there are enough in twice the length to tell.
  const points = Array.from(text.slice(0, 2 * maxLength + 2));
  return points.length <= maxLength ? text : `${points.slice(0, maxLength - 1).join("")}…`;
}

/** The last `count` lines, and at most `maxChars` characters. */
export function lastLines(text: string, count: number, maxChars = 8_000): string {
  const lines = text.trimEnd().split("\n").slice(-count).join("\n");
  return lines.length > maxChars ? lines.slice(-maxChars) : lines;
}

/** Columns a terminal uses: wide East Asian characters and emoji take two, combining marks and escape sequences none. */
export function columns(text: string): number {
  let width = 0;
  if (narrow.test(text)) return text.length;
  for (const { segment } of segmenter().segment(stripAnsi(text))) {
    width += wide.test(segment) ? 2 : /^\p{Mark}+$/u.test(segment) ? 0 : 1;
  }
  return width;
}

const wide =
  /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}]/u;
/** Text of one column a character, for which no segmenter has to be loaded: Latin, punctuation, arrows, frames, marks. */
const narrow =
  /^[\x20-\x7e\u00a1-\u00ac\u00ae-\u02ff\u2010-\u2027\u2030-\u205e\u2190-\u21ff\u2212\u2500-\u25fc\u2713-\u2718]*$/;
const segmenter = lazily(() => new Intl.Segmenter("en", { granularity: "grapheme" }));

export function padEnd(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - columns(text)));
}

/** Cuts to terminal columns. */
export function fit(text: string, width: number): string {
  if (columns(text) <= width) return text;
  if (narrow.test(text)) return `${text.slice(0, Math.max(0, width - 1))}…`;
  let out = "";
  let used = 0;
  for (const { segment } of segmenter().segment(text)) {
    const next = columns(segment);
    if (used + next > width - 1) break;
    out += segment;
    used += next;
  }
  return `${out}…`;
}

/** `1 task`, `3 tasks`. */
export function plural(count: number, noun: string, many = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : many}`;
}

/** `850 ms`, `4.2 s`, `3 min 05 s`, `2 h 10 min`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
  const minutes = Math.floor(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

/** `10m`, `90s`, `1h30m`, `250ms` or a plain number of seconds, in milliseconds; null when it is none of these. */
export function parseDuration(text: string): number | null {
  const trimmed = text.trim();
  if (/^\d+(\.\d+)?$/.test(trimmed)) return Number(trimmed) * 1_000;
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(trimmed)) return null;
  const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;
  let total = 0;
  for (const [, amount, unit] of trimmed.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) {
    total += Number(amount) * unitMs[unit as keyof typeof unitMs];
  }
  return total;
}

/** `500kB`, `5MB`, `1GiB` or a plain number of bytes; null when it is none of these. Both kinds of units count by 1024. */
export function parseBytes(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*(?:([kmg])i?)?b?$/i.exec(text.trim());
  if (match === null) return null;
  const unit = { "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }[(match[2] ?? "").toLowerCase()] ?? 1;
  return Math.round(Number(match[1]) * unit);
}

/** `512 B`, `3.2 MB`, `41 GB`: units count by 1024, as `parseBytes` reads them. */
export function bytesText(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"] as const;
  const step = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** step;
  return `${step === 0 || value >= 10 ? Math.round(value) : value.toFixed(1)} ${units[step]}`;
}

/** The candidates closest to a mistyped word, best first; only those near enough to be meant. */
export function nearest(word: string, candidates: readonly string[], max = 3): string[] {
  const limit = Math.max(2, Math.floor(word.length / 3));
  return candidates
    .slice(0, 5_000)
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase(), limit) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, max)
    .map(({ candidate }) => candidate);
}

/** Levenshtein distance; gives up with `limit + 1` once it cannot be within the limit. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const substitution = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(substitution, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? limit + 1;
}

/** A word as a POSIX shell reads it back. */
export function shellQuoted(word: string): string {
  return /^[\w./:@%+=-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
