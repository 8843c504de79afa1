import type { Candidate, Link, TargetTip } from "../change-state.ts";
import type { Failure, RevertReason } from "../failure.ts";
import type { Away } from "../remote.ts";
import type { RunId } from "../run.ts";
import type { Gate, PassedCheck } from "../verdict.ts";
import { unknownRate, type FailureRate } from "./failure-rate.ts";
import type { Lot, Member } from "./known.ts";
import type { History, Strategy } from "./strategy.ts";

/** Which queue: there is one for each target of each repository, and all runs share it. */
export interface QueueKey {
  readonly repository: string;
  readonly target: string;
}

/** What a queue is doing. What waits in it are the changes that are offered. */
export interface QueueRow extends QueueKey {
  /** Trials begun so far, of all rounds: no two have the same number. */
  readonly trials: number;
  readonly round: Round | null;
  readonly rate: FailureRate;
  /** What the validation says of the target where it stands; null: nothing yet, or it has moved since. */
  readonly validated: Validated | null;
  /** A validation that is going on; nothing lands meanwhile. */
  readonly watch: Watch | null;
  /** Landings to take back, one at a time, before anything else; the first is being worked on. */
  readonly repairs: readonly Repair[];
  /** What a person has the target judged by, first come first served. */
  readonly asked: readonly Asked[];
  /** Another branch's tip on its way into this target; null: none. */
  readonly promotion: Promotion | null;
  /** Tasks whose landings were taken back one after the other, with no good landing in between. */
  readonly reverted: readonly string[];
  /** Pushes in a row that came too late: somebody else had pushed before. */
  readonly rejected: number;
  /** The remote cannot be reached; null: it can, as far as is known. */
  readonly away: Away | null;
  /** Nothing lands until a person says so. */
  readonly halted: Halt | null;
}

export interface Validated {
  readonly tip: string;
  /** Of the validation: another one may say something else. */
  readonly key: string;
  /** Null: the target is green. */
  readonly failure: Failure | null;
}

/** One validation of the target. */
export interface Watch {
  readonly number: number;
  readonly host: RunId;
  readonly gate: Gate;
  /** The commit it looks at. */
  readonly commit: string;
  /** The tip of the target it is about. */
  readonly tip: string;
  /** What landed with that tip, in order; none where it is the target as it was found. */
  readonly links: readonly Link[];
  /**
   * While the culprit is looked for: with the first `green` of them the target is green, with the first `red` it is not.
   * Null: the tip itself is looked at.
   */
  readonly bisect: { readonly green: number; readonly red: number } | null;
  /** What the tip's failure said. */
  readonly check: string;
  readonly log: string;
  /** How often it was begun anew. */
  readonly goes: number;
  /** What landed is a repair: it makes no row of bad landings end. */
  readonly repaired: boolean;
  /** What was taken back of what had landed together, newest first; the last `later` of `links` had landed on that. */
  readonly takenBack?: readonly Merge[];
  readonly later?: number;
  /** What it is to look at is being built: so many of `takenBack` are out of `commit` by now. Absent: it is there. */
  readonly building?: number | null;
}

/** One change's own. */
export type Merge = Pick<Link, "change" | "commit">;

/** A tip of another branch that a person wants on this target. */
export interface Promotion {
  /** Of the request: what comes of it is told under it. */
  readonly id: string;
  readonly number: number;
  /** The run that brought the tip: by its gate it is judged, and its folder keeps the logs. */
  readonly host: RunId;
  readonly from: string;
  readonly commit: string;
  readonly gateKey: string;
  readonly goes: number;
  readonly state:
    | { readonly status: "waiting" | "building" }
    | { readonly status: "gating"; readonly candidate: Candidate }
    | { readonly status: "landing"; readonly candidate: Candidate };
}

/** A command of a person's that is run on the target. */
export interface Asked {
  /** Of the request: what comes of it is told under it. */
  readonly id: string;
  /** Whose folder keeps the logs, and whose surroundings the check has. */
  readonly host: RunId;
  readonly gate: Gate;
  /** The target as it stands. */
  readonly commit: string;
  readonly tree: string;
  /** Where it is red, the last landing is taken back. */
  readonly takesBack: boolean;
  /** The last landing, newest first. */
  readonly rollback: readonly Merge[];
  /** Of its judgement; null while it waits for its turn. */
  readonly number: number | null;
  /** How often it was begun anew. */
  readonly goes: number;
}

/** A landing that is being taken back: the merge of one change is undone, and the result judged like any other. */
export interface Repair {
  readonly number: number;
  readonly change: Member;
  /** The merge to undo. */
  readonly commit: string;
  readonly why: RevertReason;
  /** Whose gate judges what is left. */
  readonly host: RunId;
  readonly gateKey: string;
  /** What landed with it, and is validated once it is gone. */
  readonly rest: readonly Link[];
  /** How many of those, the last ones, landed on it and may be bad, too; absent: they are not looked at one by one. */
  readonly later?: number;
  /** What of that was taken back before, newest first. */
  readonly takenBack?: readonly Merge[];
  readonly goes: number;
  readonly state:
    | { readonly status: "waiting" | "building" }
    | { readonly status: "gating"; readonly candidate: Candidate }
    | { readonly status: "landing"; readonly candidate: Candidate };
}

export type Halt =
  /** So many landings in a row had to be taken back. */
  | { readonly reason: "reverts"; readonly count: number }
  /** So many pushes in a row came too late. */
  | { readonly reason: "rejected"; readonly remote: string; readonly count: number }
  /** The target is red, and what made it so cannot be taken back by itself. `again`: when it goes on, it is tried once more. */
  | { readonly reason: "stuck"; readonly commit: string; readonly detail: string; readonly again?: TakingBack };

/** What there is to take back, and why. */
export type TakingBack = Pick<Repair, "change" | "commit" | "why" | "host" | "rest" | "later" | "takenBack">;

/** Changes that one gate judges, together and in parts, until all of them have landed, are found bad, or have to wait. */
export interface Round {
  /** Whose gate it is: its folder keeps the logs, its environment is the checks'. */
  readonly host: RunId;
  readonly gate: Gate | null;
  readonly gateKey: string;
  readonly strategy: Strategy;
  readonly history: History;
  readonly slots: number;
  /** Where the target stood when it was last looked at; null: it has not been. */
  readonly on: Pick<TargetTip, "target" | "tip"> | null;
  /** Undecided, in the queue's order. */
  readonly members: Lot;
  /** Conflict with others of the round, or do the same: their turn comes when those have landed. */
  readonly late: readonly Member[];
  readonly trials: readonly Trial[];
  /** What the checks that failed say of the target without any change. */
  readonly bases: readonly BaseTrial[];
}

/** One lot, built on the target and judged. */
export interface Trial {
  readonly number: number;
  readonly lot: Lot;
  /** Its failure alone names a culprit: a check that fails is run a second time. */
  readonly condemns: boolean;
  /** The same lot failed before: this is its second run. */
  readonly again: boolean;
  /** How often it was built or judged anew: where the target moved by our own landing, or its gate was stopped. */
  readonly goes: number;
  readonly state: TrialState;
}

export type TrialState =
  | { readonly status: "building" }
  | { readonly status: "gating"; readonly candidate: Candidate }
  | { readonly status: "passed"; readonly candidate: Candidate; readonly checks: readonly PassedCheck[] }
  | { readonly status: "failed"; readonly failure: Failure; readonly check: string }
  | { readonly status: "blocked"; readonly failure: Failure; readonly check: string }
  | { readonly status: "landing"; readonly candidate: Candidate; readonly checks: readonly PassedCheck[] };

/** One check on the target as it is. */
export interface BaseTrial {
  readonly number: number;
  readonly check: string;
  readonly state: "running" | "green" | "red" | "blocked";
  /** What it printed, where it is not green. */
  readonly log: string;
  /** How often it was begun anew; absent: never. */
  readonly goes?: number;
}

export function newQueue({ repository, target }: QueueKey): QueueRow {
  return {
    repository,
    target,
    trials: 0,
    round: null,
    rate: unknownRate,
    validated: null,
    watch: null,
    repairs: [],
    asked: [],
    promotion: null,
    reverted: [],
    rejected: 0,
    away: null,
    halted: null,
  };
}

/**
 * `candidate`: what would land; `base`: the target without it; `target`: what has landed; `revert`: a landing undone;
 * `promotion`: another branch merged; `lock-files`: a merge in which tools make lock files anew.
 */
export type JudgedOn = "candidate" | "base" | "target" | "revert" | "promotion" | "lock-files";

/** Names the folder of a judgement's logs within its host's. */
export function checksId(trial: number, goes: number, on: JudgedOn): string {
  return `${trial}-${goes}-${on}`;
}

/**
 * The same for a promotion. Its host is a run onto another target, whose queue counts for itself: only the request tells one from
 * what is judged there, and from a promotion to a third.
 */
export function promotionChecksId({ number, goes, id }: Pick<Promotion, "number" | "goes" | "id">): string {
  return `${checksId(number, goes, "promotion")}-${id}`;
}
