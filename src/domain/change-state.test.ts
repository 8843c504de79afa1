import { describe, expect, it } from "vitest";
import { changeTransition, inLane, isLanded, type ChangeEvent, type ChangeState } from "./change-state.ts";

const candidate = { commit: "c", tree: "t", on: { target: "a", waiting: null, tip: "a" }, tick: "ticked" } as const;
const failure = { reason: "conflict", paths: ["a"], tip: "a" } as const;
const place = { on: "target" } as const;
const states: Record<string, ChangeState> = {
  offered: { status: "offered", building: false },
  building: { status: "offered", building: true },
  gating: { status: "gating", candidate },
  ready: { status: "ready", candidate, checks: [] },
  landing: { status: "landing", candidate, checks: [] },
  landed: { status: "landed", candidate, checks: [], place, note: null },
  held: { status: "held", failure, tip: "a" },
  validated: { status: "validated", commit: "c" },
  reverted: { status: "reverted", commit: "r" },
  rejected: { status: "rejected", failure },
};
const events: ChangeEvent[] = [
  { type: "taken" },
  { type: "built", candidate },
  { type: "passed", checks: [] },
  { type: "landing" },
  { type: "moved" },
  { type: "landed", place, note: null },
  { type: "held", failure, tip: "a" },
  { type: "released" },
  { type: "rejected", failure },
  { type: "validated" },
  { type: "reverted", commit: "r" },
];
const allowed: Record<string, Record<string, string>> = {
  offered: { taken: "building", rejected: "rejected" },
  building: { built: "gating", moved: "offered", held: "held", rejected: "rejected" },
  gating: { passed: "ready", moved: "offered", held: "held", rejected: "rejected" },
  ready: { landing: "landing", moved: "offered", held: "held", rejected: "rejected" },
  landing: { landed: "landed", moved: "offered", held: "held", rejected: "rejected" },
  landed: { validated: "validated", reverted: "reverted" },
  held: { released: "offered", rejected: "rejected" },
  validated: { reverted: "reverted" },
  reverted: {},
  rejected: {},
};

function nameOf(state: ChangeState | null): string {
  if (state === null) return "refused";
  return state.status === "offered" && state.building ? "building" : state.status;
}

describe("a change's states", () => {
  for (const [from, state] of Object.entries(states)) {
    for (const event of events) {
      const expected = allowed[from]?.[event.type] ?? "refused";
      it(`${from} + ${event.type} → ${expected}`, () => {
        expect(nameOf(changeTransition(state, event))).toBe(expected);
      });
    }
  }

  it("occupies the lane from being taken until it has landed or left", () => {
    const names = Object.entries(states).filter(([, state]) => inLane(state));
    expect(names.map(([name]) => name)).toEqual(["building", "gating", "ready", "landing"]);
    expect(
      Object.entries(states)
        .filter(([, state]) => isLanded(state))
        .map(([name]) => name),
    ).toEqual(["landed", "validated", "reverted"]);
  });
});
