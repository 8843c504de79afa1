import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bootId, startTimeOf } from "../adapters/process/process-table.ts";
import { currentOwner, livingOwner, takeOwnership } from "./owner-lock.ts";

let home = "";
beforeEach(() => {
  home = join(mkdtempSync(join(tmpdir(), "nightcrew-lock-")), "home");
});
afterEach(() => rmSync(join(home, ".."), { recursive: true, force: true }));

const read = (name: string): unknown => JSON.parse(readFileSync(join(home, name), "utf8"));

function leave(generation: number, content: unknown): void {
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, `owner.${generation}`), typeof content === "string" ? content : JSON.stringify(content));
}

describe("ownership of a home", () => {
  it("is taken whole, seen by others, and given up", async () => {
    const ownership = await takeOwnership(home);
    expect(ownership.generation).toBe(1);
    expect(read("owner.1")).toMatchObject({ pid: process.pid, startTime: startTimeOf(process.pid), bootId: bootId() });
    expect((await livingOwner(home))?.pid).toBe(process.pid);
    expect(ownership.holds()).toBe(true);
    ownership.giveUp();
    expect(await livingOwner(home)).toBe(null);
    expect(readdirSync(home)).toEqual(["owner.1"]);
  });

  it("is refused while its owner lives", async () => {
    await takeOwnership(home);
    await expect(takeOwnership(home)).rejects.toMatchObject({ code: "home-in-use", exitCode: 2 });
    expect(readdirSync(home)).toEqual(["owner.1"]);
  });

  it("is neither taken nor believed in a copy of a home whose owner lives; a home that was renamed is the same", async () => {
    const ownership = await takeOwnership(home);
    const [copy, renamed] = [`${home}-copy`, `${home}-renamed`];
    cpSync(home, copy, { recursive: true });
    await expect(takeOwnership(copy)).rejects.toMatchObject({ code: "home-copied", exitCode: 2 });
    expect(await livingOwner(copy)).toBe(null);
    expect(await currentOwner(copy)).toMatchObject({ alive: false });
    renameSync(home, renamed);
    await expect(takeOwnership(renamed)).rejects.toMatchObject({ code: "home-in-use" });
    renameSync(renamed, home);
    ownership.giveUp();
    expect((await takeOwnership(home)).generation).toBe(2);
    // It still says who had the other one then, who lives; here that is this very process.
    await expect(takeOwnership(copy)).rejects.toMatchObject({ code: "home-copied" });
  });

  it("never uses a generation twice", async () => {
    for (let time = 0; time < 3; time++) (await takeOwnership(home)).giveUp();
    expect(readdirSync(home)).toEqual(["owner.3"]);
  });

  it("is lost with the home, and to whoever took over", async () => {
    const first = await takeOwnership(home);
    leave(2, { pid: 1 });
    expect(first.holds()).toBe(false);
    rmSync(home, { recursive: true });
    expect(first.holds()).toBe(false);
  });

  it.each([
    ["a pid that is gone", { pid: 2 ** 22 + 1, startTime: "1", bootId: bootId() }],
    ["a pid used again by another process", { pid: process.pid, startTime: "1", bootId: bootId() }],
    ["another boot", { pid: process.pid, startTime: startTimeOf(process.pid), bootId: "earlier" }],
    ["nonsense", "half a li"],
  ])("passes on at once from %s", async (_, owner) => {
    leave(7, owner);
    await takeOwnership(home);
    expect(readdirSync(home)).toEqual(["owner.8"]);
    expect((await livingOwner(home))?.pid).toBe(process.pid);
  });

  it("goes to exactly one of many who find a dead owner", async () => {
    for (let round = 0; round < 20; round++) {
      rmSync(home, { recursive: true, force: true });
      leave(1, { pid: 2 ** 22 + 1, startTime: "1", bootId: bootId() });
      const tries = await Promise.allSettled(Array.from({ length: 20 }, () => takeOwnership(home)));
      expect(tries.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      expect((await livingOwner(home))?.pid).toBe(process.pid);
    }
  });
});
