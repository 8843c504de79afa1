import { expect, it } from "vitest";
import { failureText } from "./tell.ts";

it("tells of a failing seed what is wrong, what led to it, and the one command that shows it again", () => {
  const failure = { step: 12, invariant: "no task runs twice at once", what: "2 agents work on r/t1" };
  expect(failureText(failure, ["11: before", "12: then"], { seed: 7, steps: 500 })).toBe(
    `  step 12: not true that no task runs twice at once
  2 agents work on r/t1
  | 11: before
  | 12: then
  again: npm run -s sim -- --seed 7 --steps 500`,
  );
});
