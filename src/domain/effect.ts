import type { Alert } from "./alert.ts";
import type { Candidate } from "./change-state.ts";
import type { RevertReason } from "./failure.ts";
import type { IssueNews } from "./issue.ts";
import type { JudgedOn, QueueKey } from "./queue/queue-row.ts";
import type { History } from "./queue/strategy.ts";
import type { AttemptId, RunId } from "./run.ts";
import type { Gate } from "./verdict.ts";

/**
 * What a decision asks the world for. Committed with the decision, performed afterwards, and pending until the input
 * that answers it is committed. Performing one twice must do nothing the second time: observe, act, record.
 * The id tells one question from every other, also from an earlier one about the same change: an answer that comes again
 * must not be taken for another's.
 */
export type Effect =
  | { readonly kind: "start-attempt"; readonly id: string; readonly attempt: AttemptId }
  /** Its task's issue, before the attempt begins. Claimed again by the same task it is claimed. */
  | { readonly kind: "claim-issue"; readonly id: string; readonly attempt: AttemptId }
  | TellIssueEffect
  /** Freezes or thaws, as the attempt's row says when it is performed. */
  | { readonly kind: "set-frozen"; readonly id: string; readonly attempt: AttemptId }
  /** A word to the agent of what its row says is foreseen; where it cannot be talked to, nothing comes of it. */
  | { readonly kind: "stop-attempt"; readonly id: string; readonly attempt: AttemptId }
  /** `message`: what a person said to its task; null: the conflict that is foreseen. */
  | { readonly kind: "tell-attempt"; readonly id: string; readonly attempt: AttemptId; readonly message: string | null }
  | BuildEffect
  | RevertEffect
  | PromotionEffect
  | GateEffect
  | { readonly kind: "stop-gate"; readonly id: string; readonly host: RunId; readonly checks: string }
  | LandEffect
  | AlertEffect
  | { readonly kind: "wait"; readonly id: string; readonly run: RunId; readonly until: number }
  | { readonly kind: "wrap-up"; readonly id: string; readonly run: RunId };

/** Tells a tracker what became of an issue. Told again it does nothing more. */
export interface TellIssueEffect {
  readonly kind: "tell-issue";
  readonly id: string;
  readonly run: RunId;
  readonly task: string;
  /** Tells this question from earlier ones about the same issue. */
  readonly number: number;
  readonly news: IssueNews;
}

/** Tells a person's own program. It may be told twice, where nobody could record that it was. */
export interface AlertEffect {
  readonly kind: "alert";
  readonly id: string;
  readonly run: RunId;
  readonly task: string | null;
  /** When it happened. */
  readonly at: number;
  readonly alert: Alert;
}

/** Merges a lot onto the target, change by change, in its order. Built again on the same target it is the same commit. */
export interface BuildEffect extends QueueKey {
  readonly kind: "build-candidate";
  readonly id: string;
  readonly host: RunId;
  readonly trial: number;
  readonly lot: readonly AttemptId[];
  readonly history: History;
}

/** Undoes the merge of one change on the target as it stands, or on what landed with it. */
export interface RevertEffect extends QueueKey {
  readonly kind: "build-revert";
  readonly id: string;
  readonly host: RunId;
  readonly repair: number;
  readonly change: AttemptId;
  readonly commit: string;
  readonly why: RevertReason;
  /** The commit to undo it on, to see what there would be without it; absent: the target. */
  readonly at?: string;
}

/** Merges another branch's commit onto the target, where it cannot be moved there as it is. */
export interface PromotionEffect extends QueueKey {
  readonly kind: "build-promotion";
  readonly id: string;
  readonly host: RunId;
  readonly promotion: number;
  readonly from: string;
  readonly commit: string;
}

export interface GateEffect extends QueueKey {
  readonly kind: "run-gate";
  readonly id: string;
  readonly host: RunId;
  readonly trial: number;
  /** Names the folder of the logs. */
  readonly checks: string;
  /** The commit whose tree is judged. */
  readonly commit: string;
  readonly gate: Gate;
  /** On the base only the check that failed on a candidate is run, to tell a red base from a red change. */
  readonly on: JudgedOn;
  /** How often a check that fails is run again, at most. */
  readonly reruns: number;
  /** Files that the checks make anew, and whose change gets the result; absent: they only judge. */
  readonly makes?: { readonly change: AttemptId; readonly paths: readonly string[] };
  /** Changes whose tasks an agent is asked about; absent: no agent verifies, or it is asked about the tree alone. */
  readonly lot?: readonly AttemptId[];
}

export interface LandEffect extends QueueKey {
  readonly kind: "land";
  readonly id: string;
  readonly host: RunId;
  /** Of a trial, of a repair, or of a promotion. */
  readonly trial: number;
  readonly candidate: Candidate;
}
