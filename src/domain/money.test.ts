import { describe, expect, it } from "vitest";
import { noUsage } from "./agent-event.ts";
import { alertsBetween, capReached, dayOf, leftOf, startOfDay, type Budget } from "./budget.ts";
import { addUsage, usageSince } from "./usage.ts";

const budget: Budget = { attemptUsd: 1, taskUsd: 2, runUsd: 4, dayUsd: null };

describe("a cap", () => {
  it("is reached at its amount, and the widest that is says most", () => {
    expect(capReached(budget, { attempt: 0.99, task: 1.99, run: 3.99, day: 1e6 })).toBe(null);
    expect(capReached(budget, { attempt: 1, task: 1 })).toEqual({ scope: "attempt", capUsd: 1, spentUsd: 1 });
    expect(capReached(budget, { attempt: 1, task: 2, run: 5 })).toEqual({ scope: "run", capUsd: 4, spentUsd: 5 });
  });

  it("is told of once, at four fifths", () => {
    const spent = (run: number): { attempt: number; task: number; run: number; day: number } => ({
      attempt: 0,
      task: 0,
      run,
      day: 0,
    });
    expect(alertsBetween(budget, spent(3), spent(3.2))).toEqual([{ scope: "run", capUsd: 4, spentUsd: 3.2 }]);
    expect(alertsBetween(budget, spent(3.2), spent(3.9))).toEqual([]);
    // It is not reached soon: it is reached.
    expect(alertsBetween(budget, spent(3), spent(4))).toEqual([]);
  });

  it("leaves an attempt the least of what there is room for", () => {
    expect(leftOf(budget, { task: 0, run: 0 })).toBe(1);
    expect(leftOf(budget, { task: 1.5, run: 3.75 })).toBe(0.25);
    expect(leftOf(budget, { task: 9, run: 0 })).toBe(0);
    expect(leftOf({ attemptUsd: null, taskUsd: null, runUsd: null, dayUsd: 1 }, { task: 0, run: 0 })).toBe(null);
  });

  it("of a day is for a day of UTC", () => {
    const late = Date.UTC(2026, 1, 3, 23, 59);
    expect([dayOf(late + 60_000) - dayOf(late), startOfDay(dayOf(late))]).toEqual([1, Date.UTC(2026, 1, 3)]);
  });
});

describe("usage", () => {
  it("adds up what is known, and what is known of neither stays unknown", () => {
    const sum = addUsage({ ...noUsage, inputTokens: 1, cost: 0.1 }, { ...noUsage, cost: 0.2, currency: "USD" });
    expect(sum).toEqual({ ...noUsage, inputTokens: 1, cost: 0.3, currency: "USD" });
  });

  it("of a session is what came since the attempt before; a total that shrank was counted anew", () => {
    const before = { ...noUsage, cost: 0.5, inputTokens: 100 };
    const total = { ...noUsage, cost: 0.8, inputTokens: 40 };
    expect(usageSince(total, before)).toEqual({ ...noUsage, cost: 0.3, inputTokens: 40 });
    expect(usageSince(total, null)).toEqual(total);
  });
});
