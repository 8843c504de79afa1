import { Random } from "../../sim/random.ts";
import { countRed, unknownRate, type FailureRate } from "../../src/domain/queue/failure-rate.ts";
import { play, type Game, type Played } from "../../test/rig/queue-game.ts";

/**
 * Plays the queue's decisions in a world in which only gates take time. Prints one JSON object.
 * Usage: node simulate.cjs all SEEDS | node simulate.cjs one CHANGES SLOTS BAD,BAD,…
 */
const changes = 50;
const slots = 4;
/** So many changes of the same rate were judged before. */
const warmth = 100;
const shares = [0, 0.05, 0.2];

interface Case {
  readonly share: number;
  readonly warmed: boolean;
  /** Gate times, and runs of gates; means of all seeds. */
  readonly makespan: number;
  readonly late: number;
  readonly gates: number;
  readonly base: number;
  readonly reruns: number;
  /** How often a red tree landed, and how many good changes were rejected, in all seeds. */
  readonly red: number;
  readonly ejected: number;
}

function gameOf(bad: ReadonlySet<number>, own: { changes: number; slots: number; rate: FailureRate }): Game {
  const rules = { history: "batch", slots: own.slots, strategy: "auto", validation: null } as const;
  return { ...own, rules, reruns: 1, isGreen: (tree) => ![...tree].some((one) => bad.has(one)) };
}

function caseOf(share: number, warmed: boolean, seeds: number): Case {
  const before = warmed ? warmth : 0;
  const games = Array.from({ length: seeds }, (_, index) => {
    const random = new Random(index + 1);
    let rate = unknownRate;
    for (let count = 0; count < before; count++) rate = countRed(rate, random.chance(share));
    const bad = new Set(Array.from({ length: changes }, (_each, one) => one).filter(() => random.chance(share)));
    return { bad, played: play(gameOf(bad, { changes, slots, rate })) };
  });
  const mean = (of: (played: Played) => number): number =>
    games.reduce((sum, { played }) => sum + of(played), 0) / seeds;
  const spans = games.map(({ played }) => played.makespan).toSorted((a, b) => a - b);
  const isRed = (bad: ReadonlySet<number>, tree: readonly number[]): boolean => tree.some((one) => bad.has(one));
  return {
    share,
    warmed,
    makespan: mean(({ makespan }) => makespan),
    late: spans[Math.floor(seeds * 0.95)] ?? 0,
    gates: mean(({ gates }) => gates.candidate + gates.base),
    base: mean(({ gates }) => gates.base),
    reruns: mean(({ reruns }) => reruns),
    red: games.filter(({ bad, played }) => played.landings.some(({ before, lot }) => isRed(bad, [...before, ...lot])))
      .length,
    ejected: games.reduce(
      (sum, { bad, played }) => sum + played.ended.filter(({ change }) => !bad.has(change)).length,
      0,
    ),
  };
}

function main([what = "", ...numbers]: readonly string[]): unknown {
  if (what === "all") {
    const [seeds = 0] = numbers.map(Number);
    return [true, false].flatMap((warmed) => shares.map((share) => caseOf(share, warmed, seeds)));
  }
  const [count = 0, width = 0] = numbers.map(Number);
  const bad = new Set(
    (numbers[2] ?? "")
      .split(",")
      .filter((word) => word !== "")
      .map(Number),
  );
  const { makespan, gates, reruns } = play(gameOf(bad, { changes: count, slots: width, rate: unknownRate }));
  return { makespan, gates: gates.candidate + gates.base, reruns };
}

console.log(JSON.stringify(main(process.argv.slice(2))));
