import { topologicalOrder, type GraphNode } from "./graph.ts";

/** It is kept of so many nodes at once which others they lead to, a bit each. */
const nodesAtOnce = 1_024;
const words = nodesAtOnce / 32;

/**
 * Of each group, the nodes that the graph puts in no order with at least one other of it, so that both may run at once. The
 * graph has no cycle, a group no node twice.
 */
export function unordered(
  nodes: readonly GraphNode[],
  groups: readonly (readonly string[])[],
): readonly (readonly string[])[] {
  const graph = numbered(nodes);
  const members = groups.map((group) => group.flatMap((id) => graph.numberOf.get(id) ?? []));
  const looked = [...new Set(members.flat())];
  const place = new Int32Array(nodes.length).fill(-1);
  for (const [index, node] of looked.entries()) place[node] = index;
  const inOrder = groups.map((group) => group.map(() => 0));
  for (let from = 0; from < looked.length; from += nodesAtOnce) {
    const leading = { bits: leadingBits(graph, place, from), place, from };
    for (const [index, group] of members.entries()) countOrdered(group, inOrder[index] ?? [], leading);
  }
  return groups.map((group, index) => group.filter((_, at) => (inOrder[index]?.[at] ?? 0) < group.length - 1));
}

interface Numbered {
  readonly numberOf: ReadonlyMap<string, number>;
  /** Of each node, by its number: the numbers of those that it needs, which are lower. */
  readonly needs: readonly (readonly number[])[];
}

function numbered(nodes: readonly GraphNode[]): Numbered {
  const order = topologicalOrder(nodes);
  const numberOf = new Map(order.map((id, index) => [id, index]));
  const needsOf = new Map(nodes.map(({ id, dependsOn }) => [id, dependsOn]));
  return { numberOf, needs: order.map((id) => (needsOf.get(id) ?? []).flatMap((need) => numberOf.get(need) ?? [])) };
}

interface Leading {
  readonly bits: Uint32Array;
  readonly place: Int32Array;
  readonly from: number;
}

/** Adds, for each of a group, with how many of the others that are looked at now it is in order. */
function countOrdered(group: readonly number[], counts: number[], { bits, place, from }: Leading): void {
  for (const [at, first] of group.entries()) {
    const index = (place[first] ?? 0) - from;
    if (index < 0 || index >= nodesAtOnce) continue;
    for (const [other, second] of group.entries()) {
      const word = bits[second * words + (index >> 5)] ?? 0;
      if (other === at || ((word >>> (index & 31)) & 1) === 0) continue;
      counts[at] = (counts[at] ?? 0) + 1;
      counts[other] = (counts[other] ?? 0) + 1;
    }
  }
}

/** Which of the nodes that are looked at come before each, itself included. */
function leadingBits({ needs }: Numbered, place: Int32Array, from: number): Uint32Array {
  const bits = new Uint32Array(needs.length * words);
  for (const [node, own] of needs.entries()) {
    const start = node * words;
    for (const need of own) {
      const other = need * words;
      for (let word = 0; word < words; word++)
        bits[start + word] = (bits[start + word] ?? 0) | (bits[other + word] ?? 0);
    }
    const index = (place[node] ?? -1) - from;
    if (index >= 0 && index < nodesAtOnce)
      bits[start + (index >> 5)] = (bits[start + (index >> 5)] ?? 0) | (1 << (index & 31));
  }
  return bits;
}
