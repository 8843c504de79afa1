import { expect, it } from "vitest";
import type { Report } from "../report.ts";
import { costText, nextSteps } from "./report-text.ts";

const none = { totalUsd: 0, reportedUsd: 0, pricedUsd: 0, ownUsd: 0, tables: [], estimatedUsd: 0 };
const spend = { ...none, undeclaredAttempts: 0, verifyUsd: 0, undeclaredVerifications: 0 };
const text = (own: object): string =>
  costText({ totals: { spend: { ...spend, ...own }, cost: null, currency: null } as unknown as Report["totals"] });

it("says of a cost who told it, and what of it the plan was", () => {
  expect(text({ totalUsd: 2, reportedUsd: 2 })).toBe("2.00 USD reported by agents");
  expect(text({ totalUsd: 2, reportedUsd: 2, planningUsd: 2, undeclaredAttempts: 4 })).toBe(
    "2.00 USD reported; 2.00 USD of it for the plan; no cost declared for 4 attempts",
  );
});

const steps = (...tasks: object[]): string[] => {
  const rows = tasks.map((task, index) => ({
    id: `${index + 1}`,
    log: `r/${index + 1}-1`,
    branch: `b${index + 1}`,
    ...task,
  }));
  const report = {
    run: "r",
    target: "main",
    status: "finished",
    waiting: null,
    stoppedBy: null,
    totals: {},
    tasks: rows,
  };
  return nextSteps(report as unknown as Report);
};

it("names in every next step the very run: the newest one may be another by then", () => {
  const findings = [{ rule: "deleted-tests", level: "fail", path: "a.test.js" }];
  expect(steps({ status: "failed", failure: { reason: "policy-violated", findings } })).toEqual([
    "see why 1 did not land: `nightcrew logs r/1-1`",
    "its last work is kept: `git diff main...b1`",
    "if it is meant to be so: `nightcrew retry r/1 --allow deleted-tests`",
    "try again what did not land: `nightcrew retry r`",
  ]);
});

it("of what was taken back shows by what, as its branch is in the target and a diff with that is empty", () => {
  const reverted = { reason: "reverted", commit: "63c2cd4baa63c2cd4baa", why: { kind: "asked" } };
  const failed = { reason: "check-failed", check: "test", exit: "1", log: "" };
  const taken = [
    "see what was taken back of 1: `git show 63c2cd4baa`",
    "try again what did not land: `nightcrew retry r`",
  ];
  expect(steps({ status: "failed", failure: reverted })).toEqual(taken);
  expect(steps({ status: "failed", failure: reverted }, { status: "failed", failure: failed })).toEqual([
    "see why 2 did not land: `nightcrew logs r/2-1`",
    "its last work is kept: `git diff main...b2`",
    ...taken,
  ]);
});
