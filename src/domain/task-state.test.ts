import { describe, expect, it } from "vitest";
import { blocksDependants, isOver, taskTransition, type TaskEvent, type TaskState } from "./task-state.ts";

const failure = { reason: "nothing-changed", claim: null, log: "" } as const;
const held = { reason: "held", failure } as const;
const states: Record<string, TaskState> = {
  queued: { status: "queued", notBefore: null },
  waiting: { status: "blocked", by: { reason: "dependency" } },
  held: { status: "blocked", by: held },
  running: { status: "running", stage: "working" },
  paused: { status: "paused", stage: "working" },
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
  landed: { type: "landed", commit: "c" },
  failed: { type: "failed", failure },
  cancelled: { type: "cancelled" },
};

/** Every pair; what is not listed is refused. */
const allowed: Record<string, Record<string, TaskState["status"]>> = {
  queued: { blocked: "blocked", started: "running", cancelled: "cancelled" },
  waiting: { unblocked: "queued", blocked: "blocked", cancelled: "cancelled" },
  held: { unblocked: "queued", blocked: "blocked", staged: "running", cancelled: "cancelled" },
  running: {
    blocked: "blocked",
    staged: "running",
    requeued: "queued",
    paused: "paused",
    landed: "completed",
    failed: "failed",
    cancelled: "cancelled",
  },
  paused: { requeued: "queued", resumed: "running", cancelled: "cancelled" },
  completed: {},
  failed: { requeued: "queued" },
  cancelled: { landed: "completed" },
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
    expect(taskTransition({ status: "paused", stage: "gating" }, { type: "resumed" })).toEqual({
      status: "running",
      stage: "gating",
    });
  });

  it("says what is over and what keeps others from starting", () => {
    expect(
      Object.entries(states)
        .filter(([, state]) => isOver(state))
        .map(([name]) => name),
    ).toEqual(["completed", "failed", "cancelled"]);
    expect(
      Object.entries(states)
        .filter(([, state]) => blocksDependants(state))
        .map(([name]) => name),
    ).toEqual(["held", "failed", "cancelled"]);
  });
});
