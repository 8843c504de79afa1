import { expect, it } from "vitest";
import { attemptId, attemptParts, makeRunId } from "./run.ts";

it.each(["1", "fix-the-login", "api/users-2", "3.1/-", "日本-語"])(
  "an attempt's id tells its run, task %s and number",
  (task) => {
    const run = makeRunId(1, "0123abcd");
    expect(attemptParts(attemptId(run, task, 12))).toEqual({ run, task, number: 12 });
  },
);
