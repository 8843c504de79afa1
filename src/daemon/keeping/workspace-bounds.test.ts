import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { beyondBounds, type Lying } from "./workspace-bounds.ts";

const slot = (path: string, usedAt: number, own: Partial<Lying> = {}): Lying => ({
  path,
  kind: "slot",
  folder: "r",
  usedAt,
  bytes: 10,
  free: true,
  ...own,
});
const gone = (all: readonly Lying[], slots: number, bytes: number): string[] =>
  beyondBounds(all, { slots, bytes }).map(({ path }) => path);

describe("what lies about beyond its bounds", () => {
  it("goes least recently used first, by number for each repository", () => {
    const all = [slot("a", 3), slot("b", 1), slot("c", 2), slot("d", 0, { folder: "other" })];
    expect(gone(all, 2, 1_000)).toEqual(["b"]);
    expect(gone(all, 1, 1_000)).toEqual(["b", "c"]);
  });

  it("goes by bytes, workspaces and kept folders alike", () => {
    const all = [slot("a", 3), slot("set", 1, { kind: "set", bytes: 50 }), slot("b", 2)];
    expect(gone(all, 9, 70)).toEqual([]);
    expect(gone(all, 9, 69)).toEqual(["set"]);
    expect(gone(all, 9, 15)).toEqual(["set", "b"]);
  });

  it("stays where it is in use, and what remains is within the bounds unless it is", () => {
    const lying = fc.record({
      path: fc.uuid(),
      kind: fc.constantFrom("slot" as const, "set" as const),
      folder: fc.constantFrom("r", "s"),
      usedAt: fc.nat(),
      bytes: fc.nat(100),
      free: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(lying), fc.nat(5), fc.nat(500), (all, slots, bytes) => {
        const away = new Set(beyondBounds(all, { slots, bytes }));
        expect([...away].every(({ free }) => free)).toBe(true);
        const left = all.filter((one) => !away.has(one));
        const total = left.reduce((sum, one) => sum + one.bytes, 0);
        if (total > bytes) expect(left.filter(({ free }) => free)).toEqual([]);
      }),
    );
  });
});
