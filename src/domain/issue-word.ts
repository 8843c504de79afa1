import { OperationalError } from "../std/operational-error.ts";
import type { TrackerKind } from "./issue.ts";

/** Issues of a tracker, as they are named on the command line. */
export interface IssueWord {
  readonly tracker: TrackerKind;
  /** `owner/name`; null: that of the repository at hand. */
  readonly place: string | null;
  /** None: the next ones that can be begun. */
  readonly ids: readonly string[];
}

const inFiles = /^(seeds|beads):(.*)$/s;
/** They begin with the name of the folder that the tracker was begun in, whatever is in that. */
const fileId = /^[\p{L}\p{N}\p{M} _.+@()&'-]{1,200}$/u;
const github = /^github:([^#]*)(?:#(.*))?$/s;
const numbers = /^GH-(\d{1,9})$/i;

/** Whether a word of the command line names issues. */
export function isIssueWord(word: string): boolean {
  return [inFiles, github, numbers].some((form) => form.test(word.trim()));
}

export function isGitHubWord(word: string): boolean {
  return [github, numbers].some((form) => form.test(word.trim()));
}

/** The tracker that a word only almost names: `seeds` without its colon, `Seeds:`. Null: none. */
export function meantTracker(word: string): string | null {
  const [, name] = /^(seeds|beads|github):?$/i.exec(word.trim()) ?? [];
  return name === undefined ? null : `${name.toLowerCase()}:`;
}

/** `seeds:`, `seeds:ID,ID`, `beads:`, `github:`, `github:owner/name#1,2` or `GH-1`; null for other words. */
export function issueWord(word: string): IssueWord | null {
  const text = word.trim();
  const [, number] = numbers.exec(text) ?? [];
  if (number !== undefined) return { tracker: "github", place: null, ids: [String(Number(number))] };
  const [, name, ids = ""] = inFiles.exec(text) ?? [];
  if (name !== undefined) {
    const tracker = name === "beads" ? "beads" : "seeds";
    return { tracker, place: null, ids: idsIn(word, ids.split(","), fileId) };
  }
  const [isGitHub, place = "", named = ""] = github.exec(text) ?? [];
  if (isGitHub === undefined) return null;
  if (place !== "" && !/^[\w-][\w.-]{0,99}\/(?!\.\.?$)[\w.-]{1,100}$/.test(place)) throw notARepository(word);
  return {
    tracker: "github",
    place: place === "" ? null : place,
    ids: idsIn(word, named.split(/[\s,#]+/), /^[1-9]\d{0,8}$/),
  };
}

function idsIn(word: string, list: readonly string[], form: RegExp): string[] {
  const ids = list.map((id) => id.trim()).filter((id) => id !== "");
  const odd = ids.find((id) => !form.test(id));
  if (odd !== undefined) throw notAnId(word, odd);
  return ids;
}

function notAnId(word: string, id: string): OperationalError {
  return new OperationalError({
    code: "bad-issue",
    what: `${JSON.stringify(id.slice(0, 80))} cannot be the id of an issue: ${JSON.stringify(word.slice(0, 200))}`,
    next: "name ids with commas between them: seeds:app-1a2b,app-3c4d, or github:owner/name#101,102",
  });
}

function notARepository(word: string): OperationalError {
  return new OperationalError({
    code: "bad-issue",
    what: `That is no repository of GitHub: ${JSON.stringify(word.slice(0, 200))}`,
    next: "name it: github:owner/name, with #101 behind it for one issue",
  });
}
