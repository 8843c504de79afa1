import { topologicalOrder, type GraphNode } from "./graph.ts";

/** It is kept of so many nodes at once which others they lead to, a bit each. */
const nodesAtOnce = 1_024;
const wordBits = 32;

/**
 * Of each group, the nodes that the graph puts in no order with at least one other of it, so that both may run at once. The
 * graph has no cycle, a group no node twice.
 */
export function unordered(
  nodes: readonly GraphNode[],
  groups: readonly (readonly string[])[],
): readonly (readonly string[])[] {
  const place = new Map([...new Set(groups.flat())].map((id, index) => [id, index]));
  const inOrder = groups.map((group) => group.map(() => 0));
  for (let from = 0; from < place.size; from += nodesAtOnce) {
    const led = leadingBits(nodes, place, from);
    for (const [index, group] of groups.entries()) countOrdered(group, inOrder[index] ?? [], { led, place, from });
  }
  return groups.map((group, index) => group.filter((_, at) => (inOrder[index]?.[at] ?? 0) < group.length - 1));
}

interface Leading {
  readonly led: ReadonlyMap<string, Uint32Array>;
  readonly place: ReadonlyMap<string, number>;
  readonly from: number;
}

/** Adds, for each of a group, with how many of the others that are looked at now it is in order. */
function countOrdered(group: readonly string[], counts: number[], { led, place, from }: Leading): void {
  for (const [at, first] of group.entries()) {
    const index = (place.get(first) ?? 0) - from;
    if (index < 0 || index >= nodesAtOnce) continue;
    for (const [other, second] of group.entries()) {
      if (other === at || !hasBit(led.get(second), index)) continue;
      counts[at] = (counts[at] ?? 0) + 1;
      counts[other] = (counts[other] ?? 0) + 1;
    }
  }
}

/** Which of the nodes that are looked at come before each, itself included. */
function leadingBits(nodes: readonly GraphNode[], place: Leading["place"], from: number): Leading["led"] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const led = new Map<string, Uint32Array>();
  for (const id of topologicalOrder(nodes)) {
    const bits = new Uint32Array(nodesAtOnce / wordBits);
    for (const need of byId.get(id)?.dependsOn ?? []) addBits(bits, led.get(need));
    const index = (place.get(id) ?? -1) - from;
    if (index >= 0 && index < nodesAtOnce) bits[index >> 5] = (bits[index >> 5] ?? 0) | (1 << (index & 31));
    led.set(id, bits);
  }
  return led;
}

function addBits(bits: Uint32Array, more: Uint32Array | undefined): void {
  if (more === undefined) return;
  for (let word = 0; word < bits.length; word++) bits[word] = (bits[word] ?? 0) | (more[word] ?? 0);
}

function hasBit(bits: Uint32Array | undefined, index: number): boolean {
  return (((bits?.[index >> 5] ?? 0) >>> (index & 31)) & 1) === 1;
}
