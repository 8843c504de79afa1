import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cpuMsOf } from "../../test/rig/cpu-time.ts";
import { estimatePlan, sizeOf, type PastWork } from "./estimate.ts";
import type { PlannedTask } from "./plan.ts";

function task(id: string, changes: Partial<PlannedTask> = {}): PlannedTask {
  const lists = { files: [], acceptance: [], subtasks: [], dependsOn: [], capabilities: [], allow: [] };
  const plain = { description: "", priority: "medium", phase: null, section: null, agent: null, box: null } as const;
  return { id, title: id, ...lists, ...plain, type: "code-generation", ...changes };
}

const minute = 60_000;
const took = (minutes: number, changes: Partial<PastWork> = {}): PastWork => ({
  type: "code-generation",
  size: "small",
  agent: "a",
  workMs: minutes * minute,
  landMs: minute,
  costUsd: null,
  ...changes,
});
const workers = (count: number): { workers: number; defaultAgent: string } => ({ workers: count, defaultAgent: "a" });

describe("an estimate", () => {
  it("is what the most similar tasks took, in the middle", () => {
    const past = [took(4), took(5), took(60), ...[30, 31, 32].map((one) => took(one, { type: "testing" }))];
    const tasks = [task("x", { estimateMinutes: 99 }), task("y", { type: "testing" }), task("z", { type: "research" })];
    expect(estimatePlan(tasks, workers(1), past).tasks.map(({ minutes, basis }) => [minutes, basis])).toEqual([
      [5, "like"],
      [31, "like"],
      [30.5, "history"],
    ]);
  });

  it("is the author's word where nothing similar landed, and else a guess that is called one", () => {
    const tasks = [task("x", { estimateMinutes: 7 }), task("y")];
    const { tasks: told, samples, costUsd, withoutCost } = estimatePlan(tasks, workers(1), [took(1), took(2)]);
    expect(told.map(({ basis }) => basis)).toEqual(["stated", "guess"]);
    expect({ samples, costUsd, withoutCost }).toEqual({ samples: 2, costUsd: null, withoutCost: 2 });
  });

  it("of a group is what its parts would take", () => {
    const { parts: _, ...part } = task("p");
    const group = task("g", { parts: [part, { ...part, id: "q", type: "testing" }] });
    expect(estimatePlan([group], workers(1), []).tasks).toMatchObject([{ minutes: 30, basis: "guess" }]);
    const past = [took(4), took(5), took(60)];
    expect(estimatePlan([group], workers(1), past).tasks).toMatchObject([{ minutes: 10, basis: "history" }]);
  });

  it("knows no cost that nobody told", () => {
    const past = [took(1, { costUsd: 1 }), took(1, { costUsd: 3 }), took(1), took(1, { costUsd: 2 })];
    const other = task("y", { agent: "b" });
    expect(estimatePlan([task("x"), other], workers(1), past.slice(0, 3)).costUsd).toBeNull();
    expect(estimatePlan([task("x"), other], workers(1), past)).toMatchObject({ costUsd: 4, withoutCost: 0 });
  });

  it("tells how long it takes with so many workers", () => {
    const past = [took(10), took(10), took(10)];
    const tasks = [task("a"), task("b", { dependsOn: ["a"] }), task("c"), task("d")];
    const { workMinutes, criticalMinutes, elapsedMinutes, sequential, parallel } = estimatePlan(
      tasks,
      workers(2),
      past,
    );
    expect({ workMinutes, criticalMinutes, elapsedMinutes, sequential, parallel }).toEqual({
      workMinutes: 40,
      criticalMinutes: 22,
      // a and c; then d and, when a has landed, b.
      elapsedMinutes: 22,
      sequential: 2,
      parallel: 2,
    });
    expect(estimatePlan(tasks, workers(1), past).elapsedMinutes).toBe(41);
  });

  it("knows what may not run at once, and tells it soon for thousands of tasks", () => {
    const past = [took(10), took(10), took(10)];
    const shares = new Map([
      ["a", [1]],
      ["b", [1]],
      ["c", [1]],
    ]);
    const tasks = [task("a"), task("b"), task("c"), task("d")];
    expect(estimatePlan(tasks, { ...workers(4), shares }, past)).toMatchObject({
      criticalMinutes: 33,
      elapsedMinutes: 33,
      sequential: 3,
      parallel: 1,
    });
    const many = Array.from({ length: 5_000 }, (_, index) => task(`t${index}`));
    const together = new Map(many.map(({ id }) => [id, [1]]));
    const spent = cpuMsOf(() =>
      expect(estimatePlan(many, { ...workers(8), shares: together }, past).elapsedMinutes).toBe(5_000 * 11),
    );
    expect(spent).toBeLessThan(5_000);
  });

  it("is between the longest chain and everything one after the other", () => {
    const graph = fc.array(fc.tuple(fc.nat(9), fc.array(fc.nat(), { maxLength: 2 })), { minLength: 1, maxLength: 15 });
    fc.assert(
      fc.property(graph, fc.integer({ min: 1, max: 5 }), (drawn, count) => {
        const tasks = drawn.map(([minutes, needs], index) =>
          task(`t${index}`, {
            estimateMinutes: minutes,
            dependsOn: index === 0 ? [] : [...new Set(needs.map((need) => `t${need % index}`))],
          }),
        );
        const { elapsedMinutes, criticalMinutes, workMinutes } = estimatePlan(tasks, workers(count), []);
        expect(elapsedMinutes).toBeGreaterThanOrEqual(Math.max(criticalMinutes, workMinutes / count) - 1e-6);
        expect(elapsedMinutes).toBeLessThanOrEqual(workMinutes + tasks.length * 2 + 1e-6);
      }),
    );
  });

  it("goes by what a task names", () => {
    expect(sizeOf(task("a"))).toBe("small");
    expect(sizeOf(task("a", { files: ["x", "y"] }))).toBe("medium");
    expect(sizeOf(task("a", { acceptance: Array.from({ length: 9 }, () => "x") }))).toBe("large");
  });
});
