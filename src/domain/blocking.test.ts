import { describe, expect, it } from "vitest";
import { whyBlocked } from "./blocking.ts";
import type { TaskState, WaitReason } from "./task-state.ts";

const failure = { reason: "cancelled" } as const;
const states: Record<string, TaskState> = {
  landed: { status: "completed", commit: "c" },
  working: { status: "running", stage: "working" },
  held: { status: "blocked", by: { reason: "held", failure } },
  failed: { status: "failed", failure },
  cancelled: { status: "cancelled" },
};
const why = (by: WaitReason, ...dependsOn: string[]) => whyBlocked({ dependsOn }, by, (id) => states[id]);
const waits: WaitReason = { reason: "dependency" };

describe("why a task is blocked", () => {
  it("is what it waits for, as long as that may still come", () => {
    expect(why(waits, "landed", "working")).toEqual(waits);
  });

  it.each(["held", "failed", "cancelled"] as const)("is a need that is %s, whatever else it waits for", (fate) => {
    expect(why(waits, "landed", "working", fate)).toEqual({ reason: "dependency-failed", task: fate, because: fate });
  });

  it("is its own change where that is held", () => {
    const held: WaitReason = { reason: "held", failure };
    expect(why(held, "failed")).toEqual(held);
  });
});
