import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findCycle, graphShape, topologicalOrder, type GraphNode } from "./graph.ts";

/** Edges only go to earlier nodes, so these have no cycle. */
const acyclic: fc.Arbitrary<GraphNode[]> = fc
  .array(fc.array(fc.nat({ max: 50 }), { maxLength: 4 }), { maxLength: 40 })
  .map((needs) =>
    needs.map((list, index) => ({
      id: `n${index}`,
      dependsOn: index === 0 ? [] : list.map((need) => `n${need % index}`),
    })),
  );

describe("order", () => {
  it("puts what is needed before what needs it, and loses nothing", () => {
    fc.assert(
      fc.property(acyclic, (nodes) => {
        const order = topologicalOrder(nodes);
        expect([...order].sort()).toEqual(nodes.map(({ id }) => id).sort());
        for (const { id, dependsOn } of nodes)
          for (const need of dependsOn) expect(order.indexOf(need)).toBeLessThan(order.indexOf(id));
        expect(findCycle(nodes)).toBeNull();
      }),
    );
  });

  it("ignores needs that are not in the graph", () => {
    expect(topologicalOrder([{ id: "a", dependsOn: ["elsewhere"] }])).toEqual(["a"]);
  });
});

describe("a cycle", () => {
  it.each([
    ["of one", [{ id: "a", dependsOn: ["a"] }], ["a", "a"]],
    [
      "of two",
      [
        { id: "a", dependsOn: ["b"] },
        { id: "b", dependsOn: ["a"] },
      ],
      ["a", "b", "a"],
    ],
    [
      "behind others",
      [
        { id: "x", dependsOn: ["a"] },
        { id: "a", dependsOn: ["b"] },
        { id: "b", dependsOn: ["c"] },
        { id: "c", dependsOn: ["a"] },
      ],
      ["a", "b", "c", "a"],
    ],
  ])("%s is named in order", (_, nodes, expected) => {
    expect(findCycle(nodes)).toEqual(expected);
  });

  it("is found wherever one edge back is added", () => {
    fc.assert(
      fc.property(acyclic, fc.nat(), (nodes, pick) => {
        fc.pre(nodes.length > 1);
        const index = 1 + (pick % (nodes.length - 1));
        const chained = nodes.map((node, at) =>
          at > 0 && at <= index ? { ...node, dependsOn: [...node.dependsOn, `n${at - 1}`] } : node,
        );
        const closed = chained.map((node, at) => (at === 0 ? { ...node, dependsOn: [`n${index}`] } : node));
        const cycle = findCycle(closed) ?? [];
        expect(cycle.length).toBeGreaterThan(1);
        expect(cycle[0]).toBe(cycle.at(-1));
        for (const [at, id] of cycle.slice(0, -1).entries())
          expect(closed.find((node) => node.id === id)?.dependsOn).toContain(cycle[at + 1]);
      }),
    );
  });
});

describe("shape", () => {
  it("has layers without needs inside, and a critical path as long as there are layers", () => {
    fc.assert(
      fc.property(acyclic, (nodes) => {
        const { layers, criticalPath, width } = graphShape(nodes);
        expect(layers.flat()).toHaveLength(nodes.length);
        expect(width).toBe(Math.max(0, ...layers.map((layer) => layer.length)));
        expect(criticalPath).toHaveLength(layers.length);
        for (const { id, dependsOn } of nodes) {
          const own = layers.findIndex((layer) => layer.includes(id));
          for (const need of dependsOn) expect(layers.findIndex((layer) => layer.includes(need))).toBeLessThan(own);
        }
      }),
    );
  });

  it("follows weights, not the number of steps", () => {
    const nodes = [
      { id: "slow", dependsOn: [] },
      { id: "a", dependsOn: [] },
      { id: "b", dependsOn: ["a"] },
    ];
    expect(graphShape(nodes, (id) => (id === "slow" ? 10 : 1)).criticalPath).toEqual(["slow"]);
  });

  it("of 20,000 nodes is found without delay", () => {
    const nodes = Array.from({ length: 20_000 }, (_, index) => ({
      id: `${index}`,
      dependsOn: index < 200 ? [] : [`${index - 200}`],
    }));
    expect(graphShape(nodes).layers).toHaveLength(100);
  });
});
