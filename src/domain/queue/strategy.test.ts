import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Member } from "./known.ts";
import { chooseStrategy, frontOf, groupsOf } from "./strategy.ts";

const members = (count: number): Member[] => Array.from({ length: count }, (_, index) => `c${index}` as Member);
const share = fc.double({ min: 0.002, max: 0.9, noNaN: true });

describe("the strategy", () => {
  const look = { length: 50, slots: 4, failureRate: 0.05, history: "batch" } as const;
  it.each([
    ["long and not very green", {}, "groups"],
    ["hardly longer than there are slots", { length: 5 }, "prefixes"],
    ["long and very green", { failureRate: 0.01 }, "prefixes"],
    ["long, and each change is to be a commit of its own", { history: "every-change" as const }, "prefixes"],
  ])("for a queue that is %s", (_what, own, strategy) => {
    expect(chooseStrategy({ ...look, ...own })).toBe(strategy);
  });
});

describe("groups", () => {
  it.each([
    [50, 0.2, 4, 3],
    [50, 0.05, 4, 13],
    [50, 0.002, 4, 50],
    [50, 0.9, 4, 1],
    [3, 0.05, 4, 3],
  ])("of %i at a share of %d, with %i slots, have %i changes at most", (count, failureRate, slots, size) => {
    const sizes = groupsOf(members(count), failureRate, slots).map((lot) => lot.length);
    expect(Math.max(...sizes)).toBe(size);
  });

  it("are all of them, in order, each once", () => {
    fc.assert(
      fc.property(fc.nat(64), share, fc.integer({ min: 1, max: 16 }), (count, failureRate, slots) => {
        expect(groupsOf(members(count), failureRate, slots).flat()).toEqual(members(count));
      }),
    );
  });
});

describe("a lot with something bad in it", () => {
  it.each([
    [2, 0.2, 1],
    [4, 0.05, 2],
    [13, 0.05, 5],
    [13, 0.2, 3],
    [64, 0.9, 1],
  ])("of %i at a share of %d is tried by its first %i", (size, failureRate, front) => {
    expect(frontOf(size, failureRate)).toBe(front);
  });

  it("is never tried as a whole, nor by none of it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 64 }), share, (size, failureRate) => {
        const front = frontOf(size, failureRate);
        expect(front).toBeGreaterThanOrEqual(1);
        expect(front).toBeLessThan(size);
      }),
    );
  });
});
