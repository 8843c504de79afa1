import { describe, expect, it } from "vitest";
import type { PlannedTask } from "./plan.ts";
import { diffPlans, diffSince } from "./plan-diff.ts";

function task(id: string, title: string, changes: Partial<PlannedTask> = {}): PlannedTask {
  const lists = { files: [], acceptance: [], subtasks: [], dependsOn: [], capabilities: [], allow: [] };
  const plain = { description: "", priority: "medium", phase: null, section: null, agent: null, box: null } as const;
  return { id, title, ...lists, ...plain, type: "code-generation", ...changes };
}

describe("the difference of two plans", () => {
  it("is none for the same tasks", () => {
    const tasks = [task("1", "a"), task("2", "b", { dependsOn: ["1"] })];
    expect(diffPlans(tasks, structuredClone(tasks))).toEqual({ added: [], removed: [], changed: [], same: 2 });
  });

  it("tells what is done from what is gone, and takes nothing else for it that has its place now", () => {
    const before = [task("1", "a"), task("2", "b"), task("3", "c"), task("4", "d")];
    const now = { tasks: [task("1", "first"), task("3", "c")], done: new Set(["a", "c"]) };
    expect(diffSince(before, now)).toEqual({
      done: [{ id: "1", title: "a" }],
      added: ["1"],
      removed: [
        { id: "2", title: "b" },
        { id: "4", title: "d" },
      ],
      changed: [],
      same: 1,
    });
  });

  it("knows a task again where another was put in above it, and what depends on it", () => {
    const before = [task("1", "a"), task("2", "b", { dependsOn: ["1"] })];
    const after = [task("1", "first"), task("2", "a"), task("3", "b", { dependsOn: ["2"] })];
    expect(diffPlans(before, after)).toEqual({
      added: ["1"],
      removed: [],
      changed: [
        { id: "2", title: "a", was: "1", what: [] },
        { id: "3", title: "b", was: "2", what: [] },
      ],
      same: 0,
    });
  });

  it("tells what is gone, what came, and what is not as it was", () => {
    const before = [task("T1", "a", { priority: "low" }), task("T2", "gone"), task("T3", "old words")];
    const after = [
      task("T1", "a", { priority: "high", files: ["x"] }),
      task("T3", "new words"),
      task("T4", "new", { dependsOn: ["T1"] }),
    ];
    expect(diffPlans(before, after)).toEqual({
      added: ["T4"],
      removed: [{ id: "T2", title: "gone" }],
      changed: [
        { id: "T1", title: "a", was: null, what: ["priority", "files"] },
        { id: "T3", title: "new words", was: null, what: ["title"] },
      ],
      same: 0,
    });
  });

  it("takes equal titles in their order, and those of one phase first", () => {
    const before = [task("1", "same", { phase: "A" }), task("2", "same", { phase: "B" })];
    const after = [task("1", "same", { phase: "B" }), task("2", "same", { phase: "B" })];
    expect(diffPlans(before, after).changed.map(({ id, was }) => [id, was])).toEqual([
      ["1", "2"],
      ["2", "1"],
    ]);
  });
});
