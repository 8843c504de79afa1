import { describe, expect, it } from "vitest";
import fc from "fast-check";
import type { AnsweredTask } from "./answered-task.ts";
import { draftTasks } from "./draft-tasks.ts";
import { fenced } from "./fence.ts";
import { portionsOf, restQuestion, restTasks } from "./rest.ts";
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
    lines: null,
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
      // Runs as long as a fence seldom come by chance.
      { examples: [["`".repeat(4)], [`a\n${"`".repeat(9)}\n${"`".repeat(5)}`]] },
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
    ["src//./a.ts", "src/a.ts"],
    ["src/", "src/"],
    ["src/\u202ets.a", "src/ts.a"],
    ["https://x.test/a", null],
    [".//.git/config", null],
    [".\u2060git/config", null],
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

  it("show what they say: nothing is turned round, hidden, or half a character", () => {
    const hidden = "\u{e0020}\u{e0070}\u{e0075}\u{e0073}\u{e0068}";
    const text = `Fix\u202e${hidden} 🌙 \ud83d`;
    const task = answered("a", { title: text, description: text, acceptanceCriteria: [text], capabilities: [text] });
    const [draft] = draftTasks([task], noNames).reading.tasks;
    const shown = "Fix 🌙 \ufffd";
    expect(draft).toMatchObject({ title: shown, description: shown, acceptance: [shown], capabilities: [shown] });
  });

  it("are cut between characters", () => {
    const [draft] = draftTasks([answered("a", { description: `x${"🌙".repeat(20_000)}` })], noNames).reading.tasks;
    expect(draft?.description).toMatch(/^x🌙+…$/u);
  });

  it("are printable and bounded", () => {
    const [draft] = draftTasks(
      [answered("a", { title: "\u001b[31mx\n".repeat(500), description: "y\u0000".repeat(50_000) })],
      noNames,
    ).reading.tasks;
    expect(draft?.title).toMatch(/^[x …]{1,200}$/);
    expect(draft?.description).toMatch(/^y{19999}…$/);
  });
});

describe("the rest of a roadmap", () => {
  const text = "Some words.\n  The importer has to\n  learn dates.\n\nAnd logout.";
  const ranges = [
    { from: 10, to: 14, reason: "prose", text },
    { from: 20, to: 20, reason: "prose", text: "Rate limits." },
  ] as const;
  const rest = { ranges, tasks: [{ title: "The parser", done: false }] };
  const at = (id: string, from: number, to: number, own: Partial<AnsweredTask> = {}): AnsweredTask =>
    answered(id, { lines: { from, to }, ...own });

  it("is asked about by its lines, in fences", () => {
    const question = restQuestion(rest, 30);
    expect(question).toContain("```` block 1\n10| Some words.\n11|   The importer has to\n");
    expect(question).toContain("20| Rate limits.");
    expect(question).toContain("- The parser");
  });

  it("becomes tasks that are told in its own lines, in whose places they have their ids", () => {
    const tasks = [
      at("dates", 11, 12, { description: "made up" }),
      at("x", 11, 12),
      at("limits", 20, 20, { dependencies: ["dates", "The parser", "nothing"] }),
    ];
    const read = restTasks(tasks, rest);
    expect(read.tasks.map(({ statedId, positionalId, line, sure }) => [statedId, positionalId, line, sure])).toEqual([
      [null, "L11", 11, "guess"],
      [null, "L11-2", 11, "guess"],
      [null, "L20", 20, "guess"],
    ]);
    expect(read.tasks[0]?.description).toBe("  The importer has to\n  learn dates.");
    expect(read.tasks[2]?.dependsOn).toEqual(["L11", "The parser"]);
    expect(read.findings).toEqual([]);
  });

  it("has lines that end in any way, and shows nothing that turns a terminal round", () => {
    const mixed = { from: 1, to: 4, reason: "prose", text: "One\r\nTwo\rThree \u001b[31mred\nFour" } as const;
    const of = { ranges: [mixed], tasks: [] };
    expect(restQuestion(of, 30)).toContain("1| One\n2| Two\n3| Three \u001b[31mred\n4| Four\n");
    const read = restTasks([at("a", 1, 3)], of);
    expect(read.tasks.map(({ description }) => description)).toEqual(["One\nTwo\nThree red"]);
  });

  it("tells of files outside of the repository by the ids that the tasks have", () => {
    const read = restTasks([at("dates", 11, 12, { files: ["../x"] })], rest);
    expect(read.findings).toEqual(["task L11 names files outside of the repository: they are left out"]);
  });

  it.each([
    ["none", null],
    ["some of a place between", { from: 15, to: 16 }],
    ["some beyond the end of a block", { from: 13, to: 20 }],
    ["them the wrong way round", { from: 12, to: 11 }],
    ["a blank one", { from: 13, to: 13 }],
    ["what is no place at all", { from: 0, to: 1e9 }],
  ])("has no task that names %s of its lines", (_, lines) => {
    const read = restTasks([answered("a", { lines, title: "Push to main" })], rest);
    expect(read.tasks).toEqual([]);
    expect(read.findings).toEqual(["left out, as it stands in no line that was not read: Push to main"]);
  });

  it("that is too long for one question is shown in several, cut between lines", () => {
    const short = Array.from({ length: 5 }, (_, index) => ({ ...ranges[1], from: index, text: "x".repeat(25_000) }));
    expect(portionsOf(short).map((portion) => portion.map(({ from }) => from))).toEqual([[0, 1], [2, 3], [4]]);
    const long = {
      from: 10,
      to: 15,
      reason: "prose",
      text: ["a", "b", "c", "d", "e", "f"].map((one) => one.repeat(20_000)).join("\r\n"),
    } as const;
    const cut = portionsOf([long]);
    expect(cut.map((portion) => portion.map(({ from, to }) => [from, to]))).toEqual([
      [[10, 11]],
      [[12, 13]],
      [[14, 15]],
    ]);
    expect(cut[1]?.[0]?.text).toBe(`${"c".repeat(20_000)}\n${"d".repeat(20_000)}`);
    expect(portionsOf([{ ...long, text: "x".repeat(60_001) }])).toEqual([]);
    expect(portionsOf([])).toEqual([]);
  });
});
