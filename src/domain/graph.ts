import { addTo } from "../std/multi-map.ts";

/** The task graph: order, cycles, critical path. Ids are plain strings; edges go from a node to what it needs. */
export interface GraphNode {
  readonly id: string;
  readonly dependsOn: readonly string[];
}

export interface GraphShape {
  /** Nodes by the earliest step at which they can run, all of one step side by side. */
  readonly layers: readonly (readonly string[])[];
  readonly criticalPath: readonly string[];
  /** The most nodes in one layer. */
  readonly width: number;
}

/** One cycle, in order, its first node repeated at the end; null when there is none. */
export function findCycle(nodes: readonly GraphNode[]): readonly string[] | null {
  const stuck = new Map(unsortable(nodes).map((node) => [node.id, node]));
  const start = stuck.keys().next();
  if (start.done) return null;
  // Every stuck node needs a stuck node, so following needs must come back to one already seen.
  const path: string[] = [];
  const seenAt = new Map<string, number>();
  let current = start.value;
  while (!seenAt.has(current)) {
    seenAt.set(current, path.length);
    path.push(current);
    const next = stuck.get(current)?.dependsOn.find((need) => stuck.has(need));
    if (next === undefined) return null;
    current = next;
  }
  return [...path.slice(seenAt.get(current)), current];
}

/** What Kahn's algorithm leaves over: the nodes on, or behind, a cycle. */
function unsortable(nodes: readonly GraphNode[]): readonly GraphNode[] {
  const sorted = new Set(topologicalOrder(nodes));
  return nodes.filter((node) => !sorted.has(node.id));
}

/** Needs before needers; ties in the given order. Nodes on or behind a cycle are left out. */
export function topologicalOrder(nodes: readonly GraphNode[]): string[] {
  const known = new Set(nodes.map((node) => node.id));
  const unmet = new Map<string, number>();
  const dependants = new Map<string, string[]>();
  for (const node of nodes) {
    const needs = new Set(node.dependsOn.filter((need) => known.has(need)));
    unmet.set(node.id, needs.size);
    for (const need of needs) addTo(dependants, need, node.id);
  }
  const order = nodes.filter((node) => unmet.get(node.id) === 0).map((node) => node.id);
  for (let index = 0; index < order.length; index++) {
    for (const dependant of dependants.get(order[index] ?? "") ?? []) {
      const left = (unmet.get(dependant) ?? 0) - 1;
      unmet.set(dependant, left);
      if (left === 0) order.push(dependant);
    }
  }
  return order;
}

/** Layers, longest chain and width of an acyclic graph; every node counts one step unless `weight` says otherwise. */
export function graphShape(nodes: readonly GraphNode[], weight: (id: string) => number = () => 1): GraphShape {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const depth = new Map<string, number>();
  const cost = new Map<string, number>();
  const previous = new Map<string, string | null>();
  for (const id of topologicalOrder(nodes)) {
    const needs = (byId.get(id)?.dependsOn ?? []).filter((need) => depth.has(need));
    depth.set(
      id,
      needs.reduce((deepest, need) => Math.max(deepest, (depth.get(need) ?? 0) + 1), 0),
    );
    const longest = needs.reduce<string | null>(
      (best, need) => (best === null || (cost.get(need) ?? 0) > (cost.get(best) ?? 0) ? need : best),
      null,
    );
    previous.set(id, longest);
    cost.set(id, (longest === null ? 0 : (cost.get(longest) ?? 0)) + weight(id));
  }
  const layers: string[][] = [];
  for (const [id, level] of depth) (layers[level] ??= []).push(id);
  return {
    layers,
    criticalPath: longestChain(cost, previous),
    width: layers.reduce((widest, layer) => Math.max(widest, layer.length), 0),
  };
}

function longestChain(cost: ReadonlyMap<string, number>, previous: ReadonlyMap<string, string | null>): string[] {
  let last: string | null = null;
  for (const [id, total] of cost) if (last === null || total > (cost.get(last) ?? 0)) last = id;
  const chain: string[] = [];
  for (let id = last; id !== null; id = previous.get(id) ?? null) chain.unshift(id);
  return chain;
}
