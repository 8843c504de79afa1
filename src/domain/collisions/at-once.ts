import type { GraphNode } from "../graph.ts";
import type { Overlap } from "./overlaps.ts";

/** Of a larger group the first ones stand for the rest, and of more overlaps the largest ones. */
const mostCompared = 30;
const mostLookedAt = 500;

export interface Wanted {
  readonly limit: number;
  readonly wanted: (one: string, other: string) => boolean;
}

/** Of each overlap the wanted tasks that no dependency puts in an order; without those that have none, at most `limit`. */
export function atOnce(overlaps: readonly Overlap[], nodes: readonly GraphNode[], by: Wanted): Overlap[] {
  const needs = new Map(nodes.map(({ id, dependsOn }) => [id, dependsOn]));
  const found: Overlap[] = [];
  for (const { at, ...overlap } of overlaps.slice(0, mostLookedAt)) {
    if (found.length >= by.limit) break;
    const [tasks, others] = [overlap.tasks.slice(0, mostCompared), overlap.others.slice(0, mostCompared)];
    const before = new Map([...tasks, ...others].map((id) => [id, neededBy(id, needs)]));
    const free = (one: string, other: string): boolean =>
      one !== other && !before.get(one)?.has(other) && !before.get(other)?.has(one) && by.wanted(one, other);
    const some = tasks.filter((id) => [...tasks, ...others].some((other) => free(id, other)));
    const beside = others.filter((id) => tasks.some((other) => free(id, other)));
    if (some.length + beside.length > 1) found.push({ at, tasks: some, others: beside });
  }
  return found;
}

/** All that a task waits for, directly or not. */
function neededBy(id: string, needs: ReadonlyMap<string, readonly string[]>): Set<string> {
  const seen = new Set<string>();
  const open = [...(needs.get(id) ?? [])];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    open.push(...(needs.get(next) ?? []));
  }
  return seen;
}
