import { describe, expect, it } from "vitest";
import type { Failure } from "./failure.ts";
import { aTask } from "../../test/rig/rows.ts";
import {
  canBeLost,
  issueName,
  newsAgain,
  newsOf,
  placeKey,
  untouchedIssue,
  type IssueLoss,
  type IssueNews,
  type IssueRow,
  type IssueStatus,
} from "./issue.ts";
import type { RunState } from "./run.ts";
import type { Stage, TaskState } from "./task-state.ts";

const failure: Failure = { reason: "nothing-changed", claim: null, log: "" };
const active: RunState = { status: "active" };
const finished: RunState = { status: "finished", at: 1 };

const news = (
  state: TaskState,
  status: IssueStatus,
  run: RunState = active,
  own: Partial<IssueRow> = {},
): IssueNews | null => {
  const failures = [{ attempt: 1, agent: "a", failure, counts: true }];
  return newsOf({ state, failures, issue: { ...untouchedIssue, status, ...own } }, { target: "main", state: run });
};

const completed: TaskState = { status: "completed", commit: "c1" };
const failed: TaskState = { status: "failed", failure };
const cancelled: TaskState = { status: "cancelled" };
const gone: TaskState = { status: "cancelled", because: { reason: "gone" } };
const queued: TaskState = { status: "queued", notBefore: null };
const held: TaskState = { status: "blocked", by: { reason: "held", failure: { reason: "not-asked-to-land" } } };
const landed = { kind: "landed", commit: "c1", target: "main" };
const released = (why: object): object => ({ kind: "released", why });
const tried = released({ reason: "failed", failure });

it("is at the same place at GitHub however that is written, and at another one in a folder", () => {
  const key = (tracker: "github" | "seeds", place: string): string => placeKey({ tracker, place });
  expect(key("github", "Owner/App")).toBe(key("github", "owner/app"));
  expect(key("seeds", "/a/.seeds")).not.toBe(key("seeds", "/A/.seeds"));
});

describe("what a tracker is to be told", () => {
  it.each([
    ["of what landed", completed, "claimed", active, landed],
    ["of what landed without a claim", completed, "untouched", active, landed],
    ["nothing of what is closed", completed, "closed", active, null],
    ["of what failed", failed, "claimed", active, tried],
    ["nothing of what failed and was given back", failed, "open", active, null],
    ["nothing of what is left for a person", failed, "left", active, null],
    ["nothing of what nobody had claimed", failed, "untouched", active, null],
    ["of what was cancelled", cancelled, "claimed", active, released({ reason: "cancelled" })],
    ["why it is not done any more", gone, "claimed", active, released({ reason: "lost", loss: { reason: "gone" } })],
    ["of what was taken back, and is done again", queued, "closed", active, tried],
    ["nothing of what waits for another attempt", queued, "claimed", active, null],
    ["of what its run did not come to", queued, "claimed", finished, released({ reason: "run-ended" })],
    ["nothing of what is held, also at the end", held, "claimed", finished, null],
  ] as const)("%s", (_, state, status, run, told) => {
    expect(news(state, status, run)).toEqual(told);
  });

  it("one thing at a time", () => {
    expect(news(failed, "claimed", active, { telling: { kind: "released", why: { reason: "cancelled" } } })).toBeNull();
  });
});

describe("what a tracker has not heard", () => {
  const again = (state: TaskState, own: Partial<IssueRow>, run: RunState = active): IssueNews | null =>
    newsAgain({ state, failures: [], issue: { ...untouchedIssue, ...own } }, { target: "main", state: run });

  it("is told again as it is by now, and only that", () => {
    expect(again(completed, { status: "closed", untold: true })).toEqual(landed);
    expect(again(completed, { status: "closed" })).toBeNull();
    expect(again(failed, { status: "open", untold: true })).toEqual(tried);
    expect(again(queued, { status: "open", untold: true })).toBeNull();
    expect(again(queued, { status: "open", untold: true }, finished)).toEqual(released({ reason: "run-ended" }));
    const telling = { kind: "released", why: { reason: "cancelled" } } as const;
    expect(again(failed, { status: "open", untold: true, telling })).toBeNull();
  });
});

describe("what a task loses with its issue", () => {
  const closed: IssueLoss = { reason: "closed" };
  const taken: IssueLoss = { reason: "taken", by: "somebody" };
  const at = (stage: Stage): TaskState => ({ status: "running", stage });
  const issue = { tracker: "seeds", place: "/s", id: "i", url: null } as const;

  it.each<[string, TaskState, IssueLoss, boolean]>([
    ["its turn, where it is closed", queued, closed, true],
    ["nothing, where it is taken and may be given back", queued, taken, false],
    ["its agent, where it is closed", at("working"), closed, true],
    ["its agent, where it is taken", at("working"), taken, true],
    ["its agent, also paused", { status: "paused", was: { status: "running", stage: "working" } }, closed, true],
    ["nothing of what is judged", at("gating"), closed, false],
    ["nothing of what is landing: that may be what closed it", at("landing"), closed, false],
    ["nothing of what is held", held, closed, false],
    ["nothing of what is over", completed, closed, false],
  ])("%s", (_, state, loss, expected) => {
    expect(canBeLost({ state, planned: aTask({ id: "a", issue }) }, loss)).toBe(expected);
    expect(canBeLost({ state, planned: aTask({ id: "a" }) }, loss)).toBe(false);
  });
});

it("an issue is called as people call it", () => {
  expect(issueName({ tracker: "github", place: "a/b", id: "7", url: null })).toBe("a/b#7");
  expect(issueName({ tracker: "seeds", place: "/s", id: "app-1", url: null })).toBe("app-1");
});
