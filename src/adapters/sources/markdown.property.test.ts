import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Mark, MarkChange, RoadmapReading } from "../../domain/roadmap.ts";
import { changeMark, marksAfter } from "../../domain/roadmap.ts";
import { isTaskId } from "../../domain/task-id.ts";
import { readRoadmap } from "./markdown.ts";

interface Item {
  readonly bullet: string;
  readonly mark: " " | "x" | "X" | null;
  readonly text: string;
  readonly context: readonly string[];
  readonly items: readonly Item[];
}

const word = fc.constantFrom(
  "parse",
  "the",
  "файл",
  "日本",
  "🚀",
  "naïve",
  "`[ ]`",
  "**bold**",
  "a|b",
  "[x]",
  "(y)",
  "e\u0301",
);
const text = fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => words.join(" "));
const context = fc.constantFrom(
  [],
  ["some prose"],
  ["**Files**: `a.ts`"],
  ["", "```sh", "- [ ] not me", "```"],
  ["", "<!--", "- [x] nor me", "-->", ""],
  ["", "| a | b |", "|---|---|", "| [ ] | [x] |", ""],
  ["Priority: high", "", "> quoted"],
);
const { item } = fc.letrec<{ item: Item }>((tie) => ({
  item: fc.record({
    bullet: fc.constantFrom("-", "*", "+", "1.", "12)"),
    mark: fc.constantFrom<(" " | "x" | "X" | null)[]>(" ", " ", "x", "X", null),
    text,
    context,
    items: fc.oneof({ maxDepth: 3, depthSize: "small" }, fc.constant([]), fc.array(tie("item"), { maxLength: 3 })),
  }),
}));
const heading = fc.constantFrom(
  "# Title",
  "## Phase 1: One",
  "## Phase 2 — Two",
  "### 1.1 Section",
  "### Phase A",
  "## Notes",
);
const block = fc.oneof(
  heading.map((line) => [line]),
  fc.array(item, { minLength: 1, maxLength: 3 }),
  fc.constantFrom(["Prose."], ["```", "- [ ] fenced", "```"], ["> **Priority**: LOW"], ["    - [ ] code"], ["---"]),
);
const document = fc.record({
  blocks: fc.array(block, { maxLength: 6 }),
  frontMatter: fc.boolean(),
  mark: fc.boolean(),
  // A lone CR before an empty line that ends in LF would be read as one CRLF, so it is not mixed in.
  endings: fc.oneof(fc.array(fc.constantFrom("\n", "\r\n"), { minLength: 1, maxLength: 3 }), fc.constant(["\r"])),
  finalEnding: fc.boolean(),
});

function itemLines(item: Item, indent: string): string[] {
  const box = item.mark === null ? "" : `[${item.mark}] `;
  const inner = indent + " ".repeat(item.bullet.length + 1);
  return [
    `${indent}${item.bullet} ${box}word ${item.text}`,
    ...item.context.map((line) => (line === "" ? "" : inner + line)),
    ...(item.items.length > 0 ? [""] : []),
    ...item.items.flatMap((child) => itemLines(child, inner)),
  ];
}

function marks(item: Item): boolean[] {
  return [...(item.mark === null ? [] : [item.mark !== " "]), ...item.items.flatMap(marks)];
}

type Document = typeof document extends fc.Arbitrary<infer T> ? T : never;

/** Blocks are kept apart by a comment, or one list could become part of the one before. */
function write({ blocks, frontMatter, mark, endings, finalEnding }: Document): string {
  const lines = blocks.flatMap((parts) => [
    ...parts.flatMap((part) => (typeof part === "string" ? [part] : itemLines(part, ""))),
    "",
    "<!-- - [ ] apart -->",
    "",
  ]);
  const all = [...(frontMatter ? ["---", "title: x", "- [ ] no", "---"] : []), ...lines];
  const joined = all.map((line, index) => line + (endings[index % endings.length] ?? "\n")).join("");
  return (mark ? "\uFEFF" : "") + joined + (finalEnding ? "" : "the end");
}

function differences(before: string, after: string): number {
  expect(after.length).toBe(before.length);
  let count = 0;
  for (let index = 0; index < before.length; index++) if (before[index] !== after[index]) count++;
  return count;
}

function expectSound(source: string, { marks, tasks, phases }: RoadmapReading): void {
  for (const { kind, offset, text, state } of marks) {
    expect(source.slice(offset, offset + text.length)).toBe(text);
    if (kind !== "box") continue;
    expect(source.slice(offset - 1, offset + 2)).toMatch(state === "done" ? /^\[[xX]\]$/ : /^\[[ \t]\]$/);
  }
  const ids = tasks.map((task) => task.positionalId);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.filter((id) => !isTaskId(id))).toEqual([]);
  expect(tasks.filter((task) => task.title.trim() === "")).toEqual([]);
  expect(tasks.filter((task) => task.phase !== null && phases[task.phase] === undefined)).toEqual([]);
  const own = tasks.map((task) => task.mark);
  expect(own).toEqual([...own].sort((a, b) => Number(a) - Number(b)));
}

function boxesOf({ marks }: RoadmapReading): Mark[] {
  return marks.filter(({ kind }) => kind === "box");
}

function ticked(mark: Mark): MarkChange {
  return { mark, to: { text: mark.done, state: "done" } };
}

describe("generated roadmaps", () => {
  it("finds every box and no other", () => {
    fc.assert(
      fc.property(document, (parts) => {
        const reading = readRoadmap(write(parts));
        const expected = parts.blocks.flatMap((block) =>
          block.flatMap((part) => (typeof part === "string" ? [] : marks(part))),
        );
        expect(boxesOf(reading).map(({ state }) => state === "done")).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  it("accounts for every open box as a task or a sub-task", () => {
    fc.assert(
      fc.property(document, (parts) => {
        const reading = readRoadmap(write(parts));
        const boxed = reading.tasks.filter(({ mark }) => mark !== null);
        const open = boxed.flatMap((task) => [task, ...task.subtasks]).filter((one) => !one.done);
        expect(open).toHaveLength(boxesOf(reading).filter(({ state }) => state === "open").length);
      }),
      { numRuns: 200 },
    );
  });

  it("changes one character when a box is ticked, and nothing else on reading again", () => {
    fc.assert(
      fc.property(document, fc.nat(), (parts, pick) => {
        const source = write(parts);
        const before = readRoadmap(source);
        expectSound(source, before);
        const boxes = boxesOf(before);
        const box = boxes[pick % Math.max(1, boxes.length)];
        fc.pre(box !== undefined && box.state === "open");
        const change = ticked(box);
        const after = changeMark(source, change);
        expect(differences(source, after)).toBe(1);
        expect(readRoadmap(after).marks).toEqual(marksAfter(before.marks, change));
        expect(changeMark(after, { mark: { ...box, text: "x" }, to: box })).toBe(source);
      }),
      { numRuns: 200 },
    );
  });
});

describe("any text", () => {
  const bits = [
    ..."- [ ] |- [x] |[ ]|[X]|> |  |\t|    |1. |+ |* |```|~~~|<!--|-->|**|__|`|[|]|(|)|\\|---|===|:|,|#|a".split("|"),
    ..."Depends on: ;Files: `a`;**Acceptance**:;ID: x;<!-- id: y -->;> **Prerequisite**: Phase 1;|;|-|-|".split(";"),
    ..."# Phase 1: x;## Phase 1;### 1.1 s;\n;\n;\r\n;\r;\uFEFF;\0;\uD83D;🚀;\u2028".split(";"),
  ];
  const junk = fc.array(fc.constantFrom(...bits), { maxLength: 60 }).map((parts) => parts.join(""));

  it("never throws, and what it finds is sound", () => {
    fc.assert(
      fc.property(fc.oneof(junk, fc.string({ unit: "binary", maxLength: 80 })), (source) => {
        const reading = readRoadmap(source);
        expectSound(source, reading);
        for (const mark of reading.marks) {
          const change = ticked(mark);
          expect(readRoadmap(changeMark(source, change)).marks).toEqual(marksAfter(reading.marks, change));
        }
      }),
      { numRuns: 1_500 },
    );
  });

  it.each([
    [
      "deep nesting in steps",
      Array.from({ length: 150 }, (_, depth) => `${"  ".repeat(depth)}- [ ] x`).join("\n"),
      150,
    ],
    ["deep nesting in one line", `${"+ ".repeat(1_000)}[ ] x`, 1],
    ["deep quotes", `${">".repeat(5_000)}- [ ] x`, 1],
    ["brackets", `- [ ] ${"[".repeat(50_000)}`, 1],
    ["stars", `- [ ] ${"*a ".repeat(20_000)}`, 1],
    ["backticks", Array.from({ length: 500 }, (_, count) => "`".repeat(count)).join(" "), 0],
    ["open comments", `- [ ] ${"<!--".repeat(20_000)}`, 1],
    ["keys", `- [ ] x\n${"  Depends on: a, b and c\n".repeat(3_000)}`, 1],
    ["one endless list of words", `- [ ] x\n  Depends on: ${"a and b, ".repeat(10_000)}`, 1],
    [
      "one endless heading",
      `## Phase 1: ${"Phase 1, ".repeat(5_000)}\n> Prerequisite: ${"Phases 1-".repeat(5_000)}\n- [ ] x`,
      1,
    ],
    ["dots and digits", `## Phase 1: x\n### ${"1.".repeat(20_000)}\n- [ ] ${"1.".repeat(20_000)}`, 1],
  ])("stands %s", (_, source, count) => {
    expect(boxesOf(readRoadmap(source))).toHaveLength(count);
  });
});
