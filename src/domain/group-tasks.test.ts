import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findCycle, graphShape } from "./graph.ts";
import { groupTasks } from "./group-tasks.ts";
import { partsWithoutEvidence } from "./parts.ts";
import { marksOf, type PlannedTask } from "./plan.ts";
import { isTaskId } from "./task-id.ts";

function task(id: string, changes: Partial<PlannedTask> = {}): PlannedTask {
  const lists = { files: [], acceptance: [], subtasks: [], dependsOn: [], capabilities: [], allow: [] };
  const plain = { description: "", priority: "medium", phase: null, section: null, agent: null, box: null } as const;
  return { id, title: `do ${id}`, ...lists, ...plain, type: "code-generation", ...changes };
}

const told = (tasks: readonly PlannedTask[]): unknown[] =>
  tasks.map(({ id, parts, dependsOn }) => [id, parts?.map((part) => part.id) ?? null, dependsOn]);

describe("small tasks", () => {
  it("stay alone where nobody wants them together", () => {
    const tasks = [task("a"), task("b")];
    expect(groupTasks(tasks, { by: "off", most: 4 })).toBe(tasks);
  });

  it("are joined up to a number, and what waits for one of them waits for all", () => {
    const tasks = [task("a"), task("b"), task("c"), task("d", { dependsOn: ["b"] }), task("e")];
    expect(told(groupTasks(tasks, { by: "size", most: 3 }))).toEqual([
      ["g-a", ["a", "b", "c"], []],
      ["d", null, ["g-a"]],
      ["e", null, []],
    ]);
  });

  it("stay alone where nothing would show that they were done, or where one's files are a guess and another's are not", () => {
    const idle = [task("a", { type: "research" }), task("b", { type: "research" })];
    expect(groupTasks(idle, { by: "size", most: 3 })).toBe(idle);
    const guessed = [task("a", { files: ["a"], filesGuessed: true }), task("b", { files: ["b"] })];
    expect(groupTasks(guessed, { by: "size", most: 3 })).toBe(guessed);
  });

  it("are joined by the files they name, or by their section", () => {
    const tasks = [
      task("a", { files: ["x.ts"], section: "S" }),
      task("b", { files: ["y.ts"], section: "S" }),
      task("c", { files: ["x.ts"], section: "T" }),
      task("d"),
    ];
    expect(told(groupTasks(tasks, { by: "file", most: 4 }))).toEqual([
      ["g-a", ["a", "c"], []],
      ["b", null, []],
      ["d", null, []],
    ]);
    expect(told(groupTasks(tasks, { by: "section", most: 4 }))).toEqual([
      ["g-a", ["a", "b"], []],
      ["c", null, []],
      ["d", null, []],
    ]);
  });

  it.each<[string, Partial<PlannedTask>]>([
    ["that are large", { acceptance: ["1", "2", "3", "4"] }],
    ["that take long", { estimateMinutes: 45 }],
    ["of another priority", { priority: "high" }],
    ["of another agent", { agent: "other" }],
    ["of another type", { type: "testing" }],
    ["that wait for others", { dependsOn: ["a"] }],
  ])("do not take in those %s", (_, changes) => {
    expect(told(groupTasks([task("a"), task("b", changes)], { by: "size", most: 4 }))).toHaveLength(2);
  });

  it("lose nothing that was asked for, make no circle, and bring nothing forward", () => {
    const graph = fc.array(fc.tuple(fc.array(fc.nat(), { maxLength: 2 }), fc.boolean()), {
      minLength: 2,
      maxLength: 14,
    });
    fc.assert(
      fc.property(graph, fc.integer({ min: 2, max: 5 }), (drawn, most) => {
        const tasks = drawn.map(([needs, small], index) =>
          task(`t${index}`, {
            acceptance: small ? [] : ["1", "2", "3", "4"],
            box: { path: "R.md", label: `t${index}`, ordinal: 0, line: index + 1 },
            dependsOn: index === 0 ? [] : [...new Set(needs.map((need) => `t${need % index}`))],
          }),
        );
        const grouped = groupTasks(tasks, { by: "size", most });
        expect(findCycle(grouped)).toBeNull();
        expect(grouped.flatMap((one) => (one.parts ?? [one]).map(({ id }) => id)).sort()).toEqual(
          tasks.map(({ id }) => id).sort(),
        );
        expect(grouped.flatMap(marksOf)).toHaveLength(tasks.length);
        expect(grouped.every(({ id, parts = [] }) => isTaskId(id) && parts.length <= most)).toBe(true);
        const layerOf = new Map(
          graphShape(grouped).layers.flatMap((ids, layer) => ids.map((id) => [id, layer] as const)),
        );
        const wholeOf = new Map(grouped.flatMap((one) => (one.parts ?? [one]).map(({ id }) => [id, one.id] as const)));
        for (const { id, dependsOn } of tasks)
          for (const need of dependsOn)
            expect(layerOf.get(wholeOf.get(need) ?? "")).toBeLessThan(layerOf.get(wholeOf.get(id) ?? "") ?? -1);
      }),
    );
  });
});

describe("a part", () => {
  const parts = [
    { id: "a", files: [] },
    { id: "b", files: ["./x.ts", "y.ts"] },
  ];
  it("was done where a commit names it, or all its files were changed", () => {
    const named = new Set(["a"]);
    expect(partsWithoutEvidence(parts, { named, paths: new Set(["x.ts", "y.ts", "z"]) })).toEqual([]);
    expect(partsWithoutEvidence(parts, { named: new Set(["a", "b"]), paths: new Set() })).toEqual([]);
    expect(partsWithoutEvidence(parts, { named, paths: new Set(["x.ts"]) })).toEqual(["b"]);
    expect(partsWithoutEvidence(parts, { named: new Set(), paths: new Set(["x.ts", "y.ts"]) })).toEqual(["a"]);
  });
});
