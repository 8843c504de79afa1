import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assemblePlan } from "./assemble.ts";
import type { PlanProblem } from "./assemble.ts";
import type { PlannedTask } from "./plan.ts";
import type { PlanInput } from "./plan-input.ts";
import { findMark } from "./roadmap.ts";
import type { DraftTask, Phase } from "./roadmap.ts";
import { isTaskId } from "./task-id.ts";

type Given = Partial<DraftTask> & { readonly title: string };

interface Source {
  readonly name?: string;
  readonly phases?: readonly Partial<Phase>[];
  readonly tasks: readonly Given[];
}

/** Every task gets a box, and its place in the list as positional id unless it has one. */
function source({ name = "plan.md", phases = [], tasks }: Source): PlanInput {
  return {
    kind: "roadmap",
    name,
    path: name,
    reading: {
      form: "boxes",
      marks: tasks.map((task, index) => ({
        kind: "box",
        offset: index,
        text: task.done === true ? "x" : " ",
        state: task.done === true ? "done" : "open",
        done: "x",
        label: task.title,
        under: "",
        line: index + 1,
      })),
      phases: phases.map((phase, index) => {
        return { id: String(index), name: "", goal: "", effort: "", prerequisites: null, ...phase };
      }),
      tasks: tasks.map((task, index) => ({
        statedId: null,
        number: null,
        positionalId: String(index + 1),
        done: false,
        left: null,
        sure: "stated",
        description: "",
        priority: "medium",
        phase: null,
        section: null,
        files: [],
        acceptance: [],
        subtasks: [],
        dependsOn: null,
        agent: null,
        type: null,
        capabilities: [],
        estimateMinutes: null,
        allow: [],
        mark: index,
        line: index + 1,
        ...task,
      })),
      unread: [],
    },
  };
}

function planned(...sources: readonly Source[]): readonly PlannedTask[] {
  const assembled = assemblePlan(sources.map(source));
  if (!assembled.ok) throw new Error(JSON.stringify(assembled.problems));
  return assembled.plan.tasks;
}

function needs(...sources: readonly Source[]): Record<string, readonly string[]> {
  return Object.fromEntries(planned(...sources).map((task) => [task.id, task.dependsOn]));
}

function problems(...sources: readonly Source[]): readonly PlanProblem[] {
  const assembled = assemblePlan(sources.map(source));
  return assembled.ok ? [] : assembled.problems;
}

describe("ids", () => {
  it("are stated ones, else positional ones, of open tasks only", () => {
    const tasks = [{ title: "a" }, { title: "b", statedId: "T1" }, { title: "c", done: true }];
    expect(planned({ tasks }).map((task) => task.id)).toEqual(["1", "T1"]);
  });

  it("give way to a stated one where a place reads the same", () => {
    expect(planned({ tasks: [{ title: "a" }, { title: "b", statedId: "1" }] }).map((task) => task.id)).toEqual([
      "1-2",
      "1",
    ]);
  });

  it("of later sources give way to earlier ones", () => {
    const two = { tasks: [{ title: "a" }, { title: "b", dependsOn: ["1"] }] };
    expect(needs({ ...two, name: "a.md" }, { ...two, name: "b.md" })).toEqual({
      "1": [],
      "2": ["1"],
      "1-2": [],
      "2-2": ["1-2"],
    });
  });

  it("are refused when two tasks state the same one, done or not, in whatever case and source", () => {
    expect(
      problems(
        { name: "a.md", tasks: [{ title: "a", statedId: "T1", done: true }] },
        { name: "b.md", tasks: [{ title: "x" }, { title: "b", statedId: "t1" }] },
      ),
    ).toEqual([
      {
        reason: "duplicate-id",
        id: "T1",
        at: [
          { source: "a.md", line: 1 },
          { source: "b.md", line: 2 },
        ],
      },
    ]);
  });

  it("that are given anew in each list of a document name the first of them, and are told from each other in a note", () => {
    const tasks = [
      { title: "a", statedId: "T1", list: 1, done: true },
      { title: "b", statedId: "T1", list: 2 },
      { title: "c", statedId: "T2", list: 2, dependsOn: ["T1"] },
      { title: "d", statedId: "t1", list: 3, dependsOn: ["T2"] },
      { title: "e", statedId: "T3", list: 3, dependsOn: ["T1-2", "t1"] },
    ];
    expect(needs({ tasks })).toEqual({ "T1-2": [], T2: ["T1-2"], "t1-3": ["T2"], T3: ["T1-2", "t1-3"] });
    expect(assemblePlan([source({ tasks })])).toMatchObject({
      plan: { notes: ["T1 names more than one task of plan.md: the one in line 2 is T1-2, and 1 more like it"] },
    });
    const same = { title: "f", statedId: "T2", list: 2, done: true };
    expect(problems({ tasks: [...tasks, same] })[0]).toMatchObject({
      reason: "duplicate-id",
      id: "T2",
      at: [{ line: 3 }, { line: 6 }],
    });
    const far = { title: "g", list: 4, dependsOn: ["T1"] };
    expect(problems({ tasks: [...tasks, far] })).toMatchObject([{ reason: "ambiguous-dependency", reference: "T1" }]);
  });

  it("that only tasks of one list share which are done are none of the plan's", () => {
    const done = { title: "a", statedId: "T1", list: 1, done: true };
    expect(needs({ tasks: [done, done, { title: "b", list: 1, dependsOn: ["T1"] }] })).toEqual({ "3": [] });
  });

  it.each(["two words", "-x", "a..b", "a.", "a.lock", "a/b", "é", "x".repeat(65)])("refuse %s", (statedId) => {
    expect(problems({ tasks: [{ title: "a", statedId }] })).toEqual([
      { reason: "bad-id", id: statedId, at: { source: "plan.md", line: 1 } },
    ]);
  });
});

describe("references", () => {
  const tasks: readonly Given[] = [
    { title: "Read the file", statedId: "T1", number: "1.1", phase: 0, positionalId: "1.1" },
    { title: "Parse the file", number: "1.2", phase: 0, positionalId: "1.2" },
    { title: "Write the file", number: "3.7", phase: 1, positionalId: "2.1" },
    { title: "Old", statedId: "T0", done: true, phase: 0, positionalId: "1.3" },
  ];
  const phases = [
    { id: "1", name: "Input" },
    { id: "2", name: "Output stage" },
  ];

  it.each([
    ["a stated id", "T1", ["T1"]],
    ["a stated id in another case", "t1", ["T1"]],
    ["a place", "2.1", ["2.1"]],
    ["the place of a task with a stated id", "1.1", ["T1"]],
    ["a number", "3.7", ["2.1"]],
    ["a number with the word task", "Task 3.7", ["2.1"]],
    ["a title", "parse  the FILE", ["1.2"]],
    ["an id with a remark", "T1 (the reader)", ["T1"]],
    ["a phase", "Phase 1", ["T1", "1.2"]],
    ["a phase and what it must be", "phase 01 complete", ["T1", "1.2"]],
    ["a phase by name", "output Stage", ["2.1"]],
    ["an id with more words behind it", "T1 must be there", ["T1"]],
    ["an id with a remark of another script", "T1（読む）", ["T1"]],
    ["a number with another language's word", "任务 1.2", ["1.2"]],
    ["all between two", "1.1–2.1", ["T1", "1.2", "2.1"]],
    ["all between two, the end of it short", "1.1-2", ["T1", "1.2"]],
    ["the phases between two", "Phase 1 to Phase 2", ["T1", "1.2", "2.1"]],
    ["a done task", "T0", []],
    ["a done task by title", "Old", []],
  ])("by %s", (_, reference, expected) => {
    const last = { title: "Last", positionalId: "9", dependsOn: [reference] };
    expect(needs({ phases, tasks: [...tasks, last] })["9"]).toEqual(expected);
  });

  it("by a title with the number in front, as the document has it", () => {
    const input = source({ tasks: [{ title: "Read" }, { title: "b", dependsOn: ["1.1: Read"] }] });
    const marks = input.reading.marks.map((mark, index) => (index === 0 ? { ...mark, label: "1.1: Read" } : mark));
    const assembled = assemblePlan([{ ...input, reading: { ...input.reading, marks } }]);
    expect(assembled).toMatchObject({ ok: true, plan: { tasks: [{}, { dependsOn: ["1"] }] } });
  });

  it("are counted once each", () => {
    const last = { title: "Last", positionalId: "9", dependsOn: ["T1", "1.1", "Phase 1", "Read the file"] };
    expect(needs({ phases, tasks: [...tasks, last] })["9"]).toEqual(["T1", "1.2"]);
  });

  it("keep a task's need of itself, but not as a part of its phase", () => {
    expect(needs({ tasks: [{ title: "a", dependsOn: ["1"] }] })).toEqual({ "1": ["1"] });
    const accents = [{ title: "Cafe\u0301" }, { title: "b", dependsOn: ["caf\u00e9"] }];
    expect(needs({ tasks: accents })).toEqual({ "1": [], "2": ["1"] });
    const two = [
      { title: "a", phase: 0 },
      { title: "b", phase: 0, dependsOn: ["Phase 0"] },
    ];
    expect(needs({ phases: [{}], tasks: two })).toEqual({ "1": [], "2": ["1"] });
  });

  it("reach into other sources where the own one has no answer", () => {
    const a = { name: "a.md", tasks: [{ title: "Base", statedId: "B1" }, { title: "Odd" }] };
    const b = { name: "b.md", tasks: [{ title: "Top", dependsOn: ["B1", "odd", "2"] }] };
    expect(needs(a, b)).toMatchObject({ "1": ["B1", "2"] });
  });

  it("that mean nothing are a problem, with spellings near to them", () => {
    const last = {
      title: "Last",
      positionalId: "9",
      dependsOn: ["T2", "Parse teh file", "write", "quite something else"],
    };
    const found = problems({ phases, tasks: [...tasks, last] });
    const at = { source: "plan.md", line: 5 };
    expect(found).toMatchObject([
      { reason: "unknown-dependency", task: "9", reference: "T2", at },
      { reference: "Parse teh file", nearest: ["Parse the file"] },
      { reference: "write", nearest: ["Write the file"] },
      { reference: "quite something else", nearest: [] },
    ]);
    expect(found[0]).toMatchObject({ nearest: expect.arrayContaining(["T1"]) });
  });

  it("beside names of tasks may be of what has to be there besides, which is said", () => {
    const about = (dependsOn: string[]): Source => ({
      tasks: [...tasks, { title: "Last", positionalId: "9", dependsOn }],
    });
    expect(needs(about(["T1", "a signed contract"]))["9"]).toEqual(["T1"]);
    const assembled = assemblePlan([source(about(["T1", "a signed contract"]))]);
    expect(assembled).toMatchObject({
      plan: { notes: ["9 does not wait for “a signed contract”, which is no task of the plan"] },
    });
    for (const odd of ["T9", "does-not-exist", "Phase 7", "Write teh file"])
      expect(problems(about(["T1", odd]))).toMatchObject([{ reason: "unknown-dependency", reference: odd }]);
  });

  it("in a title count where they name a task, besides the order of phases", () => {
    const last = {
      title: "Last",
      phase: 1,
      positionalId: "2.2",
      mentions: ["3.7", "t1", "9", "the moon", "Parse the file"],
    };
    const second = { title: "Twelfth", number: null, positionalId: "9", phase: 1 };
    expect(needs({ phases, tasks: [...tasks, second, last] })["2.2"]).toEqual(["T1", "1.2", "2.1"]);
  });

  it("to a title, number or place that two tasks share are a problem", () => {
    const twins = [
      { title: "a", number: "1.1" },
      { title: "a", number: "1.1" },
      { title: "b", number: "1" },
    ];
    expect(problems({ tasks: twins })).toEqual([]);
    for (const reference of ["a", "1.1", "1"]) {
      const [problem] = problems({ tasks: [...twins, { title: "c", dependsOn: [reference] }] });
      expect(problem).toMatchObject({ reason: "ambiguous-dependency", task: "4", reference, at: { line: 4 } });
      expect(problem?.reason === "ambiguous-dependency" && problem.candidates).toHaveLength(2);
    }
  });

  it("that could mean several tasks, all of them done, are satisfied", () => {
    const done = { title: "a", done: true };
    expect(needs({ tasks: [done, done, { title: "b", dependsOn: ["a"] }] })).toEqual({ "3": [] });
  });
});

describe("tasks that state no dependencies", () => {
  const in0 = { title: "a", phase: 0 };
  const in1 = { title: "b", phase: 1 };
  const in2 = { title: "c", phase: 2 };

  it.each([
    ["wait for the phase before", [{}, {}, {}], [in0, in1, in2], { "1": [], "2": ["1"], "3": ["2"] }],
    ["skip phases with nothing open", [{}, {}, {}], [in0, { ...in1, done: true }, in2], { "1": [], "3": ["1"] }],
    ["wait for the phases theirs names", [{}, {}, { prerequisites: [0] }], [in0, in1, in2], { "3": ["1"] }],
    [
      "wait for several",
      [{}, { prerequisites: [] }, { prerequisites: [0, 1] }],
      [in0, in1, in2],
      { "2": [], "3": ["1", "2"] },
    ],
    ["wait for later phases", [{ prerequisites: [1] }, { prerequisites: [] }], [in0, in1], { "1": ["2"], "2": [] }],
    ["wait for nothing when their phase needs nothing", [{}, { prerequisites: [] }], [in0, in1], { "2": [] }],
    ["wait for nothing when it is done", [{}, { prerequisites: [0] }], [{ ...in0, done: true }, in1], { "2": [] }],
    ["wait for nothing outside of phases", [{}], [in0, { title: "x" }], { "1": [], "2": [] }],
    ["and those that state none wait for nothing", [{}, {}], [in0, { ...in1, dependsOn: [] }], { "2": [] }],
  ] as const)("%s", (_, phases, tasks, expected) => {
    expect(needs({ phases, tasks })).toMatchObject(expected);
  });

  it("never wait for a phase of another source", () => {
    const one = { phases: [{}], tasks: [in0] };
    expect(needs({ ...one, name: "a.md" }, { ...one, name: "b.md" })).toEqual({ "1": [], "1-2": [] });
  });
});

describe("a plan", () => {
  it("names sources, phases and boxes", () => {
    const phases = [{ id: "1", name: "Input" }, { id: "2" }];
    const tasks = [
      { title: "same", phase: 0 },
      { title: "same", phase: 1, done: true },
      { title: "same", phase: 1 },
    ];
    const input = source({ phases, tasks });
    const assembled = assemblePlan([input]);
    expect(assembled).toMatchObject({
      ok: true,
      plan: {
        sources: [{ kind: "roadmap", name: "plan.md", boxes: { open: 2, done: 1 } }],
        tasks: [
          { phase: "Input", box: { path: "plan.md", label: "same", ordinal: 0, line: 1 } },
          { phase: "Phase 2", box: { path: "plan.md", label: "same", ordinal: 2, line: 3 } },
        ],
        notes: [],
      },
    });
    const anchor = assembled.ok ? (assembled.plan.tasks[1]?.box ?? null) : null;
    expect(anchor && findMark(input.reading.marks, anchor)).toBe(input.reading.marks[2]);
  });

  it("says what a task is expected to take only where its source does", () => {
    const minutes = planned({ tasks: [{ title: "a", estimateMinutes: 25 }, { title: "b" }] });
    expect(minutes.map((task) => task.estimateMinutes)).toEqual([25, undefined]);
  });

  it("has no box for a task of a source without boxes", () => {
    expect(planned({ tasks: [{ title: "a", mark: null }] })[0]?.box).toBeNull();
  });

  it("is refused when nothing is open, telling what was done", () => {
    expect(problems()).toEqual([{ reason: "empty", done: 0, left: 0, unread: [] }]);
    expect(problems({ tasks: [{ title: "a", done: true }] })).toEqual([
      { reason: "empty", done: 1, left: 0, unread: [] },
    ]);
  });

  it("of any tasks has unique, fit ids and needs only what is in it", () => {
    const given = fc.record({
      title: fc.constantFrom("a", "b", "c"),
      statedId: fc.option(fc.constantFrom("T1", "T2", "1", "2-2")),
      number: fc.option(fc.constantFrom("1", "1.1")),
      done: fc.boolean(),
      phase: fc.option(fc.nat(2)),
      dependsOn: fc.option(fc.array(fc.constantFrom("T1", "1", "1.1", "a", "Phase 1", "zzz"), { maxLength: 2 })),
    });
    const sources = fc.array(fc.array(given, { maxLength: 5 }), { maxLength: 3 });
    fc.assert(
      fc.property(sources, (lists) => {
        const assembled = assemblePlan(
          lists.map((tasks, index) => source({ name: `${index}`, phases: [{}, {}, {}], tasks })),
        );
        fc.pre(assembled.ok);
        const ids = assembled.plan.tasks.map((task) => task.id);
        expect(new Set(ids.map((id) => id.toLowerCase())).size).toBe(ids.length);
        expect(ids.filter((id) => !isTaskId(id))).toEqual([]);
        expect(assembled.plan.tasks.flatMap((task) => task.dependsOn).filter((id) => !ids.includes(id))).toEqual([]);
      }),
    );
  });
});
