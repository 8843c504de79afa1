import { unreachable } from "../std/assert.ts";
import type { Failure } from "./failure.ts";

/**
 * A task's life.
 *
 *   queued ⇄ blocked           waiting for others, for the gate, for a person
 *   queued → running → completed
 *                    → failed  → queued (retry)
 *                    → queued  (another attempt)
 *                    → blocked (its change is held: the gate could not judge it)
 *   running ⇄ paused
 *   any but the ends → cancelled
 */
export type TaskState =
  | { readonly status: "queued"; readonly notBefore: number | null }
  | { readonly status: "blocked"; readonly by: BlockReason }
  | { readonly status: "running"; readonly stage: Stage }
  | { readonly status: "paused"; readonly stage: Stage }
  | { readonly status: "completed"; readonly commit: string }
  | { readonly status: "failed"; readonly failure: Failure }
  | { readonly status: "cancelled" };

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

export type BlockReason =
  /** Waits for tasks that have not landed yet. */
  | { readonly reason: "dependency" }
  /** A task it needs failed, was cancelled, or is itself blocked for good. */
  | { readonly reason: "dependency-failed"; readonly task: string }
  /** Its change exists and is kept, but the gate gave no verdict on it. */
  | { readonly reason: "held"; readonly failure: Failure };

export type TaskEvent =
  | { readonly type: "unblocked" }
  | { readonly type: "blocked"; readonly by: BlockReason }
  | { readonly type: "started" }
  | { readonly type: "staged"; readonly stage: Stage }
  | { readonly type: "requeued"; readonly notBefore: number | null }
  | { readonly type: "paused" }
  | { readonly type: "resumed" }
  | { readonly type: "landed"; readonly commit: string }
  | { readonly type: "failed"; readonly failure: Failure }
  | { readonly type: "cancelled" };

/** The next state, or null where the event means nothing in this state. */
export function taskTransition(state: TaskState, event: TaskEvent): TaskState | null {
  switch (event.type) {
    case "unblocked":
      return state.status === "blocked" ? { status: "queued", notBefore: null } : null;
    case "blocked":
      return isWaiting(state) || state.status === "running" ? { status: "blocked", by: event.by } : null;
    case "started":
      return state.status === "queued" ? { status: "running", stage: "preparing" } : null;
    case "staged":
      return stagedFrom(state, event.stage);
    case "requeued":
      return state.status === "running" || state.status === "failed" || state.status === "paused"
        ? { status: "queued", notBefore: event.notBefore }
        : null;
    case "paused":
      return state.status === "running" ? { status: "paused", stage: state.stage } : null;
    case "resumed":
      return state.status === "paused" ? { status: "running", stage: state.stage } : null;
    case "landed":
      // A landing that was under way when its task was cancelled is still a landing.
      return state.status === "running" || state.status === "cancelled"
        ? { status: "completed", commit: event.commit }
        : null;
    case "failed":
      return state.status === "running" ? { status: "failed", failure: event.failure } : null;
    case "cancelled":
      return isOver(state) ? null : { status: "cancelled" };
    default:
      return unreachable(event);
  }
}

/** A held change goes back into the lane by being staged again. */
function stagedFrom(state: TaskState, stage: Stage): TaskState | null {
  const held = state.status === "blocked" && state.by.reason === "held";
  return state.status === "running" || held ? { status: "running", stage } : null;
}

function isWaiting(state: TaskState): boolean {
  return state.status === "queued" || state.status === "blocked";
}

/** No further work will come of it unless a person asks. */
export function isOver(state: TaskState): boolean {
  return state.status === "completed" || state.status === "failed" || state.status === "cancelled";
}

/** What depends on it cannot start any more in this run. */
export function blocksDependants(state: TaskState): boolean {
  return (
    state.status === "failed" ||
    state.status === "cancelled" ||
    (state.status === "blocked" && state.by.reason !== "dependency")
  );
}
