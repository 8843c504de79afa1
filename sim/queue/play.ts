import type { AttemptId } from "../../src/domain/run.ts";
import { countRed, estimate, unknownRate, type FailureRate } from "../../src/domain/queue/failure-rate.ts";
import { planGroups } from "../../src/domain/queue/groups.ts";
import { lotKey, type Known, type Lot, type Member, type Plan, type Standing } from "../../src/domain/queue/known.ts";
import { planPrefixes } from "../../src/domain/queue/prefixes.ts";
import { chooseStrategy, groupsOf, type History, type Strategy } from "../../src/domain/queue/strategy.ts";
import type { Random } from "../random.ts";

/** What is played: changes that are all ready at once, and gates that take one unit of time. */
export interface Game {
  readonly changes: number;
  readonly slots: number;
  readonly history: History;
  /** What the queue takes the share of red changes to be at first. */
  readonly rate: FailureRate;
  readonly strategy?: Strategy;
  /** Whether a lot, on all that has landed, is green; the truth, not a gate's word. */
  readonly isGreen: (landed: Lot, lot: Lot) => boolean;
  /** Whether a gate run fails though the tree is green. */
  readonly flakes: () => boolean;
}

export interface Result {
  readonly makespan: number;
  readonly gates: number;
  readonly landed: Lot;
  readonly rejected: Lot;
  /** Each landing, with all that was on the target after it. */
  readonly steps: readonly Lot[];
}

interface Running {
  readonly key: string;
  readonly condemns: boolean;
  readonly end: number;
  /** What it ran on, as a tree: all that had landed when it began, and the lot. */
  readonly green: boolean;
}

const longest = 10_000;

/** Plays the strategies without an engine: the same plans, an ideal world. */
export function play(game: Game): Result {
  const all = Array.from({ length: game.changes }, (_, index) => `c${index}` as AttemptId);
  const landed: Member[] = [];
  const rejected: Member[] = [];
  const steps: Lot[] = [];
  let rate = game.rate;
  let time = 0;
  let gates = 0;
  for (
    let members: Lot = all;
    members.length > 0;
    members = members.filter((one) => !landed.includes(one) && !rejected.includes(one))
  ) {
    const look = { length: members.length, slots: game.slots, failureRate: estimate(rate), history: game.history };
    const strategy = game.strategy ?? chooseStrategy(look);
    const groups = groupsOf(members, estimate(rate));
    let round = members;
    const results = new Map<string, { standing: Standing; sure: boolean }>();
    let running: Running[] = [];
    const known: Known = {
      of: (lot) =>
        running.some(({ key }) => key === lotKey(lot)) ? "running" : (results.get(lotKey(lot))?.standing ?? null),
      confirmed: (lot) => results.get(lotKey(lot))?.sure ?? false,
    };
    for (let turn = 0; ; turn++) {
      if (turn > longest) throw new Error("it does not end");
      const plan: Plan =
        strategy === "groups"
          ? planGroups(
              groups.map((lot) => lot.filter((one) => !rejected.includes(one))),
              known,
              new Set(),
            )
          : planPrefixes(round, known, {
              slots: game.slots,
              failureRate: estimate(rate),
              everyChange: game.history === "every-change",
            });
      const stopped = new Set(plan.stop.map(lotKey));
      running = running.filter(({ key }) => !stopped.has(key));
      if (plan.culprits.length > 0 && strategy === "prefixes") {
        for (const one of plan.culprits) {
          rejected.push(one);
          rate = countRed(rate, true);
          round = round.filter((other) => other !== one);
          for (const key of results.keys()) if (key.split(" ").includes(one)) results.delete(key);
          running = running.filter(({ key }) => !key.split(" ").includes(one));
        }
        continue;
      }
      if (plan.land !== null) {
        const { land } = plan;
        for (const one of plan.culprits) {
          rejected.push(one);
          rate = countRed(rate, true);
        }
        landed.push(...land);
        steps.push([...landed]);
        for (const _ of land) rate = countRed(rate, false);
        if (strategy === "groups") break;
        round = round.slice(land.length);
        const prefix = lotKey(land);
        const rest = [...results].filter(([key]) => key.startsWith(`${prefix} `));
        results.clear();
        for (const [key, value] of rest) results.set(key.slice(prefix.length + 1), value);
        running = running
          .filter(({ key }) => key.startsWith(`${prefix} `))
          .map((one) => ({ ...one, key: one.key.slice(prefix.length + 1) }));
        continue;
      }
      if (plan.over) {
        for (const one of plan.culprits) {
          rejected.push(one);
          rate = countRed(rate, true);
        }
        break;
      }
      for (const { lot, condemns } of plan.judge) {
        if (running.length >= game.slots) break;
        gates++;
        const truth = game.isGreen(landed, lot);
        const tries = condemns ? 2 : 1;
        let green = false;
        for (let go = 0; go < tries && !green; go++) green = truth && !game.flakes();
        // A second run of the check takes its time, too: here as long as the first.
        running.push({ key: lotKey(lot), condemns, green, end: time + (green || !condemns ? 1 : 1) });
      }
      if (running.length === 0) throw new Error(`nothing goes on: ${strategy} ${round.length}`);
      time = Math.min(...running.map(({ end }) => end));
      for (const { key, green, condemns } of running.filter(({ end }) => end <= time))
        results.set(key, { standing: green ? "passed" : "failed", sure: condemns });
      running = running.filter(({ end }) => end > time);
    }
  }
  return { makespan: time, gates, landed, rejected, steps };
}

/** Each change is bad by itself with the same probability. */
export function independent(random: Random, changes: number, share: number): (landed: Lot, lot: Lot) => boolean {
  const bad = new Set(Array.from({ length: changes }, (_, index) => `c${index}`).filter(() => random.chance(share)));
  return (_landed, lot) => !lot.some((one) => bad.has(one));
}

export function warmed(random: Random, share: number, count: number): FailureRate {
  let rate = unknownRate;
  for (let index = 0; index < count; index++) rate = countRed(rate, random.chance(share));
  return rate;
}
