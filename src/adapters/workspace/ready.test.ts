import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RepositoryPlace } from "../../domain/job.ts";
import { makeReady, takeReady } from "./ready.ts";
import { checkOut, slotPaths, type SlotPaths } from "./slot.ts";

let root = "";
let slot: SlotPaths;
let place: RepositoryPlace;
let [first, second] = ["", ""];

function git(...args: readonly string[]): string {
  const env = { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
  const by = ["-c", "user.name=Test", "-c", "user.email=test@example.org"];
  return execFileSync("git", [...by, ...args], { cwd: join(root, "repo"), env, encoding: "utf8" }).trim();
}

function commit(content: string): string {
  writeFileSync(join(root, "repo", "a.txt"), content);
  git("add", "--all");
  git("commit", "--quiet", "--message", content);
  return git("rev-parse", "HEAD");
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "nightcrew-ready-"));
  mkdirSync(join(root, "repo"));
  git("init", "--quiet", "--initial-branch", "main");
  [first, second] = [commit("first"), commit("second")];
  slot = slotPaths(join(root, "agent-1"));
  place = { commonDir: join(root, "repo", ".git"), objectFormat: "sha1", settings: [] };
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const inTree = (name: string): string => join(slot.tree, name);

describe("a slot that is made ready", () => {
  it("is at its commit with nothing else in it, and is so for one user", async () => {
    await checkOut(slot, place, first);
    writeFileSync(inTree("a.txt"), "an agent's");
    writeFileSync(inTree("left.txt"), "left");
    expect(await makeReady(slot, place, second)).toBe(true);
    expect(readFileSync(inTree("a.txt"), "utf8")).toBe("second");
    expect(existsSync(inTree("left.txt"))).toBe(false);
    expect(await takeReady(slot, place, second)).toBe(true);
    expect(await takeReady(slot, place, second)).toBe(false);
  });

  it("is made where there was none, and goes on to the next commit", async () => {
    expect(await makeReady(slot, place, first)).toBe(true);
    expect(await makeReady(slot, place, first)).toBe(true);
    expect(await makeReady(slot, place, second)).toBe(true);
    expect(readFileSync(inTree("a.txt"), "utf8")).toBe("second");
    expect(await takeReady(slot, place, second)).toBe(true);
  });

  it.each([
    ["begins at another commit", () => [place, first] as const],
    ["wants another part of the tree", () => [{ ...place, sparse: ["src"] }, second] as const],
    ["wants other settings", () => [{ ...place, settings: ["core.autocrlf=true"] }, second] as const],
  ])("is nothing for whoever %s, and for nobody after that", async (_, wanted) => {
    await makeReady(slot, place, second);
    expect(await takeReady(slot, ...wanted())).toBe(false);
    expect(await takeReady(slot, place, second)).toBe(false);
  });

  it("is not believed after a boot", async () => {
    await makeReady(slot, place, second);
    const file = join(slot.root, "ready");
    const mark = JSON.parse(readFileSync(file, "utf8")) as object;
    writeFileSync(file, JSON.stringify({ ...mark, boot: "earlier" }));
    expect(await takeReady(slot, place, second)).toBe(false);
  });

  it("is left alone where a crash left work in it, and not ready where git could not do it", async () => {
    await checkOut(slot, place, first);
    writeFileSync(inTree("a.txt"), "work");
    writeFileSync(slot.busy, "{}");
    expect(await makeReady(slot, place, second)).toBe(false);
    expect(readFileSync(inTree("a.txt"), "utf8")).toBe("work");
    rmSync(slot.busy);
    await makeReady(slot, place, second);
    expect(await makeReady(slot, place, "0".repeat(40))).toBe(false);
    expect(await takeReady(slot, place, second)).toBe(false);
  });
});
