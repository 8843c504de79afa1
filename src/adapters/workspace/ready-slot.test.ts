import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { checkOutReady, holdSlot, makeReady } from "./ready-slot.ts";
import { checkOut, runnerGit, slotPaths, type SlotPaths } from "./slot.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "nightcrew-ready-"));
  vi.stubEnv("GIT_CONFIG_GLOBAL", "/dev/null");
  mkdirSync(join(root, "repo"));
  git("init", "--quiet", "--initial-branch=main");
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true, force: true });
});

const git = (...args: readonly string[]): string =>
  execFileSync("git", ["-C", join(root, "repo"), "-c", "user.name=T", "-c", "user.email=t@example.org", ...args], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  }).trim();
function commit(files: Readonly<Record<string, string | null>>): string {
  for (const [name, text] of Object.entries(files)) {
    if (text === null) rmSync(join(root, "repo", name));
    else writeFileSync(join(root, "repo", name), text);
  }
  git("add", "--all");
  git("commit", "--quiet", "--message", "x");
  return git("rev-parse", "HEAD");
}
const place = () => ({ commonDir: join(root, "repo", ".git"), objectFormat: "sha1", settings: [] }) as const;
const readAt = (slot: SlotPaths, name: string): string => readFileSync(join(slot.tree, name), "utf8");

describe("a slot that was made ready", () => {
  it("is at the next commit by what differs, and is clean", async () => {
    const slot = slotPaths(join(root, "slots", "agent-1"));
    const first = commit({ a: "1\n", gone: "x\n", same: "s\n" });
    await checkOut(slot, place(), first);
    writeFileSync(join(slot.tree, "left"), "by an agent\n");
    writeFileSync(join(slot.tree, "a"), "by an agent\n");
    await makeReady(slot, place(), first);
    expect(existsSync(join(slot.tree, "left"))).toBe(false);
    const second = commit({ a: "2\n", gone: null, fresh: "f\n" });
    await checkOutReady(slot, place(), second);
    expect([readAt(slot, "a"), readAt(slot, "fresh"), existsSync(join(slot.tree, "gone"))]).toEqual([
      "2\n",
      "f\n",
      false,
    ]);
    const own = runnerGit(slot, place());
    expect(await own.text(["status", "--porcelain", "--untracked-files=all"])).toBe("");
    expect((await own.text(["rev-parse", "HEAD"])).trim()).toBe(second);
    expect(existsSync(join(slot.root, "ready"))).toBe(false);
  });

  it("is brought there whatever is in the way, and from any other state", async () => {
    const slot = slotPaths(join(root, "slots", "agent-1"));
    const first = commit({ a: "1\n" });
    await checkOutReady(slot, place(), first);
    await makeReady(slot, place(), first);
    writeFileSync(join(slot.tree, "fresh"), "of a process that nobody ended\n");
    const second = commit({ fresh: "f\n" });
    await checkOutReady(slot, place(), second);
    expect(readAt(slot, "fresh")).toBe("f\n");
    await makeReady(slot, place(), second);
    await checkOutReady(slot, { ...place(), sparse: ["nowhere"] }, first);
    expect(readAt(slot, "a")).toBe("1\n");
  });

  it("is never one that is held, that has work in it, or that is gone", async () => {
    const slot = slotPaths(join(root, "slots", "agent-1"));
    const first = commit({ a: "1\n" });
    await makeReady(slot, place(), first);
    expect(existsSync(slot.root)).toBe(false);
    await checkOut(slot, place(), first);
    const held = await holdSlot(slot);
    await makeReady(slot, place(), first);
    expect(existsSync(join(slot.root, "ready"))).toBe(false);
    held.letGo();
    writeFileSync(slot.busy, "{}");
    await makeReady(slot, place(), first);
    expect(existsSync(join(slot.root, "ready"))).toBe(false);
    writeFileSync(`${slot.root}.held`, JSON.stringify({ pid: 1, startTime: "0", bootId: "gone" }));
    (await holdSlot(slot)).letGo();
    expect(existsSync(`${slot.root}.held`)).toBe(false);
  });
});
