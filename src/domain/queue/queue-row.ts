import type { Candidate, TargetTip } from "../change-state.ts";
import type { Failure } from "../failure.ts";
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
}

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
  /** As `members` were split at first; empty where the strategy does not split. */
  readonly groups: readonly Lot[];
  /** Conflict with others of the round: their turn comes when those have landed. */
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
}

export function newQueue({ repository, target }: QueueKey): QueueRow {
  return { repository, target, trials: 0, round: null, rate: unknownRate };
}

/** Names the folder of a judgement's logs within its host's. */
export function checksId(trial: number, goes: number, on: "candidate" | "base"): string {
  return `${trial}-${goes}-${on}`;
}
