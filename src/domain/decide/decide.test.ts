import { describe, expect, it } from "vitest";
import type { Slice } from "../rows.ts";
import { aRun } from "../../../test/rig/rows.ts";
import { decide } from "./decide.ts";

const run = aRun();
const noCounts = { queued: 0, blocked: 0, running: 0, paused: 0, completed: 0, failed: 0, cancelled: 0 };
const empty: Slice = {
  run,
  task: null,
  attempt: null,
  change: null,
  dependants: [],
  tasks: [],
  openChanges: [],
  inWay: [],
  ready: [],
  unstaffed: [],
  nextTime: null,
  live: [],
  statusCounts: noCounts,
  changeCounts: { offered: 0, inQueue: 0 },
  rivals: [],
  heldElsewhere: {},
  limits: { total: 9, perRepository: 9 },
  quotas: [],
  spentTodayUsd: 0,
};

describe("a wrap-up", () => {
  const wrappedUp = { type: "run.wrapped-up", run: run.id, told: noCounts, waitsOn: null, problem: null } as const;

  it("finishes a run of which nothing goes on", () => {
    expect(decide(empty, wrappedUp, 5).runs.map(({ state }) => state)).toEqual([{ status: "finished", at: 5 }]);
  });

  it("finishes no run of which its report does not say all", () => {
    const told = { ...noCounts, completed: 1 };
    const { runs, effects } = decide(empty, { ...wrappedUp, told }, 5);
    expect({ runs, asked: effects.map(({ kind }) => kind) }).toEqual({ runs: [], asked: ["wrap-up"] });
  });

  it("finishes no run whose held change was released while the report was being written", () => {
    expect(decide({ ...empty, changeCounts: { offered: 1, inQueue: 0 } }, wrappedUp, 5).runs).toEqual([]);
  });
});
