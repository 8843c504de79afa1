import { describe, expect, it } from "vitest";
import fc from "fast-check";
import type { AnsweredTask } from "./answered-task.ts";
import { draftTasks } from "./draft-tasks.ts";
import { fenced } from "./fence.ts";
import { isTaskId } from "../task-id.ts";

function answered(id: string, own: Partial<AnsweredTask> = {}): AnsweredTask {
  return {
    id,
    title: id,
    description: "",
    type: "testing",
    priority: "low",
    dependencies: [],
    estimatedTime: null,
    acceptanceCriteria: [],
    files: [],
    capabilities: [],
    ...own,
  };
}

const noNames = new Set<string>();

describe("a fence", () => {
  it("cannot be closed by what is in it", () => {
    const text = fc.string({ unit: fc.constantFrom("`", "\n", "a", " ") });
    fc.assert(
      fc.property(text, (inside) => {
        const lines = fenced("data", inside).split("\n");
        const fence = lines.at(-1) ?? "";
        expect(lines[0]).toBe(`${fence} data`);
        expect(lines.slice(1, -1).some((line) => line.includes(fence))).toBe(false);
      }),
    );
  });
});

describe("tasks of a model", () => {
  it("have ids that are fit, and needs that follow them", () => {
    const tasks = [
      answered("$(rm -rf)"),
      answered("../.."),
      answered("b", { dependencies: ["$(rm -rf)", "../..", "c"] }),
    ];
    const { reading } = draftTasks(tasks, noNames);
    expect(reading.tasks.map(({ statedId }) => statedId)).toEqual(["rm-rf", "task-2", "b"]);
    expect(reading.tasks[2]?.dependsOn).toEqual(["rm-rf", "task-2", "c"]);
  });

  it("always have ids that are fit, and never two that only came to be the same", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ minLength: 1 })), (ids) => {
        const made = draftTasks(
          ids.map((id) => answered(id)),
          noNames,
        ).reading.tasks.map(({ statedId }) => statedId ?? "");
        expect(made.filter((id) => !isTaskId(id))).toEqual([]);
        const unfit = made.filter((_, index) => !isTaskId(ids[index] ?? ""));
        expect(new Set(unfit.map((id) => id.toLowerCase())).size).toBe(unfit.length);
      }),
    );
  });

  it.each([
    ["./src/a.ts", "src/a.ts"],
    ["src/**/*.ts", "src/**/*.ts"],
    [".github/workflows/ci.yml", ".github/workflows/ci.yml"],
    ["../a", null],
    ["a/../../b", null],
    ["/etc/passwd", null],
    ["~/.ssh/id", null],
    ["C:\\x", null],
    ["a\\b", null],
    ["sub/.GIT/hooks/pre-commit", null],
    ["a\nb", null],
    ["", null],
  ])("may concern the file %j only within the repository", (path, kept) => {
    const { reading, findings } = draftTasks([answered("a", { files: [path, "ok.ts"] })], noNames);
    expect(reading.tasks[0]?.files).toEqual(kept === null ? ["ok.ts"] : [kept, "ok.ts"]);
    expect(findings).toHaveLength(kept === null ? 1 : 0);
  });

  it("name nobody to do them, are allowed nothing, and ask for what the roster has", () => {
    const task = answered("a", { capabilities: ["rust", "magic"], estimatedTime: -3 });
    const [draft] = draftTasks([{ ...task, agent: "root", allow: ["secrets"] } as AnsweredTask], new Set(["rust"]))
      .reading.tasks;
    expect(draft).toMatchObject({
      agent: null,
      allow: [],
      capabilities: ["rust"],
      estimateMinutes: null,
      filesGuessed: true,
    });
  });

  it("are printable and bounded", () => {
    const [draft] = draftTasks(
      [answered("a", { title: "\u001b[31mx\n".repeat(500), description: "y\u0000".repeat(50_000) })],
      noNames,
    ).reading.tasks;
    expect(draft?.title).toMatch(/^[x …]{1,200}$/);
    expect(draft?.description).toMatch(/^y{20000}$/);
  });
});
