import type { PlannedTask } from "../plan.ts";
import type { CollisionMode } from "./collision-mode.ts";
import { overlapsOf, type Overlap, type Writer } from "./overlaps.ts";
import { collide } from "./shares.ts";
import { treeIndex } from "./tree-index.ts";
import { atOnce } from "./at-once.ts";
import {
  bothWritten,
  declaredWrites,
  nothingWritten,
  predictedWrites,
  withNamedFolders,
  type WriteSet,
} from "./write-set.ts";

export interface Collisions {
  /** By task: what `collide` compares. */
  readonly shares: ReadonlyMap<string, readonly number[]>;
  /** Tasks that do not run at once, though nothing else puts them in an order. */
  readonly apart: readonly Overlap[];
  /** Tasks that may run at once, and may change the same. */
  readonly told: readonly Overlap[];
  /** Tasks whose sets are so wide that they are no part of it. */
  readonly tooWide: readonly string[];
}

/** In all: what a plan of thousands of tasks keeps of its overlaps. */
const maxShares = 200_000;
const maxTold = 20;

/** Which tasks of a plan collide. `tree`: the files there are. */
export function collisionsOf(tasks: readonly PlannedTask[], tree: readonly string[], mode: CollisionMode): Collisions {
  if (mode === "off" || tasks.length < 2) return noCollisions;
  const index = withNamedFolders(treeIndex(tree), tasks);
  const sets = tasks.map((task) => {
    const [declared, predicted] = [declaredWrites(task, index), predictedWrites(task, index)];
    return { id: task.id, declared, all: bothWritten(declared, predicted) };
  });
  const written = (of: (set: (typeof sets)[number]) => WriteSet): Writer[] =>
    sets.map((set) => ({ id: set.id, writes: of(set) }));
  const ruling = written((set) => (mode === "strict" ? set.all : mode === "warn" ? nothingWritten : set.declared));
  const overlaps = overlapsOf(ruling, index.paths);
  const { shares, tooWide } = sharesOf(overlaps);
  const everything = written(({ all }) => all);
  // Where nothing is predicted, that is known.
  const isKnown = mode === "declared" && sets.every(({ declared, all }) => all.paths.length === declared.paths.length);
  const rest = mode === "strict" ? [] : isKnown ? overlaps : overlapsOf(everything, index.paths);
  const together = (one: string, other: string): boolean => !collide(shares.get(one) ?? [], shares.get(other) ?? []);
  return {
    shares,
    apart: atOnce(overlaps, tasks, { limit: maxTold, wanted: (one, other) => !together(one, other) }),
    told: atOnce(rest, tasks, { limit: maxTold, wanted: together }),
    tooWide,
  };
}

const noCollisions: Collisions = { shares: new Map(), apart: [], told: [], tooWide: [] };

function sharesOf(overlaps: readonly Overlap[]): Pick<Collisions, "shares" | "tooWide"> {
  const shares = new Map<string, number[]>();
  const give = (id: string, number: number): void => {
    const own = shares.get(id);
    if (own === undefined) shares.set(id, [number]);
    else own.push(number);
  };
  for (const [place, { tasks, others }] of overlaps.entries()) {
    for (const id of tasks) give(id, place + 1);
    for (const id of others) give(id, -place - 1);
  }
  return { shares, tooWide: narrow(shares) };
}

/** Takes out the tasks with the most overlaps, as long as there are more than can be kept. */
function narrow(shares: Map<string, number[]>): string[] {
  const widest = [...shares].sort(([, a], [, b]) => b.length - a.length);
  let total = widest.reduce((sum, [, own]) => sum + own.length, 0);
  const tooWide: string[] = [];
  for (const [id, own] of widest) {
    if (total <= maxShares) break;
    total -= own.length;
    shares.delete(id);
    tooWide.push(id);
  }
  return tooWide;
}
