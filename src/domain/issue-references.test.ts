import { expect, it } from "vitest";
import { blockersIn } from "./issue-references.ts";

it.each([
  ["Blocked by #12", ["12"]],
  ["It depends on #1, #2 and #3.", ["1", "2", "3"]],
  ["**Depends on:** #7", ["7"]],
  ["- [ ] blocked by #4\n- [ ] blocked by #5", ["4", "5"]],
  ["Requires #9; see #10", ["9"]],
  ["see #1, and closes #2", []],
  ["unblocked by #3", []],
  ["blocked by other/repo#3", []],
  ["depends on nothing", []],
])("%s", (body, numbers) => {
  expect(blockersIn(body)).toEqual(numbers);
});

it("is soon done with what is made to take long", () => {
  expect(blockersIn(`blocked by ${" ,and".repeat(20_000)}`)).toEqual([]);
  expect(blockersIn(`blocked by ${"#1 ".repeat(20_000)}`)).toEqual(["1"]);
});
