import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { changeMark, marksAfter, type Mark } from "../../domain/roadmap.ts";
import { readRoadmap } from "./markdown.ts";

const title = fc
  .array(fc.constantFrom("parse", "the", "файл", "日本", "naïve", "`a|b`", "**bold**", "(y)", "[x](u)", "e\u0301"), {
    minLength: 1,
    maxLength: 3,
  })
  .map((words) => `word ${words.join(" ")}`);
const sign = fc.constantFrom("✅", "🚧", "📋", "🔲", "☐", "☑️", "✔", "❌", "⬜", "🟢", "🟡", "🔴", "⏳", "⏸️");
const status = fc.constantFrom(
  "Done",
  "In progress",
  "Planned",
  "**Open**",
  "完成",
  "进行中",
  "Fait",
  "En cours",
  "erledigt",
  "",
  "✅ Done",
  "🚧 WIP",
  "🟡 Planned",
  "⏸️ Done",
  "🔴",
  "40%",
  "[ ]",
  "[x]",
  "Blocked",
  "Perhaps",
);
const marker = fc.constantFrom(" ", "x", "~", "/", "-", "!", ">", "?", "✅", "o", "@");

const item = fc.oneof(
  fc.tuple(sign, title).map(([mark, text]) => [`- ${mark} ${text}`]),
  fc.tuple(sign, title).map(([mark, text]) => [`1. **${mark}** ${text}`, "   more"]),
  fc.tuple(title, sign).map(([text, mark]) => [`* ${text} ${mark}`]),
  fc.tuple(title, sign, status).map(([text, mark, said]) => [`- ${text} — ${mark} ${said}`]),
  fc.tuple(marker, title).map(([mark, text]) => [`- [${mark}] ${text}`, "  - [ ] word below"]),
  fc.tuple(title, sign, status).map(([text, mark, said]) => [`- ${text}: ${mark} ${said}`]),
  fc.tuple(title, sign, status).map(([text, mark, said]) => [`- ${text}`, `  - **Status**: ${mark} ${said}`]),
  fc.tuple(title, sign).map(([text, mark]) => [`- ${mark} **In progress**: ${text}`]),
  title.map((text) => [`- ${text}`]),
);
/** That may explain a sign. */
const words = fc.constantFrom("Done", "Planned", "in progress", "Testing: all of it", "blocked, for now", "word");
const legend = fc.oneof(
  fc.tuple(sign, words).map(([mark, said]) => [`- ${mark} = ${said}`]),
  fc.tuple(marker, words).map(([mark, said]) => [`- [${mark}] ${said}`]),
  fc.tuple(sign, words, sign, words).map(([one, is, two, too]) => [`**Status**: ${one} ${is} | ${two} ${too}`]),
  fc.tuple(sign, words, sign, words).map(([one, is, two, too]) => [`- Progress: ${one} ${is}, ${two} ${too}`]),
  fc.tuple(sign, words).map(([mark, said]) => ["", `Legend: ${mark} ${said}`]),
  fc
    .tuple(
      fc.constantFrom("| Symbol | Meaning |", "| Status | Task |", "| | |", "| Prio | Status |"),
      fc.constantFrom("", " Task |", " Description |"),
      fc.array(
        fc.tuple(
          fc.oneof(
            sign,
            marker.map((mark) => `[${mark}]`),
          ),
          fc.oneof(words, title),
        ),
        { minLength: 1, maxLength: 3 },
      ),
    )
    .map(([head, more, rows]) => [
      head + more,
      `|:--|---|${more === "" ? "" : "---|"}`,
      ...rows.map(([mark, said], index) => `| ${mark} | ${said} |${more === "" ? "" : ` word ${index} |`}`),
    ]),
);
const heading = fc.oneof(
  fc.tuple(marker, title).map(([mark, text]) => [`## [${mark}] ${text}`, "Sentence."]),
  fc.tuple(sign, title).map(([mark, text]) => [`### ${mark} ${text} ###`]),
  fc.tuple(title, status).map(([text, said]) => [`### ${text}`, "", `**Status**: ${said}`]),
  fc.constantFrom(["# Roadmap"], ["## Next"], ["## Phase 1: One"], ["## Notes"], ["## Legend"], ["Setext 🚧", "---"]),
);
const table = fc
  .tuple(
    fc.constantFrom("Status", "Statut", "状态", "Notes"),
    fc.array(fc.tuple(title, status), { minLength: 1, maxLength: 4 }),
  )
  .map(([head, rows]) => [`| Task | ${head} |`, "|:--|:-:|", ...rows.map(([text, said]) => `| ${text} | ${said} |`)]);
const other = fc.constantFrom(
  ["Words."],
  ["```", "- 🚧 fenced", "```"],
  ["<!--", "- [ ] hidden", "-->"],
  ["✅ Done | 🟡 Open"],
);
const document = fc.record({
  blocks: fc.array(fc.oneof(item, item, heading, table, legend, other), { maxLength: 10 }),
  apart: fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
  mark: fc.boolean(),
  endings: fc.array(fc.constantFrom("\n", "\r\n"), { minLength: 1, maxLength: 3 }),
  finalEnding: fc.boolean(),
});
type Document = typeof document extends fc.Arbitrary<infer T> ? T : never;

function write({ blocks, apart, mark, endings, finalEnding }: Document): string {
  const lines = blocks.flatMap((block, index) => [...block, ...(apart[index % apart.length] === true ? [""] : [])]);
  const all = lines.map((line, index) => {
    return index === lines.length - 1 && !finalEnding ? line : line + (endings[index % endings.length] ?? "\n");
  });
  return (mark ? "\uFEFF" : "") + all.join("");
}

/** All that a tick may change of a mark is the mark. What other marks would become is told by those that are done. */
function told(marks: readonly Mark[]): Mark[] {
  return marks.map((mark) => ({ ...mark, done: "" }));
}

describe("generated roadmaps of every form", () => {
  it("are the same when one mark is done, but for its own characters", () => {
    fc.assert(
      fc.property(document, fc.nat(), (parts, pick) => {
        const source = write(parts);
        const { marks } = readRoadmap(source);
        for (const { offset, text } of marks) expect(source.slice(offset, offset + text.length)).toBe(text);
        const open = marks.filter(({ state }) => state !== "done");
        const mark = open[pick % Math.max(1, open.length)];
        fc.pre(mark !== undefined);
        const change = { mark, to: { text: mark.done, state: "done" } } as const;
        const after = changeMark(source, change);
        expect(after.slice(0, mark.offset)).toBe(source.slice(0, mark.offset));
        expect(after.slice(mark.offset + mark.done.length)).toBe(source.slice(mark.offset + mark.text.length));
        const again = readRoadmap(after);
        expect(told(again.marks)).toEqual(told(marksAfter(marks, change)));
        const done = again.marks[marks.indexOf(mark)];
        expect(done && changeMark(after, { mark: done, to: mark })).toBe(source);
      }),
      { numRuns: 150 },
    );
  });

  it("have every task tied to a mark of its own, or to none", () => {
    fc.assert(
      fc.property(document, (parts) => {
        const { marks, tasks } = readRoadmap(write(parts));
        const own = tasks.flatMap(({ mark }) => (mark === null ? [] : [mark]));
        expect(new Set(own).size).toBe(own.length);
        for (const task of tasks) {
          const mark = task.mark === null ? undefined : marks[task.mark];
          if (mark !== undefined) expect(mark.state === "done").toBe(task.done);
        }
      }),
      { numRuns: 150 },
    );
  });
});
