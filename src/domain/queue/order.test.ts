import fc from "fast-check";
import { expect, it } from "vitest";
import { aChange } from "../../../test/rig/rows.ts";
import { byTurn } from "./order.ts";

const change = fc
  .record({ priorityRank: fc.nat(3), offeredAt: fc.nat(5), name: fc.stringMatching(/^[a-z]{1,3}$/) })
  .map(({ name, ...own }) => aChange(name, own));
const changes = fc.uniqueArray(change, { selector: ({ id }) => id, maxLength: 12 });

it("goes by priority, then by who was ready first, then by name", () => {
  const [late, urgent, early, alike] = [
    aChange("late", { offeredAt: 2 }),
    aChange("urgent", { offeredAt: 3, priorityRank: 0 }),
    aChange("early", { offeredAt: 1 }),
    aChange("alike", { offeredAt: 2 }),
  ];
  const tasks = [late, urgent, early, alike].sort(byTurn).map(({ task }) => task);
  expect(tasks).toEqual(["urgent", "early", "alike", "late"]);
});

it("is the same whatever order they are found in, and no two share a place", () => {
  fc.assert(
    fc.property(changes, (list) => {
      const sorted = list.toSorted(byTurn);
      expect(list.toReversed().sort(byTurn)).toEqual(sorted);
      for (const [a, b] of sorted.slice(1).map((b, index) => [sorted[index], b] as const))
        if (a !== undefined) expect(byTurn(a, b)).toBeLessThan(0);
    }),
  );
});
