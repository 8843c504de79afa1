import type { Effect } from "../../src/domain/effect.ts";
import type { QueueRow } from "../../src/domain/queue/queue-row.ts";
import type { AttemptRow, ChangeRow, TaskRow, WorkerLimits } from "../../src/domain/rows.ts";
import type { RunRow } from "../../src/domain/run.ts";
import type { Move, SimulatedIssue } from "../world/world.ts";

/** What the store and the world are like after a step: all that an invariant may look at. */
export interface Facts {
  readonly runs: readonly RunRow[];
  readonly tasks: readonly TaskRow[];
  readonly attempts: readonly AttemptRow[];
  readonly changes: readonly ChangeRow[];
  readonly queues: readonly QueueRow[];
  readonly effects: readonly Effect[];
  readonly projections: Projections;
  readonly jobs: readonly JobFacts[];
  readonly limits: WorkerLimits;
  /** Providers that were out of quota at last. */
  readonly parked: ReadonlySet<string>;
  readonly git: GitFacts;
  /** Runs with a written report, and how many tasks it says were completed. */
  readonly reports: ReadonlyMap<string, number>;
  /** What agents used that verified, by the run that pays. USD. */
  readonly verified: ReadonlyMap<string, number>;
  /** As the tracker has them. */
  readonly issues: readonly Readonly<SimulatedIssue>[];
}

/** The columns beside the rows, as they are stored. */
export interface Projections {
  readonly runs: readonly { readonly id: string; readonly status: string }[];
  readonly tasks: readonly TaskColumns[];
  readonly attempts: readonly { readonly id: string; readonly live: number }[];
  readonly changes: readonly { readonly id: string; readonly place: string }[];
  readonly statusCounts: readonly { readonly run: string; readonly status: string; readonly count: number }[];
}

export interface TaskColumns {
  readonly inWay: string | null;
  readonly run: string;
  readonly id: string;
  readonly status: string;
  readonly notBefore: number | null;
  readonly rank: number;
  readonly order: number;
}

export interface JobFacts {
  readonly id: string;
  readonly kind: "agent" | "gate";
  readonly slot: string;
  /** How many runners took it. */
  readonly claims: number;
  readonly runnerAlive: boolean;
  readonly agentAlive: boolean;
  /** It was frozen once; thawed late, it may be one more than there are workers. */
  readonly everFrozen: boolean;
  /** It holds changes in its workspace that are kept nowhere else. */
  readonly unsaved: boolean;
  /** What is in its slot now is its own. */
  readonly inSlot: boolean;
  /** Commits that its workspace began with. */
  readonly sees: (commit: string) => boolean;
  /** It began on something that the commit was built on. */
  readonly before: (commit: string) => boolean;
}

export interface GitFacts {
  /** Made by nightcrew since the last step. */
  readonly moves: readonly Move[];
  /** Commits that this move put on a branch's first-parent line. */
  readonly added: (move: Move) => readonly Landed[];
  readonly isAncestor: (ancestor: string, descendant: string) => boolean;
  /** In the target, waiting beside it, or thrown away by a person. */
  readonly accountedFor: (target: string, commit: string) => boolean;
  readonly discarded: (commit: string) => boolean;
  readonly ref: (branch: string) => string | null;
  /** Whether it was built to be pushed first. */
  readonly pushed: (commit: string) => boolean;
  /** Whether the remote has it. */
  readonly isThere: (commit: string) => boolean;
  /** Pushed when the target here had just gone, or gone another way: it was for a person to bring both together. */
  readonly isOnlyThere: (commit: string) => boolean;
  /** Every merge of a change that is on a target or waits beside it. */
  readonly landings: () => readonly LandingFacts[];
}

export interface LandingFacts {
  readonly change: string;
  /** It was pushed, and nobody heard that it arrived. */
  readonly unheard: boolean;
}

/** A commit on a target's line. */
export interface Landed {
  readonly commit: string;
  /** Whether a gate of the run that built it passed on just this tree; true where the run has no gate. */
  readonly gated: boolean;
  /** Whether nightcrew built it to land; false for what a person committed. */
  readonly built: boolean;
  /** It is no repair, and landed where its run's validation would have said that the target is broken. */
  readonly onRed: boolean;
}

/** A sentence about what is wrong, or null. */
export type Invariant = (facts: Facts) => string | null;

/** The first that is wrong among many. */
export function firstOf<T>(items: readonly T[], wrong: (item: T) => string | null): string | null {
  for (const item of items) {
    const found = wrong(item);
    if (found !== null) return found;
  }
  return null;
}

/** Across runs, by the parts that make a task's identity. */
export function taskKey({ run, task }: { readonly run: string; readonly task: string }): string {
  return `${run}/${task}`;
}
