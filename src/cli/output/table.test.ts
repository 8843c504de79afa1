import { expect, it } from "vitest";
import { wrapped } from "./table.ts";

it("breaks long text between words, and has what follows stand in", () => {
  expect(wrapped("note  one two three", 12, 6)).toEqual(["note  one", "      two", "      three"]);
  expect(wrapped("note  \u001b[2mone two\u001b[22m", 13, 6)).toEqual(["note  \u001b[2mone two\u001b[22m"]);
  expect(wrapped("note  inseparable", 8, 6)).toEqual(["note ", "      inseparable"]);
});
