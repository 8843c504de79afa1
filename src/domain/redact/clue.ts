/** What a secret begins with, and how the rest of it is judged. */
export interface Clue {
  /** The exact characters it begins with; at least `shortestLead` of them. */
  readonly lead: string;
  /**
   * Judges the place where the lead stands. It looks at a bounded number of characters, and answers `more` where they are
   * not all there yet; with `final` there will be none, and it must decide.
   */
  readonly find: (text: string, at: number, final: boolean) => Found | "no" | "more";
}

export interface Found {
  /** The first and the first not replaced character. */
  readonly from: number;
  readonly to: number;
  /** Stands in the replacement. */
  readonly name: string;
  /** What of the text after it still belongs to it. */
  readonly rest: Rest | null;
}

/** A token of unknown length goes on while its characters do, a key block to its last line. */
export type Rest = { readonly kind: "token"; readonly chars: CharSet } | { readonly kind: "key-block" };

/** Two neighbours of every lead are looked for at every second character, so three is the least. */
export const shortestLead = 3;

/** 1 at the codes of its characters; all of them are ASCII. */
export type CharSet = Uint8Array;

export function charSet(chars: string): CharSet {
  const set = new Uint8Array(128);
  for (const char of chars) set[char.charCodeAt(0)] = 1;
  return set;
}

export const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
export const digits = "0123456789";

/** The first place from `from` on, and before `limit`, that is not in the set. */
export function runEnd(text: string, from: number, chars: CharSet, limit: number): number {
  const end = Math.min(text.length, limit);
  let at = from;
  while (at < end && chars[text.charCodeAt(at)] === 1) at++;
  return at;
}
