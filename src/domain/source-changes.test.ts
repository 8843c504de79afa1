import { describe, expect, it } from "vitest";
import { newTask } from "./new-task.ts";
import { marksOf, type PlannedTask } from "./plan.ts";
import type { TaskRow } from "./rows.ts";
import { makeRunId } from "./run.ts";
import { sourceChanges } from "./source-changes.ts";

const run = makeRunId(0, "00000000");

function task(id: string, title: string, changes: Partial<PlannedTask> = {}): PlannedTask {
  const lists = { files: [], acceptance: [], subtasks: [], dependsOn: [], capabilities: [], allow: [] };
  const plain = { description: "", priority: "medium", phase: null, section: null, agent: null } as const;
  const box = { path: "R.md", label: title, ordinal: 0, line: 1 };
  return { id, title, ...lists, ...plain, type: "code-generation", box, ...changes };
}

const rowsOf = (...tasks: PlannedTask[]): TaskRow[] => tasks.map((planned, order) => newTask(run, planned, order));
const own = (planned: PlannedTask): boolean => marksOf(planned).some(({ path }) => path === "R.md");

describe("what changed in a source", () => {
  it("is nothing where it says the same, wherever its lines have gone", () => {
    const rows = rowsOf(task("1", "a"), task("2", "b"));
    expect(sourceChanges(rows, own, [task("1", "b"), task("2", "a")])).toEqual({
      added: [],
      dropped: [],
      edited: [],
    });
  });

  it("is a new task, under an id that is free, waiting for what it names by the ids of the run", () => {
    const rows = rowsOf(task("1", "a"), task("2", "b"));
    const now = [
      task("1", "first"),
      task("2", "a"),
      task("3", "b", { dependsOn: ["1", "2"] }),
      task("4", "c", { dependsOn: ["1", "2"] }),
    ];
    const { added, dropped } = sourceChanges(rows, own, now);
    expect(dropped).toEqual([]);
    expect(added.map(({ id, title, dependsOn }) => [id, title, dependsOn])).toEqual([
      ["1-2", "first", []],
      ["4", "c", ["1-2", "1"]],
    ]);
  });

  it("is not what a person said of a task: that is compared as it was planned", () => {
    const [edited] = rowsOf(task("1", "another title", { priority: "high", description: "All of it" }));
    const rows = [{ ...edited!, original: task("1", "a") }];
    expect(sourceChanges(rows, own, [task("1", "a")])).toEqual({ added: [], dropped: [], edited: [] });
    const now = sourceChanges(rows, own, [task("1", "a", { description: "Some of it" })]);
    expect(now.edited).toEqual([{ id: "1", what: ["description"] }]);
    expect(sourceChanges(rows, own, []).dropped).toEqual(["1"]);
  });

  it("is one that is gone and one that is new where another stands in its place, but not where its own id stays", () => {
    const rows = rowsOf(task("1", "a"), task("1.2", "b"), task("T7", "c"));
    const { added, dropped } = sourceChanges(rows, own, [task("1", "x"), task("1.2", "y"), task("T7", "z")]);
    expect(dropped).toEqual(["1", "1.2"]);
    expect(added.map(({ id, title }) => [id, title])).toEqual([
      ["1-2", "x"],
      ["1.2-2", "y"],
    ]);
  });

  it("is a task that it has no more; not one of another source, without a mark, or of a group", () => {
    const words = task("w", "words", { box: null });
    const other = task("o", "other", { box: { path: "S.md", label: "other", ordinal: 0, line: 1 } });
    const [one, two] = [task("p1", "part one"), task("p2", "part two")];
    const group = task("g-p1", "part one; part two", { box: null, parts: [one, two] });
    const rows = rowsOf(task("1", "a"), task("2", "gone"), words, other, group);
    expect(sourceChanges(rows, own, [task("1", "a"), one])).toEqual({
      added: [],
      dropped: ["2"],
      edited: [],
    });
  });

  it("is what it says else of tasks that are not over, by what they are called in the run", () => {
    const rows = rowsOf(task("1", "a"), task("2", "b", { dependsOn: ["1"] }), task("3", "c"), task("x", "d"));
    const landed = rows.map((row): TaskRow =>
      row.id === "3" ? { ...row, state: { status: "completed", commit: null } } : row,
    );
    const now = [
      task("1", "new"),
      task("2", "a", { files: ["a.ts"], description: "Files: `a.ts`" }),
      task("3", "b", { dependsOn: ["2"] }),
      task("4", "c", { description: "more" }),
      task("x", "called otherwise"),
    ];
    const { edited } = sourceChanges(landed, own, now);
    expect(edited).toEqual([
      { id: "1", what: ["description", "files"] },
      { id: "x", what: ["title"] },
    ]);
  });

  it("is what it says else of a part, not what its group has in common", () => {
    const [one, two] = [task("p1", "part one"), task("p2", "part two")];
    const group = task("g-p1", "part one; part two", { box: null, dependsOn: ["g-0"], parts: [one, two] });
    const next = task("n", "next", { dependsOn: ["g-p1"] });
    const now = [task("p1", "part one", { acceptance: ["It works"] }), task("p2", "part two", { dependsOn: ["p0"] })];
    const after = task("n", "next", { dependsOn: ["p1", "p2"] });
    expect(sourceChanges(rowsOf(group, next), own, [...now, after]).edited).toEqual([
      { id: "p1", what: ["acceptance"] },
    ]);
  });

  it("is not what the run knows without a mark", () => {
    const rows = rowsOf(task("1", "a", { box: null }));
    expect(
      sourceChanges(rows, own, [task("1", "a", { box: null }), task("2", "b", { box: null })]).added,
    ).toMatchObject([{ id: "2", title: "b" }]);
  });
});
