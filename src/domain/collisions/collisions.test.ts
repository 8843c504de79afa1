import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cpuMsOf } from "../../../test/rig/cpu-time.ts";
import { aTask } from "../../../test/rig/rows.ts";
import type { PlannedTask } from "../plan.ts";
import type { CollisionMode } from "./collision-mode.ts";
import { collisionsOf, type Collisions } from "./collisions.ts";
import { collide, collidingWith } from "./shares.ts";

const tree = ["README.md", "docs/guide.md", "src/a.ts", "src/user-service.ts", "src/deep/c.ts", "lib/a.ts"];
const naming = (id: string, ...files: string[]): PlannedTask => aTask({ id, title: id, files });

function kept(tasks: readonly PlannedTask[], mode: CollisionMode = "declared"): string[] {
  return pairs(collisionsOf(tasks, tree, mode), tasks);
}

/** Pairs of tasks that do not run at once. */
function pairs({ shares }: Collisions, tasks: readonly PlannedTask[]): string[] {
  return tasks.flatMap(({ id: a }, index) =>
    tasks.slice(index + 1).flatMap(({ id: b }) => (collide(shares.get(a) ?? [], shares.get(b) ?? []) ? [a + b] : [])),
  );
}

describe("what tasks declare", () => {
  it.each<[string, string[], string[], boolean]>([
    ["the same file", ["src/a.ts"], ["src/a.ts"], true],
    ["the same new file", ["src/new.ts"], ["./src/new.ts"], true],
    ["two files of one folder", ["src/a.ts"], ["src/user-service.ts"], false],
    ["a folder and a file in it", ["src/"], ["src/deep/c.ts"], true],
    ["a folder without a slash and a file in it", ["src"], ["src/deep/c.ts"], true],
    ["a folder and a new file in it", ["src/"], ["src/deep/new.ts"], true],
    ["a folder and one in it", ["src/"], ["src/deep/"], true],
    ["two folders", ["src/"], ["docs/"], false],
    ["a folder and one whose name begins so", ["src/deep/"], ["src/deeper/x.ts"], false],
    ["a glob and a file", ["src/**/*.ts"], ["src/deep/c.ts"], true],
    ["a glob and a file it leaves out", ["src/*.ts"], ["src/deep/c.ts"], false],
    ["two globs with a file in common", ["src/*.ts"], ["**/a.ts"], true],
    ["two globs without", ["src/*.ts"], ["docs/*.md"], false],
    ["a glob and what is to be made below it", ["src/**"], ["src/made/*.css"], true],
    ["everything and anything", ["."], ["docs/guide.md"], true],
    ["a name that two files have, and one of them", ["a.ts"], ["lib/a.ts"], true],
    ["what is outside of the repository", ["../x"], ["../x"], false],
    ["one file by two ways", ["src/deep/../a.ts"], ["src//./a.ts"], true],
    ["a way out and back", ["src/../../x"], ["x"], false],
    ["one with the slashes of another system", ["src\\deep\\c.ts"], ["src/deep/c.ts"], true],
    ["one whose accent is written otherwise", ["src/cafe\u0301.ts"], ["src/caf\u00e9.ts"], true],
    ["a folder by its dot", ["src/deep/."], ["src/deep/new.ts"], true],
    ["a folder that is to be made, without a slash, and a file in it", ["src/new"], ["src/new/x.ts"], true],
    ["a file, and one whose name begins so", ["src/a.ts"], ["src/a.ts.md"], false],
    ["names that are not there", ["x.ts"], ["y.ts"], false],
  ])("%s", (_, a, b, expected) => {
    const tasks = [naming("a", ...a), naming("b", ...b)];
    expect(kept(tasks)).toEqual(expected ? ["ab"] : []);
    expect(kept([naming("a", ...b), naming("b", ...a)])).toEqual(expected ? ["ab"] : []);
  });

  it("keeps no two apart that only share a wide one with a third", () => {
    const tasks = [
      naming("a", "src/a.ts"),
      naming("b", "src/user-service.ts"),
      naming("c", "src/"),
      naming("d", "docs/"),
    ];
    expect(kept(tasks)).toEqual(["ac", "bc"]);
  });
});

it("is found soon, whatever the plan names: what takes too long to be compared is left out", () => {
  const files = Array.from({ length: 5_000 }, (_, index) => `lib/x${index % 100}/y${index}.ts`);
  const odd = Array.from({ length: 400 }, (_, index) => naming(`t${index}`, `**/*a*b*c*d*${index >> 1}*.ts`));
  const spent = cpuMsOf(() => expect(collisionsOf(odd, files, "declared").shares.size).toBe(400));
  expect(spent).toBeLessThan(10_000);
});

describe("what tasks speak of", () => {
  it("is of a group what its parts speak of", () => {
    const { id, title, files, acceptance, subtasks, type } = aTask({ id: "p1", title: "One" });
    const part = { id, title, files, acceptance, subtasks, type, box: null };
    const parts = [
      { ...part, description: "As src/a.ts has it" },
      { ...part, id: "p2", description: "" },
    ];
    expect(kept([aTask({ id: "g", title: "One; One", parts }), naming("b", "src/a.ts")], "strict")).toEqual(["gb"]);
  });

  const speaking = (id: string, title: string): PlannedTask => aTask({ id, title });

  it.each<[string, string, string, boolean]>([
    ["a path", "Mend src/a.ts", "Split `src/a.ts`", true],
    ["the name of a file", "Mend guide.md.", "Extend docs/guide.md", true],
    ["a name in code, however it is written", "Split UserService", "Cache in user_service.load", true],
    ["plain words are no names", "Mend the readme", "Write a guide", false],
    ["a name that nothing has", "Add FooBar", "Use FooBar", false],
  ])("%s", (_, a, b, expected) => {
    expect(kept([speaking("a", a), speaking("b", b)], "strict")).toEqual(expected ? ["ab"] : []);
  });

  it("is told, and keeps nobody waiting unless it is asked for", () => {
    const tasks = [speaking("a", "Mend src/a.ts"), speaking("b", "Split src/a.ts"), naming("c", "src/a.ts")];
    expect(kept(tasks)).toEqual([]);
    expect(collisionsOf(tasks, tree, "declared").told).toEqual([
      { at: "src/a.ts", tasks: ["a", "b", "c"], others: [] },
    ]);
    expect(kept(tasks, "strict")).toEqual(["ab", "ac", "bc"]);
    expect(kept(tasks, "warn")).toEqual([]);
    expect(collisionsOf(tasks, tree, "off").told).toEqual([]);
  });
});

describe("what is told", () => {
  it("leaves out tasks that a dependency puts in an order anyway", () => {
    const first = naming("a", "src/a.ts");
    const second = { ...naming("b", "src/a.ts"), dependsOn: ["a"] };
    const third = { ...naming("c", "src/a.ts"), dependsOn: ["b"] };
    expect(collisionsOf([first, second, third], tree, "declared").apart).toEqual([]);
    const beside = { ...naming("d", "src/a.ts"), dependsOn: ["a"] };
    expect(collisionsOf([first, second, third, beside], tree, "declared").apart).toEqual([
      { at: "src/a.ts", tasks: ["b", "c", "d"], others: [] },
    ]);
  });
});

describe("sets that are too wide", () => {
  it("are no part of it, and said", () => {
    const wide = Array.from({ length: 120 }, (_, index) => naming(`w${index}`, ...wideFiles(index)));
    const narrow = Array.from({ length: 4_000 }, (_, index) => naming(`n${index}`, `src/f${index}.ts`));
    const { shares, tooWide } = collisionsOf([...wide, ...narrow], [], "declared");
    expect([...shares.values()].reduce((sum, own) => sum + own.length, 0)).toBeLessThanOrEqual(200_000);
    expect(tooWide.length).toBeGreaterThan(0);
    expect(tooWide.every((id) => !shares.has(id))).toBe(true);
  });
});

/** Each with all files but one of its own: globs that stand for nearly everything. */
function wideFiles(index: number): string[] {
  return Array.from({ length: 10 }, (_, nth) => `src/f[!${index % 10}${nth}]*`);
}

describe("shares", () => {
  const numbers = fc.uniqueArray(
    fc.integer({ min: -5, max: 5 }).filter((n) => n !== 0),
    { selector: Math.abs },
  );

  it("collide also with those of several at once, one of which has a number and another its negation", () => {
    expect(collide([-1], [1, -1])).toBe(true);
    expect(collide([1, -1], [-1])).toBe(true);
    expect(collide([-1], [-1])).toBe(false);
  });

  it("collide either way, and as the store looks for them", () => {
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        expect(collide(a, b)).toBe(collide(b, a));
        const wanted = collidingWith(a);
        expect(b.some((number) => wanted.has(number))).toBe(collide(a, b));
      }),
    );
  });

  it("are what comparing every two sets gives", () => {
    const files = fc.subarray(["src/a.ts", "src/x", "src/", "src/*.ts", "lib/a.ts", "docs/", "**/a.ts"], {
      maxLength: 3,
    });
    fc.assert(
      fc.property(fc.array(files, { minLength: 2, maxLength: 8 }), (sets) => {
        const tasks = sets.map((set, index) => naming(String(index), ...set));
        const alone = tasks.flatMap((one, index) =>
          tasks.slice(index + 1).flatMap((other) => (kept([one, other]).length > 0 ? [one.id + other.id] : [])),
        );
        expect(kept(tasks)).toEqual(alone);
      }),
    );
  });
});
