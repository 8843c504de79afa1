import type { TrackerKind } from "../../domain/issue.ts";
import { OperationalError } from "../../std/operational-error.ts";

/** Issues of a tracker, as they are named on the command line. */
export interface IssueWord {
  readonly tracker: TrackerKind;
  /** None: the next ones that can be begun. */
  readonly ids: readonly string[];
}

const form = /^(seeds):(.*)$/;

/** `seeds:` or `seeds:ID,ID`; null for other words. */
export function issueWord(word: string): IssueWord | null {
  const [, tracker, rest = ""] = form.exec(word.trim()) ?? [];
  if (tracker === undefined) return null;
  const ids = rest.split(/[\s,]+/).filter((id) => id !== "");
  const odd = ids.find((id) => !/^[\w.-]{1,200}$/.test(id));
  if (odd !== undefined) throw notAnId(word, odd);
  return { tracker: tracker as TrackerKind, ids };
}

function notAnId(word: string, id: string): OperationalError {
  return new OperationalError({
    code: "bad-issue",
    what: `${JSON.stringify(id)} cannot be the id of an issue: ${word}`,
    next: "name ids with commas between them: nightcrew run seeds:app-1a2b,app-3c4d",
  });
}
