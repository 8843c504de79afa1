import type { Alert } from "./alert.ts";
import type { AssignReason } from "./assign.ts";
import type { AttemptResult } from "./attempt-state.ts";
import type { Budget, Cap } from "./budget.ts";
import type { LandingPlace, TickOutcome } from "./change-state.ts";
import type { Foreseen } from "./foreseen.ts";
import type { IssueLoss, IssueNews, IssueNow } from "./issue.ts";
import type { Failure, RemoteFailure, RevertReason } from "./failure.ts";
import type { Priority } from "./plan.ts";
import type { JudgedOn } from "./queue/queue-row.ts";
import type { Spend } from "./prices.ts";
import type { Stopping } from "./rows.ts";
import type { AttemptId, RunId } from "./run.ts";
import type { BlockReason, Stage } from "./task-state.ts";
import type { EditedTask } from "./source-changes.ts";
import type { PassedCheck } from "./verdict.ts";

/** Everything that can happen, past tense, noun first. The audit log and the live feed; never replayed to rebuild state. */
export type EventBody =
  | { readonly type: "run.submitted"; readonly tasks: number; readonly workers: number; readonly target: string }
  /** `added`: titles of tasks that wait for a person; `dropped`: ids of those that are cancelled for it; `edited`: it says something else of them, absent: of none. */
  | {
      readonly type: "source.changed";
      readonly source: string;
      readonly added: readonly string[];
      readonly dropped: readonly string[];
      readonly edited?: readonly EditedTask[];
    }
  | { readonly type: "run.extended"; readonly tasks: readonly string[] }
  | { readonly type: "run.interrupted" }
  | { readonly type: "run.paused" }
  | { readonly type: "run.resumed" }
  | { readonly type: "run.reopened" }
  | {
      readonly type: "run.finished";
      readonly completed: number;
      readonly tasks: number;
      readonly problem: string | null;
    }
  | { readonly type: "task.queued" }
  | { readonly type: "task.blocked"; readonly by: BlockReason }
  | { readonly type: "task.staged"; readonly stage: Stage }
  | { readonly type: "task.requeued"; readonly failure: Failure | null; readonly notBefore: number | null }
  | { readonly type: "task.completed"; readonly commit: string | null }
  | { readonly type: "task.failed"; readonly failure: Failure; readonly attempts: number }
  /** `because`: of its issue; absent: a person asked. */
  | { readonly type: "task.cancelled"; readonly because?: IssueLoss }
  | { readonly type: "task.paused" }
  | { readonly type: "task.resumed" }
  | { readonly type: "task.retried" }
  | { readonly type: "task.prioritized"; readonly priority: Priority }
  | { readonly type: "task.edited"; readonly fields: readonly string[] }
  | { readonly type: "task.messaged"; readonly by: "person"; readonly text: string }
  | {
      readonly type: "attempt.started";
      readonly attempt: number;
      readonly agent: string;
      readonly why: AssignReason;
      readonly resumes: boolean;
    }
  /** Its agent took up, while it worked, what a person said. */
  | { readonly type: "attempt.told"; readonly attempt: number; readonly text: string }
  | { readonly type: "attempt.spent"; readonly attempt: number; readonly spend: Spend }
  /** By the agent of a check. */
  | { readonly type: "gate.spent"; readonly check: string; readonly agent: string; readonly spend: Spend }
  | { readonly type: "attempt.stopping"; readonly attempt: number; readonly why: Stopping }
  | { readonly type: "budget.alert"; readonly cap: Cap }
  | { readonly type: "budget.reached"; readonly cap: Cap }
  | { readonly type: "budget.changed"; readonly budget: Budget }
  | { readonly type: "quota.reached"; readonly provider: string; readonly until: number; readonly message: string }
  | {
      readonly type: "attempt.progressed";
      readonly attempt: number;
      readonly percent: number | null;
      readonly message: string;
      /** It waits for a person; false: it did, and does no more; absent: neither. */
      readonly asks?: boolean;
    }
  /** Null: it conflicts no more. */
  | { readonly type: "attempt.foreseen"; readonly attempt: number; readonly foreseen: Foreseen | null }
  | { readonly type: "attempt.ended"; readonly attempt: number; readonly result: AttemptResult }
  | {
      readonly type: "change.built";
      readonly attempt: number;
      readonly commit: string;
      readonly tree: string;
      readonly tick: TickOutcome;
      /** Changes built into one candidate, this one included. */
      readonly together: number;
    }
  | {
      readonly type: "gate.passed";
      readonly attempt: number;
      readonly tree: string;
      readonly together: number;
      readonly cached: boolean;
      readonly checks: readonly PassedCheck[];
    }
  | {
      readonly type: "gate.failed";
      readonly attempt: number;
      readonly check: string;
      readonly on: JudgedOn;
      readonly together: number;
    }
  | { readonly type: "change.moved"; readonly attempt: number }
  /** Only lock files were in conflict: their tools make them anew. `change.regenerated`: as this merge with the target. */
  | { readonly type: "change.regenerating"; readonly attempt: number; readonly paths: readonly string[] }
  | { readonly type: "change.regenerated"; readonly attempt: number; readonly tip: string }
  | { readonly type: "change.held"; readonly attempt: number; readonly failure: Failure }
  | { readonly type: "change.rejected"; readonly attempt: number; readonly failure: Failure }
  | {
      readonly type: "change.landed";
      readonly attempt: number;
      readonly commit: string;
      readonly place: LandingPlace;
      readonly together: number;
    }
  | { readonly type: "change.validated"; readonly attempt: number }
  /** The receipt of a landing that was taken back. */
  | {
      readonly type: "change.reverted";
      readonly attempt: number;
      readonly landed: string;
      readonly commit: string;
      readonly why: RevertReason;
      /** A remote that has it, too. */
      readonly pushedTo?: string;
      /** Why it waits beside the target; absent: it is there. */
      readonly waits?: string;
    }
  /** It should have been taken back, and could not be. */
  | { readonly type: "change.stays"; readonly attempt: number; readonly why: RevertReason; readonly detail: string }
  /** The target was green without it, and is red with it. */
  | { readonly type: "validation.failed"; readonly attempt: number; readonly check: string }
  /** As a person asked. `takesBack`: the landings that are taken back for it. */
  | {
      readonly type: "target.judged";
      readonly asked: string;
      readonly commit: string;
      readonly verdict: "pass" | "fail" | "blocked";
      readonly check: string | null;
      readonly failure: Failure | null;
      readonly takesBack: readonly AttemptId[];
    }
  /** As a person asked. `commit`: what the target is at, or what waits beside it; null where it stays as it was. */
  | {
      readonly type: "promotion.ended";
      readonly asked: string;
      readonly from: string;
      readonly to: string;
      readonly outcome: "fast-forwarded" | "merged" | "unchanged" | "stays";
      readonly commit: string | null;
      readonly place: LandingPlace | null;
      readonly detail: string | null;
      readonly failure: Failure | null;
      /** A remote that has it, too. */
      readonly pushedTo?: string;
    }
  /** Somebody had pushed to the remote: the target is there now. */
  | {
      readonly type: "remote.followed";
      readonly remote: string;
      readonly target: string;
      readonly commit: string;
      readonly place: LandingPlace;
    }
  | { readonly type: "remote.pushed"; readonly remote: string; readonly target: string; readonly commit: string }
  | { readonly type: "remote.rejected"; readonly remote: string; readonly target: string }
  /** `until`: when it is tried again. */
  | { readonly type: "remote.lost"; readonly failure: RemoteFailure; readonly until: number }
  | { readonly type: "queue.halted"; readonly detail: string }
  /** `issue`: by its name in its tracker. */
  | { readonly type: "issue.claimed"; readonly issue: string }
  | { readonly type: "issue.told"; readonly issue: string; readonly news: IssueNews; readonly now: IssueNow }
  /** Its tracker does not know what became of it. `news`: null: that it is being worked on. */
  | {
      readonly type: "issue.untold";
      readonly issue: string;
      readonly news: IssueNews | null;
      readonly problem: string;
    }
  | { readonly type: "alert.failed"; readonly kind: Alert["kind"]; readonly problem: string };

export interface Event {
  /** Position in the log, from 1. */
  readonly seq: number;
  readonly at: number;
  readonly run: RunId;
  readonly task: string | null;
  readonly body: EventBody;
}
