import { expect, it } from "vitest";
import { table, tableOrPairs, wrapped } from "./table.ts";

it("breaks long text between words, and has what follows stand in", () => {
  expect(wrapped("note  one two three", 12, 6)).toEqual(["note  one", "      two", "      three"]);
  expect(wrapped("note  \u001b[2mone two\u001b[22m", 13, 6)).toEqual(["note  \u001b[2mone two\u001b[22m"]);
  expect(wrapped("note  inseparable", 8, 6)).toEqual(["note ", "      inseparable"]);
});

it("puts what does not fit beside each other below, and nothing where there is nothing", () => {
  const rows = [
    ["✔", "login", "Add the login form", "aa451d35e8", "1 file, +31 −0", "passed, no test count", "3.4 s"],
    ["✔", "  part", "A part of it", "", "", "", ""],
  ];
  const how = { flexible: 2, heads: 4 };
  expect(tableOrPairs(rows, 200, how)).toHaveLength(2);
  const lines = tableOrPairs(rows, 60, how);
  expect(lines).toEqual([
    "✔  login   Add the login form  aa451d35e8",
    "   1 file, +31 −0 · passed, no test count · 3.4 s",
    "✔    part  A part of it",
  ]);
});

it("has a long last column go on below itself, before what it is about is cut", () => {
  const rows = [
    ["✘ failed", "1.2", "Lie about the docs", "", "the agent changed nothing, though it said: “Done!”"],
    ["○ queued", "1.3", "A short one", "", ""],
  ];
  expect(table(rows, 200, 2)).toEqual([
    "✘ failed  1.2  Lie about the docs  the agent changed nothing, though it said: “Done!”",
    "○ queued  1.3  A short one",
  ]);
  expect(table(rows, 60, 2)).toEqual([
    "✘ failed  1.2  Lie about the docs  the agent changed",
    "                                   nothing, though it said:",
    "                                   “Done!”",
    "○ queued  1.3  A short one",
  ]);
  expect(table(rows, 60, 2).every((line) => line.length <= 60)).toBe(true);
  // Where there is no room for a sentence, the terminal breaks it.
  expect(table(rows, 40, 2)).toHaveLength(2);
});

it("lets an empty first column stand in from the left, and leaves out others that no row has", () => {
  expect(table([["", "1", "", "one"]], 80, 3)).toEqual(["  1  one"]);
  expect(wrapped("  why: one two", 10, 4)).toEqual(["  why: one", "    two"]);
});
