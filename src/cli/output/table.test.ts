import { expect, it } from "vitest";
import { tableOrPairs, wrapped } from "./table.ts";

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
