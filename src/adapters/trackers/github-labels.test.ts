import { expect, it } from "vitest";
import { priorityOf } from "./github-labels.ts";

it.each([
  [["P0"], "critical"],
  [["p4"], "background"],
  [["bug", "priority: high"], "high"],
  [["Priority/2"], "medium"],
  [["priority:p1"], "high"],
  [["Low"], "low"],
  [["priority background"], "background"],
  // A size, an area of the product, a version.
  [["1"], "medium"],
  [["background"], "medium"],
  [["p5", "P10", "high-contrast"], "medium"],
  [[], "medium"],
] as const)("labels %j say %s", (labels, priority) => {
  expect(priorityOf(labels)).toBe(priority);
});
