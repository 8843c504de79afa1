import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readTaskFile } from "./task-file.ts";

describe("a task file", () => {
  it("holds one task per line, with an optional description", () => {
    const text =
      "\uFEFF# tonight\r\n\r\nFix the parser | it fails on CRLF | and tabs\r\n   \r\n  Write   docs  \r# no\nLast";
    const { tasks, marks, phases } = readTaskFile(text);
    expect({ marks, phases }).toEqual({ marks: [], phases: [] });
    expect(tasks.map((task) => [task.positionalId, task.title, task.description, task.line])).toEqual([
      ["1", "Fix the parser", "it fails on CRLF | and tabs", 3],
      ["2", "Write docs", "", 5],
      ["3", "Last", "", 7],
    ]);
  });

  it("gives a line without a title a stand-in", () => {
    expect(readTaskFile("| only this").tasks).toMatchObject([{ title: "(untitled)", description: "only this" }]);
  });

  it("numbers whatever it is given from 1 without gaps", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const ids = readTaskFile(text).tasks.map((task) => task.positionalId);
        expect(ids).toEqual(ids.map((_, index) => String(index + 1)));
      }),
    );
  });
});
