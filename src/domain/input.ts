import type { Alert } from "./alert.ts";
import type { Usage } from "./agent-event.ts";
import type { AttemptResult } from "./attempt-state.ts";
import type { Candidate, Landing, LandingPlace } from "./change-state.ts";
import type { RunCommand, TaskCommand } from "./control.ts";
import type { Foreseen } from "./foreseen.ts";
import type { IssueLoss, IssueNow } from "./issue.ts";
import type { Failure, RemoteFailure, RevertReason } from "./failure.ts";
import type { Asked, JudgedOn, Promotion, QueueKey } from "./queue/queue-row.ts";
import type { PlannedTask } from "./plan.ts";
import type { RemoteNews } from "./remote.ts";
import type { TaskRow } from "./rows.ts";
import type { EditedTask } from "./source-changes.ts";
import type { AttemptId, RunId, RunRow } from "./run.ts";
import type { TaskStatus } from "./task-state.ts";
import type { Check, CheckResult, Gate } from "./verdict.ts";

/** Commands and observations: all that makes the loop decide, but for what queues decide on. */
export type Input =
  | { readonly type: "run.submit"; readonly run: RunRow; readonly tasks: readonly TaskRow[] }
  | { readonly type: "run.control"; readonly run: RunId; readonly command: RunCommand }
  | { readonly type: "task.control"; readonly run: RunId; readonly task: string; readonly command: TaskCommand }
  /** `seen`: of what it says now; `added`: how new tasks are called, `dropped`: ids of those that it has no more, `edited`: of those of which it says something else. */
  | {
      readonly type: "source.changed";
      readonly run: RunId;
      readonly source: string;
      readonly seen: string;
      readonly added: readonly string[];
      readonly dropped: readonly string[];
      readonly edited: readonly EditedTask[];
    }
  /** By a person's word. Tasks that the run has already are left as they are. `tree`: the files that its target has. */
  | {
      readonly type: "run.extend";
      readonly run: RunId;
      readonly tasks: readonly PlannedTask[];
      readonly tree: readonly string[];
    }
  /** Look whether something may start. */
  | { readonly type: "run.nudged"; readonly run: RunId }
  /**
   * `told`: what its report says. `waitsOn`: the branch on which what landed waits, or null. `problem`: why the report is not
   * kept; it can be made again from the store.
   */
  | {
      readonly type: "run.wrapped-up";
      readonly run: RunId;
      readonly told: Readonly<Record<TaskStatus, number>>;
      readonly waitsOn: string | null;
      readonly problem: string | null;
    }
  | { readonly type: "time.reached"; readonly run: RunId }
  | { readonly type: "attempt.working"; readonly run: RunId; readonly task: string; readonly attempt: AttemptId }
  | {
      readonly type: "attempt.progressed";
      readonly run: RunId;
      readonly task: string;
      readonly attempt: AttemptId;
      readonly percent: number | null;
      readonly message: string;
      /** It waits for a person; false: it did, and does no more; null: neither. */
      readonly asks: boolean | null;
    }
  /** The agent told by which name its session can be gone on with. */
  | {
      readonly type: "attempt.session";
      readonly run: RunId;
      readonly task: string;
      readonly attempt: AttemptId;
      readonly session: string;
    }
  /** The agent took up what a person said to it. */
  | {
      readonly type: "attempt.told";
      readonly run: RunId;
      readonly task: string;
      readonly attempt: AttemptId;
      readonly message: string;
    }
  /** All it used so far. */
  | {
      readonly type: "attempt.spent";
      readonly run: RunId;
      readonly task: string;
      readonly attempt: AttemptId;
      readonly usage: Usage;
    }
  /** All that the agent of a check used, which is over. */
  | { readonly type: "gate.spent"; readonly run: RunId; readonly check: Check; readonly usage: Usage }
  | {
      readonly type: "attempt.ended";
      readonly run: RunId;
      readonly task: string;
      readonly attempt: AttemptId;
      readonly result: AttemptResult;
    }
  /** What it has changed by now conflicts with the target; null: it does not. */
  | {
      readonly type: "attempt.foreseen";
      readonly run: RunId;
      readonly task: string;
      readonly attempt: AttemptId;
      readonly foreseen: Foreseen | null;
    }
  | {
      readonly type: "issue.claimed";
      readonly run: RunId;
      readonly task: string;
      readonly attempt: AttemptId;
      readonly outcome: IssueClaim;
    }
  | {
      readonly type: "issue.told";
      readonly run: RunId;
      readonly task: string;
      readonly number: number;
      readonly outcome: IssueTelling;
    }
  /** Its tracker says so while the task waits, or is worked on. */
  | { readonly type: "issue.lost"; readonly run: RunId; readonly task: string; readonly loss: IssueLoss }
  /** Its tracker answers, and has not heard what it was told. */
  | { readonly type: "issue.tell-again"; readonly run: RunId; readonly task: string }
  /** The runner was told to freeze or to go on. */
  | { readonly type: "attempt.freeze-sent"; readonly run: RunId; readonly attempt: AttemptId; readonly frozen: boolean }
  /** `problem`: why the person's program was not told; null: it was, or there is none. */
  | {
      readonly type: "alert.sent";
      readonly run: RunId;
      readonly kind: Alert["kind"];
      readonly problem: string | null;
    }
  | { readonly type: "attempt.stop-sent"; readonly run: RunId; readonly attempt: AttemptId }
  /** Whether its agent takes it up is told by that alone. */
  | { readonly type: "attempt.message-sent"; readonly run: RunId; readonly attempt: AttemptId }
  /** The queue decided about a change: what becomes of its task is its run's. */
  | {
      readonly type: "change.advanced";
      readonly run: RunId;
      readonly task: string;
      readonly change: AttemptId;
      readonly step: ChangeStep;
    };

export type IssueClaim =
  /** `seen`: it could be claimed, and the run writes to no tracker. */
  | { readonly kind: "claimed" | "seen" }
  | { readonly kind: "lost"; readonly loss: IssueLoss }
  /** Nobody could be asked: the work goes on without. */
  | { readonly kind: "failed"; readonly problem: string };

export type IssueTelling =
  { readonly kind: "told"; readonly now: IssueNow } | { readonly kind: "failed"; readonly problem: string };

/** What becomes of a change in the queue. */
export type ChangeStep =
  | { readonly kind: "taken" | "landing" | "released" }
  /** Back to those that wait; null: its turn comes later, for no fault of anybody's. */
  | { readonly kind: "returned" }
  /** Its lock files are to be made anew, and are: `tip` is its merge with the target. */
  | { readonly kind: "regenerating"; readonly paths: readonly string[] }
  | { readonly kind: "regenerated"; readonly tip: string }
  /** `validating`: whether the target is good with it is still being found out. */
  | { readonly kind: "landed"; readonly landing: Landing; readonly validating: boolean }
  | { readonly kind: "held"; readonly failure: Failure; readonly tip: string }
  | { readonly kind: "rejected"; readonly failure: Failure }
  | { readonly kind: "validated" }
  /** `commit` took it back; `pushedTo`: on a remote, too. */
  | {
      readonly kind: "reverted";
      readonly commit: string;
      readonly why: RevertReason;
      readonly pushedTo?: string;
      /** Why it waits beside the target; absent: it is there. */
      readonly waits?: string;
    }
  /** It could not be taken back. */
  | { readonly kind: "stays"; readonly why: RevertReason; readonly detail: string }
  /** The target is red by it, and nothing is to be done about that without a person. */
  | { readonly kind: "suspected"; readonly check: string };

/** What a queue decides on. */
export type QueueInput =
  /** Look whether something may be built, judged or landed. */
  | ({ readonly type: "queue.nudged" } & QueueKey)
  | CandidateBuilt
  | GateJudged
  | ({ readonly type: "gate.stop-sent" } & QueueKey)
  | QueueControl
  | RevertBuilt
  | PromotionBuilt
  | LandingEnded
  | RemoteTold;

export type AnyInput = Input | QueueInput;

/** What is decided in a transaction of its own; what follows from a decision is decided within it. */
export type ToldInput = Exclude<AnyInput, { type: "change.advanced" | "gate.spent" }>;

export interface QueueControl extends QueueKey {
  readonly type: "queue.control";
  readonly command: QueueCommand;
}

export type QueueCommand =
  | { readonly type: "resume" }
  /** In the order in which they are taken back. */
  | {
      readonly type: "revert";
      readonly landings: readonly { readonly change: AttemptId; readonly commit: string }[];
    }
  | ({ readonly type: "validate" } & Omit<Asked, "number" | "goes">)
  | ({ readonly type: "promote" } & Pick<Promotion, "id" | "host" | "from" | "commit">);

export interface RevertBuilt extends QueueKey {
  readonly type: "revert.built";
  readonly repair: number;
  readonly outcome: RevertOutcome;
}

export interface PromotionBuilt extends QueueKey {
  readonly type: "promotion.built";
  readonly promotion: number;
  readonly outcome: PromotionOutcome;
}

/** Where the target can be moved to the commit as it is, the candidate is that commit; where it has it already, its own tip. */
export type PromotionOutcome = RevertOutcome;

export type RevertOutcome =
  /** Where there is nothing left to take back, the candidate is the target's tip. */
  | { readonly kind: "built"; readonly candidate: Candidate }
  | { readonly kind: "conflict"; readonly paths: readonly string[] }
  /** `failure`: the remote's. */
  | { readonly kind: "impossible"; readonly detail: string; readonly failure?: RemoteFailure };

export interface CandidateBuilt extends QueueKey {
  readonly type: "candidate.built";
  readonly trial: number;
  readonly outcome: CandidateOutcome;
}

export interface LandingEnded extends QueueKey {
  readonly type: "landing.ended";
  /** Of a trial, of a repair, or of a promotion. */
  readonly trial: number;
  readonly outcome: LandingOutcome;
  /** Of untracked sources whose box is still open: why. */
  readonly notes: Readonly<Record<AttemptId, string>>;
}

/** On the way to an answer. */
export interface RemoteTold extends QueueKey {
  readonly type: "remote.told";
  /** The run it is done for. */
  readonly host: RunId;
  readonly remote: string;
  readonly news: RemoteNews;
}

export interface GateJudged extends QueueKey {
  readonly type: "gate.judged";
  /** Who pays for what it cost. */
  readonly host: RunId;
  readonly trial: number;
  readonly gate: Gate;
  readonly on: JudgedOn;
  readonly results: readonly CheckResult[];
  /** What the checks made of the files they were to make anew; absent where there were none. */
  readonly made?: MadeMerge;
}

/** A merge with its lock files made anew. */
export type MadeMerge =
  | { readonly kind: "kept"; readonly tip: string }
  /** `detail`: what kept it, where all checks passed. */
  | { readonly kind: "none"; readonly detail: string | null };

export type CandidateOutcome =
  /** `left`: those that could not be merged; the others are the candidate's links, none of them where none could. */
  | { readonly kind: "built"; readonly candidate: Candidate; readonly left: readonly Left[] }
  /** It could not be built for a reason that is not the changes'. `failure`: the remote's. */
  | { readonly kind: "impossible"; readonly detail: string; readonly tip: string; readonly failure?: RemoteFailure };

/**
 * A change that conflicts: with the target itself, or only with others that are merged before it. With others and no paths: what
 * it would bring is what they bring.
 */
export type Left = { readonly change: AttemptId; readonly paths: readonly string[] } & (
  | { readonly with: "target" | "others" }
  /** With the target, and in nothing but lock files. `merge`: both merged, with these files as the target has them. */
  | { readonly with: "lock-files"; readonly merge: string }
);

export type LandingOutcome =
  /** `pushedTo`: a remote that has it. */
  | { readonly kind: "landed"; readonly place: LandingPlace; readonly pushedTo?: string }
  /** `rejectedBy`: a remote to which somebody pushed meanwhile. */
  | { readonly kind: "moved"; readonly rejectedBy?: string }
  | { readonly kind: "refused"; readonly detail: string; readonly tip: string; readonly failure?: RemoteFailure };
