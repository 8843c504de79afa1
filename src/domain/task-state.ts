import { unreachable } from "../std/assert.ts";
import type { Cap } from "./budget.ts";
import type { Failure } from "./failure.ts";
import type { IssueLoss } from "./issue.ts";

/**
 * A task's life.
 *
 *   queued ⇄ blocked           waiting for others, for the gate, for a person
 *   queued → running → completed
 *                    → failed  → queued (retry)
 *                    → queued  (another attempt)
 *                    → blocked (its change is held: the gate could not judge it)
 *   queued | blocked | running ⇄ paused    a person asked; what it was is kept
 *   any but the ends → cancelled
 *   failed | cancelled → queued | blocked   a person asked to try again
 *   completed → queued | blocked | failed   what it landed was taken back
 */
export type TaskState =
  | { readonly status: "queued"; readonly notBefore: number | null }
  | { readonly status: "blocked"; readonly by: WaitReason }
  | { readonly status: "running"; readonly stage: Stage }
  | { readonly status: "paused"; readonly was: Pausable }
  /** `commit`: null where its type asks for no change, and there was none. */
  | { readonly status: "completed"; readonly commit: string | null }
  | { readonly status: "failed"; readonly failure: Failure }
  /** `because`: of its issue; absent: a person asked. */
  | { readonly status: "cancelled"; readonly because?: IssueLoss };

/** What a pause can be put on, and `resume` goes back to. */
export type Pausable = Extract<TaskState, { status: "queued" | "blocked" | "running" }>;

export type TaskStatus = TaskState["status"];

export const stages = [
  "preparing",
  "working",
  "gating",
  "reviewing",
  "queued to land",
  "landing",
  "validating",
] as const;
export type Stage = (typeof stages)[number];

/** What a blocked task waits for, as it is stored. */
export type WaitReason =
  /** Tasks that have not landed yet. */
  | { readonly reason: "dependency" }
  /** Its change exists and is kept, but the gate gave no verdict on it. */
  | { readonly reason: "held"; readonly failure: Failure }
  /** Whoever could do it is busy. */
  | { readonly reason: "agent" }
  /** Its cap is reached; a higher one lets it go on. */
  | { readonly reason: "budget"; readonly cap: Cap };

/** Why a task is blocked, as it is told: computed from the tasks it needs, so that it is always true. */
export type BlockReason =
  | WaitReason
  /** It may change what that one changes, which is at work or before it. */
  | { readonly reason: "collision"; readonly task: string }
  /** A task it needs will not land by itself. */
  | {
      readonly reason: "dependency-failed";
      readonly task: string;
      readonly because: "failed" | "cancelled" | "held" | "budget";
    };

export type TaskEvent =
  | { readonly type: "unblocked" }
  | { readonly type: "blocked"; readonly by: WaitReason }
  | { readonly type: "started" }
  | { readonly type: "staged"; readonly stage: Stage }
  | { readonly type: "requeued"; readonly notBefore: number | null }
  | { readonly type: "paused" }
  | { readonly type: "resumed" }
  /** Tried again by a person; `unmet` as on the row. */
  | { readonly type: "retried"; readonly unmet: number }
  | { readonly type: "landed"; readonly commit: string | null }
  | { readonly type: "failed"; readonly failure: Failure }
  /** What it had landed was taken back: it is tried again, or left to a person. */
  | { readonly type: "reverted"; readonly failure: Failure; readonly again: boolean; readonly unmet: number }
  | { readonly type: "cancelled"; readonly because?: IssueLoss };

/** The next state, or null where the event means nothing in this state. */
export function taskTransition(state: TaskState, event: TaskEvent): TaskState | null {
  switch (event.type) {
    case "unblocked":
      return underPause(state, event) ?? (state.status === "blocked" ? { status: "queued", notBefore: null } : null);
    case "blocked":
      return underPause(state, event) ?? (isPausable(state) ? { status: "blocked", by: event.by } : null);
    case "started":
      return state.status === "queued" ? { status: "running", stage: "preparing" } : null;
    case "staged":
      return underPause(state, event) ?? stagedFrom(state, event.stage);
    case "requeued":
      return (
        underPause(state, event) ??
        (state.status === "running" ? { status: "queued", notBefore: event.notBefore } : null)
      );
    case "paused":
      return isPausable(state) ? { status: "paused", was: state } : null;
    case "resumed":
      return state.status === "paused" ? state.was : null;
    case "retried":
      return state.status === "failed" || state.status === "cancelled" ? waitingState(event.unmet) : null;
    case "landed":
      // A landing that was under way when its task was cancelled is still a landing.
      return state.status === "running" || state.status === "cancelled"
        ? { status: "completed", commit: event.commit }
        : null;
    case "failed":
      return stageOf(state) === null ? null : { status: "failed", failure: event.failure };
    case "reverted":
      if (state.status !== "completed") return null;
      return event.again ? waitingState(event.unmet) : { status: "failed", failure: event.failure };
    case "cancelled":
      if (isOver(state)) return null;
      return { status: "cancelled", ...(event.because === undefined ? {} : { because: event.because }) };
    default:
      return unreachable(event);
  }
}

/** A held change goes back into the lane by being staged again. */
function stagedFrom(state: TaskState, stage: Stage): TaskState | null {
  const held = state.status === "blocked" && state.by.reason === "held";
  return state.status === "running" || held ? { status: "running", stage } : null;
}

/** A pause stays on whatever happens to the task below it. */
function underPause(state: TaskState, event: TaskEvent): TaskState | null {
  if (state.status !== "paused") return null;
  const next = taskTransition(state.was, event);
  return next === null || !isPausable(next) ? null : { status: "paused", was: next };
}

function isPausable(state: TaskState): state is Pausable {
  return state.status === "queued" || state.status === "blocked" || state.status === "running";
}

/** How far its attempt is, also below a pause; null where no attempt is under way. */
export function stageOf(state: TaskState): Stage | null {
  if (state.status === "paused") return stageOf(state.was);
  return state.status === "running" ? state.stage : null;
}

/** An attempt is under way, or what it changed is on its way and not in the target yet. */
export function isInWay(state: TaskState): boolean {
  const stage = stageOf(state);
  return stage !== null && stage !== "validating";
}

/** The target may have it before its run knows that it landed, and has it while it is validated. */
export function mayBeInTarget(state: TaskState): boolean {
  const stage = stageOf(state);
  return state.status === "completed" || stage === "landing" || stage === "validating";
}

/** Ready, or waiting for those it needs. */
export function waitingState(unmet: number): Pausable {
  return unmet === 0 ? { status: "queued", notBefore: null } : { status: "blocked", by: { reason: "dependency" } };
}

/** No further work will come of it unless a person asks. */
export function isOver(state: TaskState): state is Exclude<TaskState, Pausable | { status: "paused" }> {
  return state.status === "completed" || state.status === "failed" || state.status === "cancelled";
}
