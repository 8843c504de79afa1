import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { leaseSet, removeSet, setsBeyond, setsIn, writeSet, type SetOnDisk } from "./kept-sets.ts";
import { takeMakingLock, untilMade } from "./making-lock.ts";

let kept = "";
beforeEach(() => {
  kept = mkdtempSync(join(tmpdir(), "nightcrew-kept-"));
});
afterEach(() => rmSync(kept, { recursive: true, force: true }));

const aSet = (key: string, usedAt: number, own: Partial<SetOnDisk> = {}): SetOnDisk => ({
  key,
  root: key,
  folders: [],
  madeAt: "",
  run: "true",
  bytes: 10,
  usedAt,
  inUse: false,
  ...own,
});

describe("kept sets", () => {
  it("go least recently used first where there are too many or too much, never one in use or just used", () => {
    const sets = [aSet("a", 3), aSet("b", 1), aSet("c", 2, { inUse: true }), aSet("d", 99_000)];
    const beyond = (count: number, bytes: number): string[] =>
      setsBeyond(sets, { sets: count, bytes }, 100_000).map(({ key }) => key);
    expect(beyond(4, 40)).toEqual([]);
    expect(beyond(3, 40)).toEqual(["b"]);
    expect(beyond(4, 25)).toEqual(["b", "a"]);
    expect(beyond(1, 1)).toEqual(["b", "a"]);
  });

  it("are not removed as long as somebody has them on lease", async () => {
    mkdirSync(join(kept, "k", "tree"), { recursive: true });
    await writeSet(join(kept, "k"), { folders: ["deps"], madeAt: "/x", run: "true", bytes: 1 });
    expect(await leaseSet(kept, "other")).toBeNull();
    const lease = await leaseSet(kept, "k");
    expect(await removeSet(join(kept, "k"))).toBe(false);
    expect(await setsIn(kept)).toMatchObject([{ key: "k", inUse: true }]);
    await lease?.release();
    expect(await removeSet(join(kept, "k"))).toBe(true);
    expect(readdirSync(kept)).toEqual([]);
  });
});

describe("the lock of who makes a set", () => {
  it("is one's at a time, and passes on from who has died", async () => {
    const first = await takeMakingLock(kept, "k");
    expect(first).not.toBeNull();
    expect(await takeMakingLock(kept, "k")).toBeNull();
    expect(await takeMakingLock(kept, "other")).not.toBeNull();
    await first?.release();
    writeFileSync(join(kept, "k.lock.1"), JSON.stringify({ pid: 1, startTime: "0", bootId: "none" }));
    await untilMade(kept, "k", () => true);
    const next = await takeMakingLock(kept, "k");
    expect(readdirSync(kept).filter((name) => name.startsWith("k."))).toEqual(["k.lock.1", "k.lock.2"]);
    await next?.release();
    expect(readdirSync(kept).filter((name) => name.startsWith("k."))).toEqual([]);
  });
});
