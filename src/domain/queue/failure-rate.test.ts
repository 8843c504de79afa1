import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countRed, estimate, estimateWith, unknownRate, type FailureRate } from "./failure-rate.ts";

function after(changes: readonly boolean[]): FailureRate {
  return changes.reduce(countRed, unknownRate);
}

const evidence = fc.record({
  green: fc.nat(64),
  red: fc.nat(64),
  failing: fc.array(fc.integer({ min: 1, max: 64 }), { maxLength: 8 }),
});

describe("the share of red changes", () => {
  it("is one in twenty where nothing is known", () => {
    expect(estimate(unknownRate)).toBe(0.05);
  });

  it.each([
    [0, 0, 0.01],
    [5, 0.04, 0.06],
    [20, 0.15, 0.2],
    [100, 0.85, 0.9],
  ])("of %i in a hundred is thought to be between %d and %d", (red, least, most) => {
    const rate = after(Array.from({ length: 200 }, (_, index) => index % 100 < red));
    const evenly = after(Array.from({ length: 200 }, (_, index) => (index * red) % 100 < red));
    expect(Math.min(estimate(rate), estimate(evenly))).toBeLessThanOrEqual(most);
    expect(estimate(evenly)).toBeGreaterThanOrEqual(least);
  });

  it("is never 0 or 1, whatever was seen: strategies take its logarithm", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 300 }), evidence, (changes, seen) => {
        for (const share of [estimate(after(changes)), estimateWith(after(changes), seen)]) {
          expect(share).toBeGreaterThan(0);
          expect(share).toBeLessThan(1);
        }
      }),
    );
  });

  it("counts what is long ago for less: two hundred good ones outweigh fifty bad ones before them", () => {
    const bad = Array.from({ length: 50 }, () => true);
    const good = Array.from({ length: 200 }, () => false);
    expect(estimate(after([...bad, ...good]))).toBeLessThan(0.1);
    expect(estimate(after([...good, ...bad]))).toBeGreaterThan(0.3);
  });

  it("is more where lots fail than where they pass, and more where small ones do", () => {
    const seen = { green: 0, red: 0, failing: [] };
    const all = estimateWith(unknownRate, { ...seen, green: 50 });
    const large = estimateWith(unknownRate, { ...seen, failing: [13, 13, 13, 11] });
    const small = estimateWith(unknownRate, { ...seen, failing: [3, 3, 3, 3] });
    expect(all).toBeLessThan(estimate(unknownRate));
    expect(large).toBeGreaterThan(estimate(unknownRate));
    expect(small).toBeGreaterThan(large);
  });
});
