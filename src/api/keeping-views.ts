import type { Proof } from "../domain/branch-proof.ts";

/** Answers about what is kept, and for how long. As all of them: a field is added, never changed in meaning. */

export interface SalvageView {
  /** `RUN/TASK/ATTEMPT` */
  readonly id: string;
  readonly run: string;
  readonly task: string;
  readonly attempt: string;
  readonly ref: string;
  readonly commit: string;
  /** When the commit was made; milliseconds since the epoch. */
  readonly at: number;
  /** Null where it cannot be told. */
  readonly files: number | null;
  /** The common git directory. */
  readonly repository: string;
  /** A checkout of it. */
  readonly checkout: string;
  /** The branch that has all of it already; null where that is not proven. */
  readonly inTarget: string | null;
}

/** A folder with work that could not be saved as a commit. */
export interface SetAsideView {
  readonly path: string;
  readonly repository: string | null;
  readonly run: string | null;
  readonly task: string | null;
  readonly attempt: number | null;
  /** Milliseconds since the epoch; null where nothing tells. */
  readonly since: number | null;
  /** `unsaved`: a workspace that a crash left; what is in it is saved before it is used again or removed. */
  readonly what: "workspace" | "nested-repositories" | "unsaved";
}

export interface SalvageListView {
  readonly version: 1;
  /** Newest first. */
  readonly salvages: readonly SalvageView[];
  /** How many older ones there are besides. */
  readonly leftOff: number;
  readonly setAside: readonly SetAsideView[];
  /** Repositories that could not be looked at, and why. */
  readonly unread: readonly { readonly repository: string; readonly why: string }[];
}

export interface SalvageShowView {
  readonly version: 1;
  readonly salvage: SalvageView;
  /** The commit it is compared with; null: it has none below it. */
  readonly base: string | null;
  readonly stat: string;
  readonly patch: string;
  /** There is more of the patch than is shown. */
  readonly cut: boolean;
}

export interface SalvageRestoredView {
  readonly version: 1;
  readonly salvage: SalvageView;
  readonly branch: string;
}

export interface SalvageDroppedView {
  readonly version: 1;
  readonly salvage: SalvageView;
}

export interface CleanupView {
  readonly version: 1;
  /** Nothing was changed: this is what would be. */
  readonly dryRun: boolean;
  /** Days; null: nothing is ever due. */
  readonly olderThanDays: number | null;
  readonly runs: readonly CleanedRun[];
  readonly slots: readonly CleanedSlot[];
  /** Folders that setups made. */
  readonly sets: readonly CleanedSet[];
}

export interface CleanedRun {
  readonly run: string;
  readonly repository: string;
  readonly target: string;
  readonly finishedAt: number;
  /** With its rows and its folder. */
  readonly removed: boolean;
  readonly branches: readonly CleanedBranch[];
  /** Why something of it stays. */
  readonly kept: readonly string[];
}

export interface CleanedBranch {
  readonly branch: string;
  readonly commit: string;
  /** Null where git could not tell. */
  readonly proof: Proof | null;
  readonly removed: boolean;
  /** The salvage it was saved as; null where that was not needed, or is only going to be. */
  readonly savedAs: string | null;
  readonly kept: string | null;
}

export interface CleanedSet {
  readonly path: string;
  /** The setup; null: it was not done. */
  readonly run: string | null;
  /** Relative to a work tree. */
  readonly folders: readonly string[];
  /** What it takes, or took, on the disk. */
  readonly bytes: number;
  readonly removed: boolean;
  /** Why it stays. */
  readonly kept: string | null;
}

export interface CleanedSlot {
  readonly path: string;
  /** What it takes, or took, on the disk; links to the same file are counted once. */
  readonly bytes: number;
  readonly repository: string | null;
  readonly removed: boolean;
  /** What became of work in it, or will; null where there is none. */
  readonly saved: string | null;
  /** Why it stays. */
  readonly kept: string | null;
}

export interface ExportView {
  readonly version: 1;
  readonly run: string;
  readonly folder: string;
  readonly files: readonly string[];
  readonly allPassing: boolean;
}

/** More kinds may come. */
export interface LockView {
  /**
   * `home`: who decides in it · `workspace`: an attempt is in the slot · `job`: a runner has claimed it · `lease`: on a name, for
   * an agent, a check or a person's command.
   */
  readonly kind: "home" | "workspace" | "job" | "lease";
  /** What is held: a path or an id. */
  readonly resource: string;
  readonly owner: LockOwner;
  /**
   * The fencing token; it only grows, and what a holder with a smaller one still says does not count. Of a home its owner's
   * generation, of a lease the number of times it was taken, of a workspace or job the number of the task's attempt. Null where
   * nobody knows.
   */
  readonly token: number | null;
  /** Milliseconds since the epoch; null where nothing tells. */
  readonly since: number | null;
  /** When its holder last gave a sign of life, as runners do every few seconds; null where none is given. */
  readonly beatAt: number | null;
  /** Nobody who lives holds it. */
  readonly stale: boolean;
  readonly repository: string | null;
}

export interface LockOwner {
  readonly pid: number | null;
  /** Null where there is no process to ask for. */
  readonly alive: boolean | null;
  readonly run: string | null;
  readonly task: string | null;
  readonly attempt: number | null;
  readonly agent: string | null;
  /** What is done under a lease, in a line; not there for other locks. */
  readonly what?: string;
}

export interface LocksView {
  readonly version: 1;
  readonly locks: readonly LockView[];
}

export interface LeaseTakenView {
  readonly version: 1;
  /** The fencing token; null: somebody else has it. */
  readonly token: number | null;
  /** Who has it; null where it was taken. */
  readonly by: string | null;
}

export interface LeaseHeldView {
  readonly version: 1;
  /** False: somebody took it over meanwhile, and what was done since does not count. */
  readonly held: boolean;
}
