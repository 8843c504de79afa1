import { describe, expect, it } from "vitest";
import { atMost } from "./at-most.ts";

describe("at most so many at once", () => {
  it("are asked, and answer in the order of the items", async () => {
    const waiting: (() => void)[] = [];
    const begun: number[] = [];
    const all = atMost(2, [1, 2, 3], async (item) => {
      begun.push(item);
      await new Promise<void>((resolve) => waiting.push(resolve));
      return item * 10;
    });
    expect(begun).toEqual([1, 2]);
    waiting[1]?.();
    await new Promise((resolve) => setImmediate(resolve));
    expect(begun).toEqual([1, 2, 3]);
    waiting[2]?.();
    waiting[0]?.();
    expect(await all).toEqual([10, 20, 30]);
  });

  it("reject as soon as one does", async () => {
    await expect(atMost(1, [1, 2], () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  });

  it("are none where there are no items", async () => {
    expect(await atMost(4, [], () => Promise.resolve(1))).toEqual([]);
  });
});
