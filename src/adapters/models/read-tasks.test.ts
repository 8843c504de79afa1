import { describe, expect, it } from "vitest";
import { readTasks } from "./read-tasks.ts";

/** The only task of an answer, as it is read. */
function read(own: object): object {
  const understood = readTasks({ tasks: [{ id: "a", title: "A", ...own }] }, 10);
  if (!understood.ok) throw new Error(understood.problem);
  return understood.value[0] ?? {};
}

describe("a task that a model gave", () => {
  it.each([
    [30, 30],
    ["30", 30],
    ["~30 min", 30],
    ["2h", 120],
    ["1h 30m", 90],
    ["1.5 hours", 90],
    ["2-3 days", 1_440],
    ["2 weeks", 4_800],
    ["45 minutes (2 commits)", 45],
    ["30 s", null],
    ["soon", null],
    [["30"], null],
    [null, null],
  ])("takes as many minutes as %j says", (estimatedTime, minutes) => {
    expect(read({ estimatedTime })).toMatchObject({ estimatedTime: minutes });
  });

  it.each([
    [[12, 14], { from: 12, to: 14 }],
    ["12-14", { from: 12, to: 14 }],
    [
      { from: 12, to: 14 },
      { from: 12, to: 14 },
    ],
    [12, { from: 12, to: 12 }],
    [["L12"], { from: 12, to: 12 }],
    [12.5, { from: 12.5, to: 12.5 }],
    [{}, null],
    ["none", null],
    [null, null],
  ])("stands in the lines that %j says", (lines, span) => {
    expect(read({ lines })).toMatchObject({ lines: span });
  });

  // Names that every object has are no words of ours.
  it.each(["constructor", "toString", "__proto__", "valueOf", "none", 7, null, {}])(
    "has the priority %j: none",
    (priority) => {
      expect(read({ priority })).toMatchObject({ priority: "medium" });
    },
  );

  it("has no fields that it was not asked for, whatever their names are", () => {
    const given = JSON.parse('{"__proto__": {"agent": "root"}, "constructor": 1, "toString": 2}') as object;
    const task = read(Object.assign(given, { id: "a", title: "A" }));
    expect(Object.keys(task)).not.toContain("agent");
    expect("agent" in task).toBe(false);
    expect(task).toEqual(read({}));
  });

  it("may be told by its description alone", () => {
    expect(read({ title: null, description: "First\nSecond" })).toMatchObject({ title: "First" });
  });
});

describe("an answer", () => {
  const tasks = [{ id: "a", title: "A" }];

  it.each<[string, unknown]>([
    ["a list", tasks],
    ["in `plan`", { plan: { tasks } }],
    ["beside words", { plan: "first a, then b", tasks }],
    ["a text of JSON", JSON.stringify({ tasks })],
    ["a list in a text", { tasks: JSON.stringify(tasks) }],
  ])("is %s", (_, value) => {
    expect(readTasks(value, 10)).toMatchObject({ ok: true, value: [{ id: "a" }] });
  });
});
