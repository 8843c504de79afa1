import type { IssueLoss, IssueNow } from "../../domain/issue.ts";
import type { IssueClaim } from "../../domain/input.ts";
import type { Issue } from "../../domain/issue-choice.ts";

/** One place where issues are kept. What goes wrong is thrown: `TrackerAway` where it may go better later. */
export interface Tracker {
  /** Those of `ids` that there are, with `others` all that are not closed, and what these wait for. */
  list(query: IssueQuery): Promise<Listing>;
  /** Takes it for `holder` (`run/task`); claimed already by the same holder it is claimed. `look`: changes nothing. */
  claim(id: string, holder: string, look: boolean): Promise<Exclude<IssueClaim, { kind: "failed" }>>;
  /** Of issues and their holders those that are lost to these by now. Changes nothing. */
  losses(holders: ReadonlyMap<string, string>): Promise<Map<string, IssueLoss>>;
  /** What may have changed since `before`, which is what was told then; null: it is looked at for the first time. */
  changes(before: Versions | null): Promise<Changes>;
  /** Says something on it. */
  comment(id: string, text: string): Promise<void>;
  /** What is closed already stays as it is, whoever closed it. */
  close(id: string, holder: string, note: string): Promise<void>;
  /**
   * Opens what `holder` has, or had closed; what is somebody else's, or not there any more, is kept as it is. Given back more
   * than `most` times (null: as often as you like), by whomever, it is left for a person.
   */
  reopen(id: string, holder: string, note: string, most: number | null): Promise<Exclude<IssueNow, "closed">>;
}

/** Stand for how issues were, by whatever the tracker knows them. */
export type Versions = ReadonlyMap<string, string>;

export interface Changes {
  readonly now: Versions;
  /** Issues that may be different; null means all of them. */
  readonly ids: readonly string[] | null;
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
