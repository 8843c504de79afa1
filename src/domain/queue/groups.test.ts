import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { play } from "../../../test/rig/queue-game.ts";
import { isIn, knownBy, lot } from "../../../test/rig/queue-known.ts";
import { unknownRate } from "./failure-rate.ts";
import { planGroups } from "./groups.ts";
import type { Plan } from "./known.ts";

const rate = { red: 10, judged: 60 };

function planOf(members: string, said: Readonly<Record<string, string>>, late = ""): Plan {
  return planGroups(lot(members), knownBy(said), { slots: 2, rate, late: new Set(lot(late)) });
}

/** What it wants next, in few words: `a b?` is judged, `a??` is judged with a second run where it fails. */
function wants(plan: Plan): string[] {
  const judged = plan.judge.map(({ lot, condemns }) => `${lot.join(" ")}${condemns ? "??" : "?"}`);
  const culprits = plan.culprits.map((one) => `${one} is to blame`);
  const landed = plan.land === null ? [] : [`${plan.land.join(" ")} lands`];
  return [...judged, ...culprits, ...landed, ...(plan.over ? ["over"] : [])];
}

describe("groups", () => {
  it.each<[string, Record<string, string>, string[]]>([
    ["are judged side by side", {}, ["a b c?", "d e f?"]],
    ["of which one fails: its front is judged next", { "a b c": "failed", "d e f": "running" }, ["a?"]],
    [
      "whose front fails: the others of it are judged anew",
      { "a b c": "failed", a: "failed", "d e f": "running" },
      ["b c?"],
    ],
    [
      "whose front passes: the rest is narrowed without being judged",
      { "a b c": "failed", a: "passed", "d e f": "running" },
      ["b?"],
    ],
    ["whose last one is left: it is judged alone", { "a b c": "failed", "a b": "passed", "d e f": "running" }, ["c?"]],
    ["that all passed are judged as one", { "a b c": "passed", "d e f": "passed" }, ["a b c d e f??"]],
    [
      "that passed as one land as one",
      { "a b c": "passed", "d e f": "passed", "a b c d e f": "passed" },
      ["a b c d e f lands"],
    ],
    ["are all that wait: what is running is waited for", { "a b c": "running", "d e f": "running" }, []],
    ["with one lot for all need no combining", { "a b c d e f": "passed" }, ["a b c d e f lands"]],
    [
      "that cannot be combined land as far as they can",
      { "a b c": "passed", "d e f": "passed", "a b c d e f": "failed" },
      ["a b c lands"],
    ],
    [
      "that cannot be combined are tried by halves",
      { "a b": "passed", "c d": "passed", "e f": "passed", "a b c d e f": "failed" },
      ["a b c d??"],
    ],
    [
      "of which none passes leave nothing to do",
      { a: "blocked", b: "blocked", c: "blocked", d: "blocked", e: "blocked", f: "blocked" },
      ["a is to blame", "b is to blame", "c is to blame", "d is to blame", "e is to blame", "f is to blame", "over"],
    ],
  ])("%s", (_what, said, next) => {
    expect(wants(planOf("a b c d e f", said))).toEqual(next);
  });
});

describe("a culprit", () => {
  it.each<[string, string, Record<string, string>, string[]]>([
    [
      "failed alone, and with one that is good",
      "a b",
      { "a b": "failed", a: "failed", b: "passed" },
      ["a is to blame", "b lands"],
    ],
    ["failed alone twice", "a b", { a: "failed twice", b: "passed" }, ["a is to blame", "b lands"]],
    ["is not who failed once, and may be cleared by others", "a b", { "a b": "failed", a: "failed" }, ["b??"]],
    [
      "is not yet who failed once where the other is bad as well: it is judged again",
      "a b",
      { "a b": "failed", a: "failed", b: "failed twice" },
      ["a??", "b is to blame"],
    ],
    [
      "is not one of two who failed once: both are judged again",
      "a b",
      { "a b": "failed", a: "failed", b: "failed" },
      ["a??", "b??"],
    ],
    ["is not who is left over and was not judged alone", "a b", { "a b": "failed", a: "passed" }, ["b?"]],
    ["is nobody where each of them passes alone", "a b", { "a b": "failed", a: "passed", b: "passed" }, ["a lands"]],
    [
      "explains what failed with it: the others are judged anew",
      "a b c d",
      { "a b c d": "failed", a: "failed twice" },
      ["b c d?", "a is to blame"],
    ],
  ])("%s", (_what, members, said, next) => {
    expect(wants(planOf(members, said))).toEqual(next);
  });

  it("that has left takes what it failed with along", () => {
    expect(wants(planOf("b c", { "a b c": "failed" }))).toEqual(["b c?"]);
  });
});

describe("the last gate", () => {
  it("is the combining one, where nothing else is left to judge", () => {
    expect(wants(planOf("a b c d e", { "a b c": "passed", d: "passed" }))).toEqual(["a b c d e?"]);
  });

  it("goes on beside the one who will hardly pass", () => {
    const said = { "a b c": "passed", "d e": "failed", d: "passed" };
    expect(wants(planOf("a b c d e", said))).toEqual(["e?", "a b c d??"]);
    expect(wants(planOf("a b c d e", { ...said, e: "failed", "a b c d": "passed" }))).toEqual([
      "e is to blame",
      "a b c d lands",
    ]);
  });
});

describe("those that come later", () => {
  it("are left out of what is combined", () => {
    expect(wants(planOf("a b c d", { "a b": "passed", "c d": "passed" }, "d"))).toEqual(["a b c??"]);
  });

  it("land with those they passed with, where nothing passes without them", () => {
    const said = { "a b": "passed", "c d": "passed", "b c d": "failed", b: "failed" };
    expect(wants(planOf("a b c d", said, "a"))).toEqual(["a b lands"]);
  });
});

it("needs no more gates than one for each good change, a few for each bad one, and one for all", () => {
  const game = fc.record({
    changes: fc.integer({ min: 1, max: 64 }),
    slots: fc.integer({ min: 1, max: 8 }),
    bad: fc.uniqueArray(fc.nat(63), { maxLength: 64 }),
    rate: fc.constantFrom(unknownRate, { red: 0, judged: 60 }, rate, { red: 50, judged: 60 }),
  });
  fc.assert(
    fc.property(game, ({ changes, slots, bad, rate }) => {
      const rules = { history: "batch", slots, strategy: "groups", validation: null } as const;
      const { gates } = play({ changes, rules, rate, reruns: 1, isGreen: (tree) => !isIn(tree, bad) });
      const culprits = bad.filter((one) => one < changes).length;
      // A gate that passes proves one more to be good, but for the combining ones; one that fails at least halves what holds a
      // culprit, but for the first, and the one that makes it sure.
      const each = Math.ceil(Math.log2(changes)) + 2;
      expect(gates.candidate).toBeLessThanOrEqual(changes - culprits + 1 + culprits * each);
      expect(gates.base).toBeLessThanOrEqual(1);
    }),
    { numRuns: 60 },
  );
});
