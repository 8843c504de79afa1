import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { graphShape } from "./graph.ts";
import { unordered } from "./order-of.ts";
import type { PlannedTask, SourceKind } from "./plan.ts";
import { checkPlan, type PlanFinding } from "./plan-check.ts";

function task(id: string, changes: Partial<PlannedTask> = {}): PlannedTask {
  const lists = { files: [], acceptance: ["it works"], subtasks: [], dependsOn: [], capabilities: [], allow: [] };
  const plain = { description: "", priority: "medium", phase: null, section: null, agent: null, box: null } as const;
  return { id, title: `title of ${id}`, ...lists, ...plain, type: "code-generation", ...changes };
}

const paths = new Set(["src/", "src/a.ts", "README.md"]);

function found(tasks: readonly PlannedTask[], kind: SourceKind = "request"): PlanFinding[] {
  return checkPlan(tasks, { paths, kindOf: () => kind });
}

describe("a plan", () => {
  it("that is sound has no findings", () => {
    const tasks = [
      task("a", { files: ["src/a.ts", "src", "/src/a.ts", "src/**/*.css"] }),
      task("b", { files: ["./README.md"] }),
    ];
    expect(found(tasks)).toEqual([]);
  });

  it.each([
    ["../x"],
    ["src/../../x"],
    ["/etc/passwd"],
    ["~/.ssh/id"],
    ["C:\\x"],
    ["\\\\host\\x"],
    [".git/hooks/pre-push"],
    ["a/.GIT/config"],
    ["https://example.org/x"],
    ["a\0b"],
  ])("names %s, which no agent may write", (file) => {
    const finding = { kind: "outside", task: "a", files: [file] };
    expect(found([task("a", { files: [file] })])).toEqual([{ ...finding, level: "error" }]);
    expect(found([task("a", { files: [file] })], "roadmap")).toEqual([{ ...finding, level: "risk" }]);
  });

  it("may name a file with its accent written otherwise", () => {
    const facts = { paths: new Set(["src/caf\u00e9.ts", "e\u0301/"]), kindOf: () => "roadmap" as const };
    expect(checkPlan([task("a", { files: ["src/cafe\u0301.ts", "\u00e9"] })], facts)).toEqual([]);
  });

  it("may name what is not there yet", () => {
    const files = ["src/new.ts", "../x", "src/a.ts"];
    expect(found([task("a", { files })])).toMatchObject([
      { kind: "outside", files: ["../x"] },
      { kind: "new-file", level: "note", files: ["src/new.ts"] },
    ]);
    expect(checkPlan([task("a", { files: ["new.ts", "/new.ts"] })], { paths: null, kindOf: () => "request" })).toEqual(
      [],
    );
  });

  it("has tasks that may run at once and name one file, but not those that wait for each other", () => {
    const files = ["src/a.ts"];
    const tasks = [
      task("a", { files }),
      task("b", { files: ["./src/a.ts"], dependsOn: ["m"] }),
      task("m", { dependsOn: ["a"] }),
      task("c", { files }),
    ];
    expect(found(tasks)).toEqual([{ kind: "shared-file", level: "risk", file: "src/a.ts", tasks: ["a", "b", "c"] }]);
    expect(found(tasks.slice(0, 3))).toEqual([]);
  });

  it("names one mark or one title twice", () => {
    const box = { path: "R.md", label: "x", ordinal: 0, line: 1 };
    const tasks = [
      task("a", { box }),
      task("b", { box }),
      task("c", { title: "Fix it!" }),
      task("d", { title: "fix  it" }),
    ];
    expect(found(tasks)).toEqual([
      { kind: "twice", level: "error", tasks: ["a", "b"], by: "mark" },
      { kind: "twice", level: "risk", tasks: ["c", "d"], by: "title" },
    ]);
  });

  it("has tasks that are too big, too small, or without an end", () => {
    const subtasks = Array.from({ length: 21 }, (_, index) => ({ title: String(index), done: index === 0 }));
    const tasks = [
      task("long", { estimateMinutes: 300 }),
      task("parts", { subtasks, acceptance: ["a"] }),
      task("tiny", { estimateMinutes: 1 }),
      task("endless", { acceptance: [] }),
    ];
    expect(found(tasks).map(({ kind, level }) => [kind, level])).toEqual([
      ["too-big", "risk"],
      ["too-big", "risk"],
      ["too-small", "note"],
      ["no-acceptance", "note"],
    ]);
    expect(found([task("tiny", { estimateMinutes: 1 })], "roadmap")).toEqual([]);
  });
});

describe("who may run at once", () => {
  it("is told as by a search through the graph", () => {
    const graph = fc
      .array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: 1, maxLength: 12 })
      .map((needs) =>
        needs.map((of, index) => ({ id: `t${index}`, dependsOn: index === 0 ? [] : of.map((n) => `t${n % index}`) })),
      );
    fc.assert(
      fc.property(
        graph,
        fc.array(fc.array(fc.nat({ max: 11 }), { maxLength: 6 }), { maxLength: 4 }),
        (nodes, picks) => {
          const groups = picks.map((pick) => [...new Set(pick.map((n) => `t${n % nodes.length}`))]);
          const reaches = (from: string, to: string): boolean =>
            nodes.find(({ id }) => id === from)?.dependsOn.some((need) => need === to || reaches(need, to)) ?? false;
          const expected = groups.map((group) =>
            group.filter((id) => group.some((other) => other !== id && !reaches(id, other) && !reaches(other, id))),
          );
          expect(unordered(nodes, groups)).toEqual(expected);
        },
      ),
    );
  });

  it("is told of more nodes than fit into one look", () => {
    const chain = Array.from({ length: 2_500 }, (_, index) => ({
      id: `t${index}`,
      dependsOn: index === 0 ? [] : [`t${index - 1}`],
    }));
    const alone = { id: "alone", dependsOn: [] };
    const ids = chain.map(({ id }) => id);
    const pairs = [ids.filter((_, index) => index % 500 === 0), ["t0", "alone"], ids.slice(0, 3)];
    expect(graphShape(chain).width).toBe(1);
    expect(unordered([...chain, alone], [...pairs, ids.slice(0, 1_200)])).toEqual([[], ["t0", "alone"], [], []]);
  });
});
