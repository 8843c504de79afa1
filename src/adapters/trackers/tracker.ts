import type { IssueClaim } from "../../domain/input.ts";
import type { Issue } from "../../domain/issue-choice.ts";

/** One place where issues are kept. What goes wrong is thrown: `TrackerAway` where it may go better later. */
export interface Tracker {
  /** Those of `ids` that there are, with `others` all that are not closed, and what these wait for. */
  list(query: IssueQuery): Promise<Listing>;
  /** Takes it for `holder` (`run/task`); claimed already by the same holder it is claimed. `look`: changes nothing. */
  claim(id: string, holder: string, look: boolean): Promise<Exclude<IssueClaim, { kind: "failed" }>>;
  /** Says something on it. */
  comment(id: string, text: string): Promise<void>;
  /** What is closed already stays as it is, whoever closed it. */
  close(id: string, holder: string, note: string): Promise<void>;
  /**
   * Opens what `holder` has, or had closed; what is somebody else's stays as it is. Given back more than `most` times (null:
   * as often as you like), by whomever, it is left as it is: true then.
   */
  reopen(id: string, holder: string, note: string, most: number | null): Promise<boolean>;
}

export interface IssueQuery {
  readonly ids: readonly string[];
  readonly others: boolean;
}

export interface Listing {
  readonly issues: readonly Issue[];
  /** What a person should know of it. */
  readonly notes: readonly string[];
}

/** It did not answer, or somebody else holds it: worth another try. */
export class TrackerAway extends Error {
  override readonly name = "TrackerAway";
}
