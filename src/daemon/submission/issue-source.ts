import type { Tracker } from "../../adapters/trackers/tracker.ts";
import type { Config } from "../../adapters/config/schema.ts";
import type { FoundRepository } from "../../adapters/git/open-repository.ts";
import type { Environment } from "../../domain/environment.ts";
import type { RunSource, Sync } from "../../domain/run.ts";

/** A place of issues, as a run will have it. */
export interface IssueSource {
  /** As it is named. */
  readonly name: string;
  readonly tracker: Tracker;
  readonly sources: readonly RunSource[];
  /** How its issues are called as tasks; null: by their ids. */
  readonly prefix: string | null;
  /** What of it is written, and where. */
  readonly writes: string;
  /** Where a person looks at its issues. */
  readonly look: string;
  /** By which it is reached; never written down. */
  readonly secrets: Environment;
}

export interface IssueMeans {
  readonly repository: FoundRepository;
  readonly sync: Sync;
  readonly settings: Environment;
  readonly trackers: Config["trackers"];
  readonly labels: readonly string[];
  /** The value of a secret of this name, wherever it is; undefined: nowhere. */
  readonly secretOf: (name: string) => Promise<string | undefined>;
}
