import { describe, expect, it } from "vitest";
import { noUsage } from "../attempt-state.ts";
import type { Slice, TaskRow } from "../rows.ts";
import { attemptId, makeRunId, type RunRow } from "../run.ts";
import type { BlockReason, TaskState } from "../task-state.ts";
import { decide } from "./decide.ts";

const limits = { firstOutputMs: 1, silenceMs: 1, totalMs: 1 };
const run: RunRow = {
  id: makeRunId(0, "00000000"),
  repository: "/r",
  checkout: "/r",
  target: "main",
  state: { status: "active" },
  settings: {
    workers: 1,
    maxAttempts: 1,
    sync: "none",
    gate: null,
    agents: [{ name: "a", driver: "command", command: ["a"], env: [], limits }],
    defaultAgent: "a",
    sources: [],
  },
  createdAt: 0,
};
const noCounts = { queued: 0, blocked: 0, running: 0, paused: 0, completed: 0, failed: 0, cancelled: 0 };
const empty: Slice = {
  run,
  task: null,
  attempt: null,
  change: null,
  dependants: [],
  openTasks: [],
  ready: [],
  nextTime: null,
  live: [],
  statusCounts: noCounts,
  lane: null,
  nextOffered: null,
  offeredOthers: 0,
  held: [],
  verdict: null,
};

function task(id: string, state: TaskState): TaskRow {
  const planned = { id, title: id, description: "", priority: "medium", phase: null, section: null } as const;
  const lists = { files: [], acceptance: [], subtasks: [], dependsOn: [] };
  const counted = { unmet: 2, attempts: 1, failures: [], startedAt: null, endedAt: null };
  return { run: run.id, id, order: 0, planned: { ...planned, ...lists, agent: null, box: null }, state, ...counted };
}

describe("a wrap-up", () => {
  const wrappedUp = { type: "run.wrapped-up", run: run.id } as const;

  it("finishes a run of which nothing goes on", () => {
    expect(decide(empty, wrappedUp, 5).runs.map(({ state }) => state)).toEqual([{ status: "finished", at: 5 }]);
  });

  it("finishes no run whose held change was released while the report was being written", () => {
    expect(decide({ ...empty, offeredOthers: 1 }, wrappedUp, 5).runs).toEqual([]);
  });
});

describe("a task that fails for good", () => {
  const id = attemptId(run.id, "t", 1);
  const about = { run: run.id, task: "t" };
  const failed = { kind: "failed", failure: { reason: "agent-exit", code: 1, signal: null, log: "" } } as const;

  it.each<[BlockReason, string]>([
    [{ reason: "dependency" }, "t"],
    [{ reason: "dependency-failed", task: "held" }, "t"],
    [{ reason: "held", failure: { reason: "cancelled" } }, "held"],
  ])("blocks a dependant that was blocked by %j", (by, expected) => {
    const slice: Slice = {
      ...empty,
      task: task("t", { status: "running", stage: "working" }),
      attempt: {
        ...about,
        id,
        number: 1,
        agent: "a",
        state: { status: "working" },
        result: null,
        startedAt: 0,
        endedAt: null,
      },
      dependants: [task("d", { status: "blocked", by })],
    };
    const result = { outcome: failed, work: null, usage: noUsage, claim: null };
    const { tasks } = decide(slice, { type: "attempt.ended", ...about, attempt: id, result }, 1);
    const after = tasks.find((row) => row.id === "d")?.state ?? { status: "blocked", by };
    const blockedBy = after.status === "blocked" && after.by.reason === "dependency-failed" ? after.by.task : "held";
    expect(blockedBy).toBe(expected);
  });
});
