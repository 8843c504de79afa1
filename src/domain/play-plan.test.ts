import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { collide } from "./collisions/shares.ts";
import { playPlan, type Playing } from "./play-plan.ts";
import type { PlannedTask } from "./plan.ts";

function task(id: string, changes: Partial<PlannedTask> = {}): PlannedTask {
  const lists = { files: [], acceptance: [], subtasks: [], dependsOn: [], capabilities: [], allow: [] };
  const plain = { description: "", priority: "medium", phase: null, section: null, agent: null, box: null } as const;
  return { id, title: id, ...lists, ...plain, type: "code-generation", ...changes };
}

/** Ten minutes each, and one until it has landed. */
function minutes(workers: number, tasks: readonly PlannedTask[], shares: Readonly<Record<string, number[]>>): number {
  return playPlan(tasks, { workers, landing: 1, minutesOf: () => 10, sharesOf: (id) => shares[id] ?? [] });
}

const four = ["a", "b", "c", "d"].map((id) => task(id));

describe("a plan that is played", () => {
  it("has tasks that may not run at once one after the other, until each has landed, and others beside them", () => {
    expect(minutes(4, four, {})).toBe(11);
    expect(minutes(4, four, { a: [1], b: [1], c: [1] })).toBe(33);
    expect(minutes(2, four, { a: [1], b: [1], c: [2], d: [2] })).toBe(22);
    expect(minutes(1, four, { a: [1], b: [1] })).toBe(41);
  });

  it("has tasks that only touch what another one has wholly at once, but for that one", () => {
    expect(minutes(4, four, { a: [-1], b: [-1], c: [-1], d: [1] })).toBe(22);
    expect(minutes(4, four, { a: [1], b: [-1], c: [-1], d: [-1] })).toBe(22);
  });

  it("does not let those that come later keep a more urgent one waiting for longer", () => {
    const rest = Array.from({ length: 6 }, (_, index) => task(`s${index}`));
    const touching = Object.fromEntries(rest.map(({ id }) => [id, [-1]]));
    const wide = [
      task("first"),
      task("wide", { dependsOn: ["first"], priority: "high" }),
      task("end", { dependsOn: ["wide"] }),
    ];
    // first and s0; s1 and s2; wide alone; end and the rest.
    expect(minutes(2, [...wide, ...rest], { ...touching, wide: [1] })).toBe(53);
  });

  const drawn = fc.record({
    minutes: fc.integer({ min: 1, max: 9 }),
    needs: fc.array(fc.nat(), { maxLength: 2 }),
    shares: fc.uniqueArray(fc.constantFrom<number[]>(1, -1, 2, -2, 3), { maxLength: 3, selector: Math.abs }),
    priority: fc.constantFrom("high", "medium", "low"),
  });
  const plans = fc.record({
    all: fc.array(drawn, { minLength: 1, maxLength: 14 }),
    workers: fc.integer({ min: 1, max: 5 }),
  });
  type Drawn = typeof plans extends fc.Arbitrary<infer T> ? T : never;
  const played = ({ all, workers }: Drawn): [PlannedTask[], Playing] => {
    const tasks = all.map(({ needs, priority }, index) => {
      const dependsOn = index === 0 ? [] : [...new Set(needs.map((need) => `t${need % index}`))];
      return task(`t${index}`, { dependsOn, priority });
    });
    const of = (id: string): Drawn["all"][number] | undefined => all[Number(id.slice(1))];
    const minutesOf = (id: string): number => of(id)?.minutes ?? 0;
    return [tasks, { workers, landing: 2, minutesOf, sharesOf: (id) => of(id)?.shares ?? [] }];
  };

  it("takes no less than what may not run at once, and no more than everything one after the other", () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const elapsed = playPlan(...played(plan));
        const sum = (some: Drawn["all"]): number => some.reduce((total, one) => total + one.minutes + 2, 0);
        for (const number of [1, 2, 3])
          expect(elapsed).toBeGreaterThanOrEqual(sum(plan.all.filter(({ shares }) => shares.includes(number))));
        expect(elapsed).toBeLessThanOrEqual(sum(plan.all));
      }),
    );
  });

  it("takes what it would if everything were looked at each time, but for one in hundreds", () => {
    const some = fc.sample(plans, { seed: 7, numRuns: 1_000 }).map(played);
    const same = some.filter((plan) => playPlan(...plan) === playedPlainly(...plan));
    expect(same.length).toBeGreaterThan(990);
  });
});

/** The same, where everything is looked at each time. */
function playedPlainly(tasks: readonly PlannedTask[], { workers, landing, minutesOf, sharesOf }: Playing): number {
  const sorted = (["high", "medium", "low"] as const).flatMap((rank) =>
    tasks.filter(({ priority }) => priority === rank),
  );
  const begun = new Map<string, number>();
  let now = 0;
  const ended = (id: string): number => (begun.get(id) ?? Infinity) + minutesOf(id);
  for (;;) {
    const landed = new Set([...begun.keys()].filter((id) => ended(id) + landing <= now));
    const taken = [...begun.keys()].filter((id) => !landed.has(id));
    let free = workers - taken.filter((id) => ended(id) > now).length;
    let kept: readonly number[] | null = null;
    for (const { id, dependsOn } of sorted) {
      if (free === 0) break;
      if (begun.has(id) || !dependsOn.every((need) => landed.has(need))) continue;
      if (taken.some((other) => collide(sharesOf(id), sharesOf(other)))) kept ??= sharesOf(id);
      else if (kept === null || !collide(sharesOf(id), kept)) {
        begun.set(id, now);
        taken.push(id);
        free--;
      }
    }
    const times = [...begun.keys()].flatMap((id) => [ended(id), ended(id) + landing]).filter((at) => at > now);
    if (times.length === 0) return now;
    now = Math.min(...times);
  }
}
