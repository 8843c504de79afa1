import { lotKey, type Known, type Lot, type Member, type Standing } from "../../src/domain/queue/known.ts";

/** Members by their names, with spaces in between. */
export function lot(names: string): Lot {
  return names.split(" ").filter((name) => name !== "") as unknown as Member[];
}

/** What is known, as a table: lots, and what was said of them. `failed twice`: the check was run again. */
export function knownBy(said: Readonly<Record<string, string>>): Known {
  return {
    of: (one) => (said[lotKey(one)]?.split(" ")[0] ?? null) as Standing,
    lots: Object.keys(said).map(lot),
    confirmed: (one) => said[lotKey(one)] === "failed twice",
  };
}

/** Whether one of them is in it. */
export function isIn(tree: ReadonlySet<number>, some: readonly number[]): boolean {
  return some.some((one) => tree.has(one));
}
