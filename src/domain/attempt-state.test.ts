import { describe, expect, it } from "vitest";
import {
  attemptTransition,
  frozenSlotMs,
  holdsSlot,
  isLive,
  type AttemptEvent,
  type AttemptState,
} from "./attempt-state.ts";

const states: AttemptState[] = [
  { status: "preparing" },
  { status: "working" },
  { status: "frozen", was: "preparing", since: 1_000 },
  { status: "finished", outcome: { kind: "done" } },
  { status: "lost", detail: "gone" },
  { status: "stopped" },
];
const events: AttemptEvent[] = [
  { type: "worked" },
  { type: "froze", at: 1_000 },
  { type: "thawed" },
  { type: "finished", outcome: { kind: "nothing-changed" } },
  { type: "lost", detail: "gone" },
  { type: "stopped" },
];
const allowed: Record<string, Record<string, string>> = {
  preparing: { worked: "working", froze: "frozen", finished: "finished", lost: "lost", stopped: "stopped" },
  frozen: { worked: "frozen", thawed: "preparing", finished: "finished", lost: "lost", stopped: "stopped" },
  working: { froze: "frozen", finished: "finished", lost: "lost", stopped: "stopped" },
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

  it("is live, and holds a worker slot, until it ended; frozen for long it lets the slot go", () => {
    const live = ["preparing", "working", "frozen"];
    expect(states.filter(isLive).map(({ status }) => status)).toEqual(live);
    expect(states.filter((state) => holdsSlot(state, 1_000)).map(({ status }) => status)).toEqual(live);
    const late = 1_000 + frozenSlotMs;
    expect(states.filter((state) => holdsSlot(state, late)).map(({ status }) => status)).toEqual(live.slice(0, 2));
  });

  it("goes on where it was frozen, also when its agent had begun meanwhile", () => {
    const frozen: AttemptState = { status: "frozen", was: "preparing", since: 1 };
    const begun = attemptTransition(frozen, { type: "worked" });
    expect(begun && attemptTransition(begun, { type: "thawed" })).toEqual({ status: "working" });
  });
});
