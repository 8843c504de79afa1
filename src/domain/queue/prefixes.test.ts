import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { play } from "../../../test/rig/queue-game.ts";
import { isIn, knownBy, lot } from "../../../test/rig/queue-known.ts";
import { unknownRate } from "./failure-rate.ts";
import type { Plan } from "./known.ts";
import { planPrefixes } from "./prefixes.ts";

function planOf(members: string, said: Readonly<Record<string, string>>, own = {}): Plan {
  return planPrefixes(lot(members), knownBy(said), { slots: 4, failureRate: 0.05, everyChange: false, ...own });
}

function wants(plan: Plan): string[] {
  const judged = plan.judge.map(({ lot, condemns }) => `${lot.join(" ")}${condemns ? "??" : "?"}`);
  const stopped = plan.stop.map((one) => `${one.join(" ")} stops`);
  const culprits = plan.culprits.map((one) => `${one} is to blame`);
  const landed = plan.land === null ? [] : [`${plan.land.join(" ")} lands`];
  return [...judged, ...stopped, ...culprits, ...landed, ...(plan.over ? ["over"] : [])];
}

describe("beginnings of the queue", () => {
  it.each<[string, string, Record<string, string>, string[]]>([
    ["are all judged where there are slots for them", "a b c", {}, ["a??", "a b??", "a b c??"]],
    [
      "that pass land at once, the longest of them",
      "a b c",
      { a: "passed", "a b": "passed", "a b c": "running" },
      ["a b lands"],
    ],
    ["that pass land without those before them", "a b c", { a: "running", "a b": "passed" }, ["a stops", "a b lands"]],
    [
      "that fail stop what stands on them",
      "a b c",
      { a: "running", "a b": "failed twice", "a b c": "running" },
      ["a b c stops"],
    ],
    [
      "of one that failed twice name the culprit",
      "a b",
      { a: "failed twice", "a b": "running" },
      ["a b stops", "a is to blame"],
    ],
    ["of one that failed once are judged again", "a b", { a: "failed", "a b": "running" }, ["a??", "a b stops"]],
    ["of one that could not be judged name who cannot go on", "a b", { a: "blocked" }, ["a is to blame"]],
    ["of nobody are over", "", {}, ["over"]],
  ])("%s", (_what, members, said, next) => {
    expect(wants(planOf(members, said))).toEqual(next);
  });

  const ten = "a b c d e f g h i j";
  it("are judged at some lengths where there are more than slots, the whole among them", () => {
    expect(planOf(ten, {}).judge.map(({ lot }) => lot.length)).toEqual([2, 4, 7, 10]);
  });

  it("are narrowed where one is known to fail, always by shorter ones", () => {
    const plan = planOf(ten, { [ten]: "failed" });
    expect(plan.judge.map(({ lot }) => lot.length)).toEqual([2, 3, 5, 8]);
  });

  it("are not added to while the whole is being judged, and nothing of it fails", () => {
    expect(wants(planOf(ten, { [ten]: "running" }))).toEqual([]);
  });
});

describe("where each change is to be a commit of its own", () => {
  const every = { everyChange: true, slots: 2 };
  it("one lands after the other, however many passed", () => {
    const said = { a: "passed", "a b": "passed", "a b c": "passed" };
    expect(wants(planOf("a b c", said, every))).toEqual(["a lands"]);
  });

  it("a longer one that passed is not enough", () => {
    expect(wants(planOf("a b c", { a: "running", "a b": "passed" }, every))).toEqual(["a b c??"]);
  });
});

const games = fc.record({
  changes: fc.integer({ min: 1, max: 64 }),
  slots: fc.integer({ min: 1, max: 8 }),
  bad: fc.uniqueArray(fc.nat(63), { maxLength: 64 }),
  rate: fc.constantFrom(unknownRate, { red: 0, judged: 60 }, { red: 10, judged: 60 }, { red: 50, judged: 60 }),
});

it("needs no more waves of gates than changes land, and a few for each bad one", () => {
  fc.assert(
    fc.property(games, ({ changes, slots, bad, rate }) => {
      const rules = { history: "batch", slots, strategy: "prefixes", validation: null } as const;
      const { gates, landings } = play({ changes, rules, rate, reruns: 1, isGreen: (tree) => !isIn(tree, bad) });
      const culprits = bad.filter((one) => one < changes).length;
      // Of each wave the shortest passes, and lands; or it fails, and what holds the first culprit is at most half as long.
      const waves = landings.length + culprits * (Math.ceil(Math.log2(changes)) + 2);
      expect(gates.candidate).toBeLessThanOrEqual(slots * Math.max(1, waves));
    }),
    { numRuns: 60 },
  );
});

it("needs a gate for each change, and for each bad one those that stood on it", () => {
  fc.assert(
    fc.property(games, ({ changes, slots, bad, rate }) => {
      const rules = { history: "every-change", slots, strategy: "auto", validation: null } as const;
      const { gates, landings } = play({ changes, rules, rate, reruns: 1, isGreen: (tree) => !isIn(tree, bad) });
      const culprits = bad.filter((one) => one < changes).length;
      // While a bad one fails twice, each of the other slots judges two that stand on it, or its base and one.
      expect(gates.candidate).toBeLessThanOrEqual(changes + culprits * 2 * slots);
      expect(landings.map(({ lot }) => lot.length)).toEqual(landings.map(() => 1));
    }),
    { numRuns: 60 },
  );
});
