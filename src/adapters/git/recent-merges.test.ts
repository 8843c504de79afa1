import { expect, it } from "vitest";
import type { Merged } from "./build-chain.ts";
import { RecentMerges } from "./recent-merges.ts";

const clean = (tree: string): Promise<Merged> => Promise.resolve({ kind: "clean", tree });

it("gives the same merge to all who ask for it side by side, and for a while after", async () => {
  const merges = new RecentMerges();
  let made = 0;
  const make = (): Promise<Merged> => clean(`t${++made}`);
  const found = await Promise.all([merges.find("a b", make), merges.find("a b", make)]);
  expect([...found, await merges.find("a b", make)].map(({ tree }) => tree)).toEqual(["t1", "t1", "t1"]);
  expect((await merges.find("a c", make)).tree).toBe("t2");
});

it("asks anew for what failed, and for what was in conflict", async () => {
  const merges = new RecentMerges();
  await expect(merges.find("a b", () => Promise.reject(new Error("no room")))).rejects.toThrow("no room");
  await merges.find("a b", () => Promise.resolve({ kind: "conflict", paths: ["f"], tree: "t1" }));
  expect((await merges.find("a b", () => clean("t2"))).tree).toBe("t2");
});

it("keeps so many, and drops the oldest first", async () => {
  const merges = new RecentMerges();
  for (let number = 0; number <= 256; number++) await merges.find(`${number}`, () => clean("old"));
  expect((await merges.find("1", () => clean("new"))).tree).toBe("old");
  expect((await merges.find("0", () => clean("new"))).tree).toBe("new");
});
