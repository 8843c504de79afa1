import { describe, expect, it } from "vitest";
import { isOver, stageOf, taskTransition, waitingState, type TaskEvent, type TaskState } from "./task-state.ts";

const failure = { reason: "nothing-changed", claim: null, log: "" } as const;
const held = { reason: "held", failure } as const;
const states: Record<string, TaskState> = {
  queued: { status: "queued", notBefore: null },
  waiting: { status: "blocked", by: { reason: "dependency" } },
  held: { status: "blocked", by: held },
  running: { status: "running", stage: "working" },
  paused: { status: "paused", was: { status: "running", stage: "working" } },
  pausedWaiting: { status: "paused", was: { status: "blocked", by: { reason: "dependency" } } },
  completed: { status: "completed", commit: "c" },
  failed: { status: "failed", failure },
  cancelled: { status: "cancelled" },
};
const events: Record<string, TaskEvent> = {
  unblocked: { type: "unblocked" },
  blocked: { type: "blocked", by: held },
  started: { type: "started" },
  staged: { type: "staged", stage: "gating" },
  requeued: { type: "requeued", notBefore: 5 },
  paused: { type: "paused" },
  resumed: { type: "resumed" },
  retried: { type: "retried", unmet: 0 },
  landed: { type: "landed", commit: "c" },
  failed: { type: "failed", failure },
  cancelled: { type: "cancelled" },
};

/** Every pair; what is not listed is refused. */
const allowed: Record<string, Record<string, TaskState["status"]>> = {
  queued: { blocked: "blocked", started: "running", paused: "paused", cancelled: "cancelled" },
  waiting: { unblocked: "queued", blocked: "blocked", paused: "paused", cancelled: "cancelled" },
  held: { unblocked: "queued", blocked: "blocked", staged: "running", paused: "paused", cancelled: "cancelled" },
  running: {
    blocked: "blocked",
    staged: "running",
    requeued: "queued",
    paused: "paused",
    landed: "completed",
    failed: "failed",
    cancelled: "cancelled",
  },
  paused: {
    blocked: "paused",
    staged: "paused",
    requeued: "paused",
    resumed: "running",
    failed: "failed",
    cancelled: "cancelled",
  },
  pausedWaiting: { unblocked: "paused", blocked: "paused", resumed: "blocked", cancelled: "cancelled" },
  completed: {},
  failed: { retried: "queued" },
  cancelled: { retried: "queued", landed: "completed" },
};

describe("a task's states", () => {
  for (const [from, state] of Object.entries(states)) {
    for (const [name, event] of Object.entries(events)) {
      it(`${from} + ${name} → ${allowed[from]?.[name] ?? "refused"}`, () => {
        expect(taskTransition(state, event)?.status ?? "refused").toBe(allowed[from]?.[name] ?? "refused");
      });
    }
  }

  it("keeps what the event brings", () => {
    const running: TaskState = { status: "running", stage: "working" };
    expect(taskTransition(running, { type: "requeued", notBefore: 5 })).toEqual({ status: "queued", notBefore: 5 });
    expect(taskTransition(running, { type: "staged", stage: "landing" })).toEqual({
      status: "running",
      stage: "landing",
    });
    const paused: TaskState = { status: "paused", was: running };
    expect(taskTransition(paused, { type: "resumed" })).toEqual(running);
    expect(taskTransition(paused, { type: "requeued", notBefore: 5 })).toEqual({
      status: "paused",
      was: { status: "queued", notBefore: 5 },
    });
    expect([stageOf(paused), stageOf(running), stageOf(waitingState(1))]).toEqual(["working", "working", null]);
  });

  it("waits again after a retry for what has not landed", () => {
    const failed: TaskState = { status: "failed", failure };
    expect(taskTransition(failed, { type: "retried", unmet: 2 })).toEqual(waitingState(2));
    expect(waitingState(2)).toEqual({ status: "blocked", by: { reason: "dependency" } });
  });

  it("says what is over", () => {
    expect(
      Object.entries(states)
        .filter(([, state]) => isOver(state))
        .map(([name]) => name),
    ).toEqual(["completed", "failed", "cancelled"]);
  });
});
