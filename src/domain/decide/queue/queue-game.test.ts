import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { play, treeOf, type Game, type Played } from "../../../../test/rig/queue-game.ts";
import { Random } from "../../../../sim/random.ts";

/** What a queue does as a whole, whatever comes: its real decisions in a world in which only checks take time. */

/** Bad by themselves, bad with one other, and in conflict with one other; all by their numbers. */
interface Truth {
  readonly changes: number;
  readonly bad: ReadonlySet<number>;
  readonly pairs: readonly (readonly [number, number])[];
  readonly conflicts: readonly (readonly [number, number])[];
}

const most = 24;
const numbers = (below: number): number[] => Array.from({ length: below }, (_, index) => index);

function truths({ pairs = 0, conflicts = 0, upTo = most } = {}): fc.Arbitrary<Truth> {
  const pair = fc.tuple(fc.nat(upTo - 1), fc.nat(upTo - 1)).filter(([a, b]) => a !== b);
  return fc
    .record({
      changes: fc.integer({ min: 1, max: upTo }),
      share: fc.constantFrom(0, 0.05, 0.2, 0.6, 1),
      seed: fc.integer(),
      pairs: fc.array(pair, { maxLength: pairs }),
      conflicts: fc.array(pair, { maxLength: conflicts }),
    })
    .map(({ share, seed, changes, ...own }) => {
      const random = new Random(seed);
      return { ...own, changes, bad: new Set(random.some(numbers(changes), share)) };
    });
}

const settings = fc.record({
  history: fc.constantFrom("batch", "every-change"),
  slots: fc.integer({ min: 1, max: 6 }),
  strategy: fc.constantFrom("auto", "groups", "prefixes"),
  validation: fc.constant(null),
});
const rates = fc.constantFrom(
  { red: 0, judged: 0 },
  { red: 0, judged: 60 },
  { red: 3, judged: 60 },
  { red: 20, judged: 60 },
);
const worlds = fc.record({ rules: settings, rate: rates, reruns: fc.nat(2), seed: fc.integer(), uneven: fc.boolean() });

type World = typeof worlds extends fc.Arbitrary<infer T> ? T : never;

const both = (tree: ReadonlySet<number>, [a, b]: readonly [number, number]): boolean => tree.has(a) && tree.has(b);

function gameOf({ changes, bad, pairs, conflicts }: Truth, { rules, rate, reruns, seed, uneven }: World): Game {
  const random = new Random(seed);
  return {
    changes,
    rules,
    rate,
    reruns,
    isGreen: (tree) => ![...tree].some((one) => bad.has(one)) && !pairs.some((pair) => both(tree, pair)),
    conflicts: (change, onto) =>
      conflicts.some(([a, b]) => (a === change && onto.has(b)) || (b === change && onto.has(a))),
    ...(uneven ? { goTime: () => random.between(5, 15) / 10 } : {}),
  };
}

function ascend(list: readonly number[]): number[] {
  return list.toSorted((a, b) => a - b);
}

function ascending(list: readonly number[]): boolean {
  return list.every((one, index) => index === 0 || one > (list[index - 1] ?? 0));
}

function lands({ rules, isGreen }: Pick<Game, "rules" | "isGreen">, played: Played, later: Truth["conflicts"]): void {
  for (const { before, lot } of played.landings) {
    expect(isGreen(new Set([...before, ...lot]))).toBe(true);
    expect(played.proven).toContain(treeOf([...before, ...lot]));
    expect(ascending(lot.filter((one) => !later.flat().includes(one)))).toBe(true);
    if (rules.history === "every-change") expect(lot).toHaveLength(1);
  }
}

/** `later`: conflict with others, so their turn may come when those have landed. */
function whatItIs(
  { rules, changes, isGreen, conflicts = () => false }: Game,
  played: Played,
  later: Truth["conflicts"] = [],
): void {
  lands({ rules, isGreen }, played, later);
  const landed = played.landings.flatMap(({ lot }) => lot);
  const rejected = played.ended.filter(({ as }) => as === "rejected");
  expect(played.ended.filter(({ as }) => as === "held")).toEqual([]);
  expect(ascend([...landed, ...rejected.map(({ change }) => change)])).toEqual(numbers(changes));
  for (const { change, reason, landed: before } of rejected)
    if (reason === "conflict") expect(conflicts(change, new Set(before))).toBe(true);
    else expect(isGreen(new Set([...before, change]))).toBe(false);
  const passes = rules.history === "every-change" || rules.strategy === "prefixes";
  // Nobody is passed by others, but in groups by those that could be combined.
  if (passes) expect(ascending(landed.filter((one) => !later.flat().includes(one)))).toBe(true);
  // Each round lets at least one land or be rejected.
  expect(played.rounds).toBeLessThanOrEqual(changes);
  expect(played.busiest).toBeLessThanOrEqual(rules.slots);
  expect(played.gates.base).toBeLessThanOrEqual(landed.length + rejected.length);
}

describe("a queue", () => {
  it("lands what is green as judged, rejects only what is red on the target, and leaves nobody waiting", () => {
    fc.assert(
      fc.property(truths(), worlds, (truth, world) => {
        const game = gameOf(truth, world);
        const played = play(game);
        whatItIs(game, played);
        expect(played.landings.flatMap(({ lot }) => lot).filter((one) => truth.bad.has(one))).toEqual([]);
        expect(played.ended.filter(({ change }) => !truth.bad.has(change))).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  it("does so where two are green alone and red together", () => {
    fc.assert(
      fc.property(truths({ pairs: 6 }), worlds, (truth, world) => {
        const game = gameOf(truth, world);
        whatItIs(game, play(game));
      }),
      { numRuns: 150 },
    );
  });

  it("does so where changes conflict with each other", () => {
    fc.assert(
      fc.property(truths({ pairs: 2, conflicts: 6 }), worlds, (truth, world) => {
        const game = gameOf(truth, world);
        whatItIs(game, play(game), truth.conflicts);
      }),
      { numRuns: 150 },
    );
  });

  it("does so where git takes its time, and lock files of some have to be made anew meanwhile", () => {
    const few = 6;
    const relocking = fc
      .array(fc.tuple(fc.nat(few - 1), fc.boolean()), { maxLength: few })
      .map((some) => new Map(some));
    fc.assert(
      fc.property(truths({ pairs: 1, conflicts: 1, upTo: few }), worlds, relocking, (truth, world, relocks) => {
        const random = new Random(world.seed);
        const game = { ...gameOf(truth, world), relocks, gitTime: () => random.between(1, 30) / 10 };
        const played = play(game);
        const later = [...truth.conflicts, ...[...relocks.keys()].map((one) => [one, one] as const)];
        lands(game, played, later);
        const landed = played.landings.flatMap(({ lot }) => lot);
        const left = played.ended.map(({ change }) => change);
        expect(ascend([...landed, ...left])).toEqual(numbers(truth.changes));
        const ended = played.ended.filter(({ change }) => !relocks.has(change));
        for (const { change, reason, landed: before } of ended)
          if (reason === "conflict") expect(game.conflicts?.(change, new Set(before))).toBe(true);
      }),
      { numRuns: 800 },
    );
  });

  it("does so whatever git says: a change may merge behind one, and not without it", () => {
    const answers = fc.tuple(fc.func(fc.nat(99)), fc.constantFrom(5, 15, 30));
    fc.assert(
      fc.property(truths({ upTo: 8 }), worlds, answers, fc.boolean(), (truth, world, [answer, share], flaky) => {
        const random = new Random(world.seed);
        const conflicts = (change: number, onto: ReadonlySet<number>): boolean =>
          answer(change, ascend([...onto]).join()) < share;
        const flakes = (): boolean => flaky && random.chance(0.1);
        const gitTime = (): number => random.between(1, 30) / 10;
        const game = { ...gameOf(truth, { ...world, uneven: true }), conflicts, flakes, gitTime };
        const played = play(game);
        for (const { before, lot } of played.landings) {
          expect(played.proven).toContain(treeOf([...before, ...lot]));
          if (world.rules.history === "every-change") expect(lot).toHaveLength(1);
        }
        const landed = played.landings.flatMap(({ lot }) => lot);
        const [rejected, held] = ["rejected", "held"].map((how) =>
          played.ended.filter(({ as }) => as === how).map(({ change }) => change),
        );
        const over = [...landed, ...(rejected ?? [])];
        expect(new Set(over).size).toBe(over.length);
        // Held where a flake made the target look red, and let go on when it had moved.
        expect(ascend([...new Set([...over, ...(held ?? [])])])).toEqual(numbers(truth.changes));
        for (const { change, reason, landed: before } of played.ended)
          if (reason === "conflict") expect(conflicts(change, new Set(before))).toBe(true);
      }),
      { numRuns: 800 },
    );
  });

  it("rejects an innocent change only where two runs on trees with it flaked", () => {
    fc.assert(
      fc.property(truths(), worlds, fc.constantFrom(0.02, 0.05, 0.3), (truth, world, share) => {
        const random = new Random(world.seed);
        const flaked: ReadonlySet<number>[] = [];
        const game = {
          ...gameOf(truth, { ...world, reruns: Math.max(1, world.reruns) }),
          flakes: (tree: ReadonlySet<number>) => {
            const does = random.chance(share);
            if (does) flaked.push(tree);
            return does;
          },
        };
        const played = play(game);
        for (const { before, lot } of played.landings)
          expect([...before, ...lot].filter((one) => truth.bad.has(one))).toEqual([]);
        for (const { change, as } of played.ended)
          if (as === "rejected" && !truth.bad.has(change))
            expect(flaked.filter((tree) => tree.has(change)).length).toBeGreaterThanOrEqual(2);
      }),
      { numRuns: 150 },
    );
  });

  it("takes back whatever broke what is validated, however many of one batch, and nothing else", () => {
    const validation = { gate: { checks: [{ name: "smoke", run: "smoke", kind: "command", timeoutMs: 1 }] } } as const;
    fc.assert(
      fc.property(truths(), worlds, ({ changes, bad }, world) => {
        const rules = { ...world.rules, validation: { ...validation, rollback: true } };
        const isSound = (tree: ReadonlySet<number>): boolean => ![...tree].some((one) => bad.has(one));
        const played = play({ changes, rules, rate: world.rate, reruns: 0, isGreen: () => true, isSound });
        const landed = played.landings.flatMap(({ lot }) => lot);
        expect(new Set(played.takenBack)).toEqual(new Set(landed.filter((one) => bad.has(one))));
        expect(played.left.filter((one) => bad.has(one))).toEqual([]);
        const held = played.ended.map(({ as, reason }) => `${as}: ${reason}`);
        expect([...new Set(held)]).toEqual(landed.length === changes ? [] : ["held: queue-halted"]);
        expect(played.halted?.reason ?? "reverts").toBe("reverts");
        if (played.takenBack.length < 3) expect(played.halted).toBeNull();
      }),
      { numRuns: 150 },
    );
  });

  it("blames nobody for a target that is red already", () => {
    fc.assert(
      fc.property(truths(), worlds, (truth, world) => {
        const { landings, ended } = play({ ...gameOf(truth, world), isGreen: () => false });
        expect(landings).toEqual([]);
        expect(ascend(ended.map(({ change }) => change))).toEqual(numbers(truth.changes));
        expect([...new Set(ended.map(({ reason }) => reason))]).toEqual(["red-base"]);
      }),
    );
  });

  it("lets one of those that do the same land, and the others by it, however they are batched", () => {
    const kinds = fc.integer({ min: 1, max: 6 });
    fc.assert(
      fc.property(truths({ upTo: 12 }), worlds, kinds, fc.boolean(), ({ changes, bad }, world, few, slow) => {
        const random = new Random(world.seed);
        const kind = numbers(changes).map(() => random.between(0, few - 1));
        const does = (change: number): number => kind[change] ?? change;
        const isGreen = (tree: ReadonlySet<number>): boolean => ![...tree].some((one) => bad.has(does(one)));
        const truth = { changes, bad, pairs: [], conflicts: [] };
        const gitTime = (): number => random.between(1, 30) / 10;
        const played = play({ ...gameOf(truth, world), does, isGreen, ...(slow ? { gitTime } : {}) });
        for (const { before, lot } of played.landings) expect(played.proven).toContain(treeOf([...before, ...lot]));
        const landed = played.landings.flatMap(({ lot }) => lot);
        const good = numbers(changes).filter((one) => !bad.has(does(one)));
        expect(ascend(landed.map(does))).toEqual(ascend([...new Set(good.map(does))]));
        expect(ascend([...landed, ...played.done])).toEqual(good);
        expect(ascend(played.ended.map(({ change }) => change))).toEqual(
          numbers(changes).filter((one) => bad.has(does(one))),
        );
      }),
      { numRuns: 300 },
    );
  });
});
