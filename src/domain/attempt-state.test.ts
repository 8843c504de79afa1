import { describe, expect, it } from "vitest";
import { attemptTransition, holdsSlot, type AttemptEvent, type AttemptState } from "./attempt-state.ts";

const states: AttemptState[] = [
  { status: "preparing" },
  { status: "working" },
  { status: "finished", outcome: { kind: "done" } },
  { status: "lost", detail: "gone" },
  { status: "stopped" },
];
const events: AttemptEvent[] = [
  { type: "worked" },
  { type: "finished", outcome: { kind: "nothing-changed" } },
  { type: "lost", detail: "gone" },
  { type: "stopped" },
];
const allowed: Record<string, Record<string, string>> = {
  preparing: { worked: "working", finished: "finished", lost: "lost", stopped: "stopped" },
  working: { finished: "finished", lost: "lost", stopped: "stopped" },
};

describe("an attempt's states", () => {
  for (const state of states) {
    for (const event of events) {
      const expected = allowed[state.status]?.[event.type] ?? "refused";
      it(`${state.status} + ${event.type} → ${expected}`, () => {
        expect(attemptTransition(state, event)?.status ?? "refused").toBe(expected);
      });
    }
  }

  it("holds a worker slot only while preparing or working", () => {
    expect(states.filter(holdsSlot).map(({ status }) => status)).toEqual(["preparing", "working"]);
  });
});
