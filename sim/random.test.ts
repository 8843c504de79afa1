import { expect, it } from "vitest";
import { Random } from "./random.ts";

const numbers = (seed: number): number[] => {
  const random = new Random(seed);
  return Array.from({ length: 1_000 }, () => random.integer(10));
};

it("a seed gives the same numbers each time, and its neighbour others", () => {
  expect(numbers(5)).toEqual(numbers(5));
  const [five, six] = [numbers(5), numbers(6)];
  expect(five.filter((number, place) => number === six[place]).length).toBeLessThan(200);
});

it("every number comes about equally often, every weight by its share", () => {
  const counts = Array.from({ length: 10 }, (_, wanted) => numbers(1).filter((number) => number === wanted).length);
  expect(Math.min(...counts)).toBeGreaterThan(60);
  const random = new Random(1);
  const light = { weight: 1 };
  const drawn = Array.from({ length: 1_000 }, () => random.weighted([light, { weight: 9 }]));
  const share = drawn.filter((choice) => choice === light).length;
  expect([share > 60, share < 140]).toEqual([true, true]);
});
