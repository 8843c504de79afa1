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
  ["blocked by other/repo#3 and owner/APP#4", ["other/repo#3", "4"]],
  ["Blocked by:\n\n- #4\n- [ ] #5\n* other/repo#6", ["4", "5", "other/repo#6"]],
  ["depends on https://github.com/owner/app/issues/9, https://github.com/other/repo/pull/10", ["9", "other/repo#10"]],
  ["blocked by [#14](https://example.org)", ["14"]],
  ["- blocked by #4\n- #7 has nothing to do with it", ["4"]],
  ["requires name#3", []],
  ["depends on nothing", []],
])("%s", (body, numbers) => {
  expect(blockersIn(body, "Owner/app")).toEqual(numbers);
});

it("is soon done with what is made to take long", () => {
  expect(blockersIn(`blocked by ${" ,and".repeat(20_000)}`)).toEqual([]);
  expect(blockersIn(`blocked by ${"#1 ".repeat(20_000)}`)).toEqual(["1"]);
  for (const long of ["a", "a/", " - ", "[", "https://a/b/c/", "blocked by -"])
    expect(blockersIn(`blocked by ${long.repeat(20_000)}`)).toEqual([]);
});
