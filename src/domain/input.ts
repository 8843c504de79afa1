import type { Usage } from "./agent-event.ts";
import type { AttemptResult } from "./attempt-state.ts";
import type { Candidate, LandingPlace } from "./change-state.ts";
import type { RunCommand, TaskCommand } from "./control.ts";
import type { Failure } from "./failure.ts";
import type { TaskRow } from "./rows.ts";
import type { AttemptId, RunId, RunRow } from "./run.ts";
import type { CheckResult, Gate } from "./verdict.ts";

/** Commands and observations: all that makes the loop decide. */
export type Input =
  | { readonly type: "run.submit"; readonly run: RunRow; readonly tasks: readonly TaskRow[] }
  | { readonly type: "run.control"; readonly run: RunId; readonly command: RunCommand }
  | { readonly type: "task.control"; readonly run: RunId; readonly task: string; readonly command: TaskCommand }
  /** Look whether something may start. */
  | { readonly type: "run.nudged"; readonly run: RunId }
  /** `problem`: why its report is not kept; it can be made again from the store. */
  | { readonly type: "run.wrapped-up"; readonly run: RunId; readonly problem: string | null }
  | { readonly type: "time.reached"; readonly run: RunId }
  | { readonly type: "attempt.working"; readonly run: RunId; readonly task: string; readonly attempt: AttemptId }
  | {
      readonly type: "attempt.progressed";
      readonly run: RunId;
      readonly task: string;
      readonly attempt: AttemptId;
      readonly percent: number | null;
      readonly message: string;
    }
  /** The agent told by which name its session can be gone on with. */
  | {
      readonly type: "attempt.session";
      readonly run: RunId;
      readonly task: string;
      readonly attempt: AttemptId;
      readonly session: string;
    }
  /** All it used so far. */
  | {
      readonly type: "attempt.spent";
      readonly run: RunId;
      readonly task: string;
      readonly attempt: AttemptId;
      readonly usage: Usage;
    }
  | {
      readonly type: "attempt.ended";
      readonly run: RunId;
      readonly task: string;
      readonly attempt: AttemptId;
      readonly result: AttemptResult;
    }
  /** The runner was told to freeze or to go on. */
  | { readonly type: "attempt.freeze-sent"; readonly run: RunId; readonly attempt: AttemptId; readonly frozen: boolean }
  | { readonly type: "attempt.stop-sent"; readonly run: RunId; readonly attempt: AttemptId }
  | {
      readonly type: "candidate.built";
      readonly run: RunId;
      readonly task: string;
      readonly change: AttemptId;
      readonly outcome: CandidateOutcome;
      readonly gateKey: string | null;
    }
  | GateJudged
  | { readonly type: "gate.stop-sent"; readonly run: RunId; readonly change: AttemptId }
  | {
      readonly type: "landing.ended";
      readonly run: RunId;
      readonly task: string;
      readonly change: AttemptId;
      readonly outcome: LandingOutcome;
    };

export interface GateJudged {
  readonly type: "gate.judged";
  readonly run: RunId;
  readonly task: string;
  readonly change: AttemptId;
  readonly gate: Gate;
  readonly gateKey: string;
  readonly on: "candidate" | "base";
  readonly suspected: Failure | null;
  readonly results: readonly CheckResult[];
}

export type CandidateOutcome =
  | { readonly kind: "clean"; readonly candidate: Candidate }
  | { readonly kind: "conflict"; readonly paths: readonly string[]; readonly tip: string }
  /** git could not build it for a reason that is not the change's. */
  | { readonly kind: "impossible"; readonly detail: string; readonly tip: string };

export type LandingOutcome =
  /** `note`: why the box of an untracked source is still open, else null. */
  | { readonly kind: "landed"; readonly place: LandingPlace; readonly note: string | null }
  | { readonly kind: "moved" }
  | { readonly kind: "refused"; readonly detail: string; readonly tip: string };
