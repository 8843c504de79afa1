import { describe, expect, it } from "vitest";
import {
  changeTransition,
  inQueue,
  isLanded,
  type ChangeEvent,
  type ChangeState,
  type Landing,
} from "./change-state.ts";

const failure = { reason: "conflict", paths: ["a"], tip: "a" } as const;
const landing: Landing = {
  commit: "c",
  tip: "c",
  tree: "t",
  onto: "a",
  together: 1,
  nth: 1,
  at: 0,
  tick: "ticked",
  checks: [],
  place: { on: "target" },
  note: null,
};
const states: Record<ChangeState["status"], ChangeState> = {
  offered: { status: "offered" },
  gating: { status: "gating" },
  ready: { status: "ready" },
  landing: { status: "landing" },
  regenerating: { status: "regenerating", trial: 1, paths: ["a"], tip: "a" },
  landed: { status: "landed", landing },
  held: { status: "held", failure, tip: "a" },
  validated: { status: "validated", landing },
  reverted: { status: "reverted", landing, commit: "r" },
  rejected: { status: "rejected", failure },
};
const events: ChangeEvent[] = [
  { type: "taken" },
  { type: "passed" },
  { type: "landing" },
  { type: "regenerating", regeneration: { trial: 1, paths: ["a"], tip: "a" } },
  { type: "moved" },
  { type: "landed", landing },
  { type: "held", failure, tip: "a" },
  { type: "released" },
  { type: "rejected", failure },
  { type: "validated" },
  { type: "reverted", commit: "r" },
];
const allowed: Record<ChangeState["status"], Partial<Record<ChangeEvent["type"], ChangeState["status"]>>> = {
  offered: { taken: "gating", held: "held", rejected: "rejected" },
  gating: {
    passed: "ready",
    landing: "landing",
    regenerating: "regenerating",
    moved: "offered",
    held: "held",
    rejected: "rejected",
  },
  ready: { landing: "landing", regenerating: "regenerating", moved: "offered", held: "held", rejected: "rejected" },
  landing: { landed: "landed", moved: "offered", held: "held", rejected: "rejected" },
  regenerating: { moved: "offered", held: "held", rejected: "rejected" },
  landed: { validated: "validated", reverted: "reverted" },
  held: { released: "offered", rejected: "rejected" },
  validated: { reverted: "reverted" },
  reverted: {},
  rejected: {},
};

describe("a change's states", () => {
  for (const [from, state] of Object.entries(states)) {
    for (const event of events) {
      const expected = allowed[state.status][event.type] ?? "refused";
      it(`${from} + ${event.type} → ${expected}`, () => {
        expect(changeTransition(state, event)?.status ?? "refused").toBe(expected);
      });
    }
  }

  it("is the queue's from being taken until it has landed or left", () => {
    const namesOf = (is: (state: ChangeState) => boolean): string[] =>
      Object.values(states)
        .filter(is)
        .map(({ status }) => status);
    expect(namesOf(inQueue)).toEqual(["gating", "ready", "landing", "regenerating"]);
    expect(namesOf(isLanded)).toEqual(["landed", "validated", "reverted"]);
  });
});
