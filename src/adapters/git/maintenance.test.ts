import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Maintenance, type Care } from "./maintenance.ts";

let root = "";
let gitDir = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "nightcrew-maintenance-"));
  vi.stubEnv("HOME", root);
  vi.stubEnv("XDG_CONFIG_HOME", join(root, "config"));
  git("init", "--quiet", "--initial-branch=main");
  gitDir = join(root, ".git");
  git("commit", "--quiet", "--allow-empty", "--message", "One");
  for (const name of ["a", "b", "c"]) git("branch", name);
  // git guesses how many loose objects there are from those whose id begins with 17: this one does.
  writeFileSync(join(root, "263.txt"), "263\n");
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true, force: true });
});

function git(...args: readonly string[]): string {
  const env = { PATH: process.env["PATH"], HOME: root };
  return execFileSync("git", ["-c", "user.name=T", "-c", "user.email=t@example.org", ...args], {
    cwd: root,
    env,
    encoding: "utf8",
  }).trim();
}

const looseRefs = (): string[] => readdirSync(join(gitDir, "refs", "heads"));
const packed = (): number => Number(/in-pack: (\d+)/.exec(git(`--git-dir=${gitDir}`, "count-objects", "-v"))?.[1]);
const packs = (): string[] => readdirSync(join(gitDir, "objects", "pack")).filter((name) => name.endsWith(".pack"));

function commitFile(text: string): void {
  writeFileSync(join(root, "file.txt"), text);
  git("add", "file.txt");
  git("commit", "--quiet", "--message", text);
}

/** Resolves when all that was asked for is done; with what went wrong. */
async function maintained(...cares: readonly Care[]): Promise<string[]> {
  const problems: string[] = [];
  const maintenance = new Maintenance((_, problem) => problems.push(problem));
  for (const care of cares) maintenance.ask(gitDir, care);
  await maintenance.idle();
  maintenance.close();
  return problems;
}

describe("maintenance beside work", () => {
  it("packs objects and refs, and keeps what is reached from nowhere, however eager git is told to be", async () => {
    git("config", "gc.pruneExpire", "now");
    const landing = git("hash-object", "-w", "263.txt");
    expect(await maintained("beside-work")).toEqual([]);
    expect(looseRefs()).toEqual([]);
    expect(packed()).toBeGreaterThan(2);
    expect(readdirSync(join(gitDir, "objects", "info"))).toContain("commit-graphs");
    expect(git("cat-file", "blob", landing)).toBe("263");
    expect(git("branch", "--format=%(refname:short)")).toBe("a\nb\nc\nmain");
  });

  it("leaves few packs and no object by itself, however often it is done, whatever reaches them", async () => {
    const landing = git("hash-object", "-w", "263.txt");
    for (let number = 0; number < 12; number++) {
      commitFile(`${number}\n`);
      expect(await maintained("beside-work")).toEqual([]);
    }
    expect(packs().length).toBeLessThanOrEqual(4);
    expect(git("count-objects")).toMatch(/^0 objects/);
    expect(git("cat-file", "blob", landing)).toBe("263");
    git("fsck", "--full", "--no-dangling");
  });

  it("packs objects although the branches are somebody else's at the moment, and tells of it", async () => {
    git("config", "core.packedRefsTimeout", "0");
    writeFileSync(join(gitDir, "packed-refs.lock"), "");
    expect((await maintained("beside-work")).join()).toContain("packed-refs.lock");
    expect(looseRefs()).toHaveLength(4);
    expect(git("count-objects")).toMatch(/^0 objects/);
  });

  it("packs where the repository is told to keep bitmaps", async () => {
    git("config", "repack.writeBitmaps", "true");
    expect(await maintained("beside-work")).toEqual([]);
    expect(git("count-objects")).toMatch(/^0 objects/);
  });

  it("leaves large packs as they are", async () => {
    for (let number = 0; number < 20; number++) commitFile(`${number}\n`);
    git("repack", "-adq");
    const [large] = packs();
    commitFile("another\n");
    expect(await maintained("beside-work")).toEqual([]);
    expect(packs()).toHaveLength(2);
    expect(packs()).toContain(large);
  });

  it("keeps the order of packs under an index over all of them", async () => {
    for (let number = 0; number < 25; number++) {
      commitFile(`${number}\n`);
      git("maintenance", "run", "--quiet", "--task=loose-objects");
    }
    git("multi-pack-index", "write");
    const before = packs();
    expect(await maintained("beside-work")).toEqual([]);
    expect(packs()).toEqual(expect.arrayContaining(before));
    expect(packs().length).toBeGreaterThan(before.length);
    expect(existsSync(join(gitDir, "objects", "pack", "multi-pack-index"))).toBe(true);
    git("fsck", "--full", "--no-dangling");
  });

  it("does not bring in what another repository lends", async () => {
    for (let number = 0; number < 5; number++) {
      commitFile(`${number}\n`);
      git("repack", "-dq");
    }
    const borrower = join(root, "borrower");
    git("clone", "--quiet", "--shared", root, borrower);
    gitDir = join(borrower, ".git");
    writeFileSync(join(borrower, "mine.txt"), "mine\n");
    git("-C", borrower, "add", "mine.txt");
    expect(await maintained("beside-work")).toEqual([]);
    expect(packed()).toBe(1);
  });

  it("does not mix what a partial clone was promised with its own", async () => {
    git("config", "uploadpack.allowFilter", "true");
    const partial = join(root, "partial");
    git("clone", "--quiet", "--no-local", "--filter=blob:none", `file://${root}`, partial);
    gitDir = join(partial, ".git");
    const promised = packs();
    git("-C", partial, "commit", "--quiet", "--allow-empty", "--message", "Mine");
    expect(await maintained("beside-work")).toEqual([]);
    expect(packs()).toEqual(expect.arrayContaining(promised));
    expect(packs().length).toBeGreaterThan(promised.length);
    git("-C", partial, "fsck", "--no-dangling");
  });

  it("is not done a second time where all of it is asked for meanwhile", async () => {
    git("config", "gc.auto", "1");
    git("hash-object", "-w", "263.txt");
    expect(await maintained("beside-work", "whole", "beside-work", "beside-work")).toEqual([]);
    expect(looseRefs()).toEqual([]);
  });
});

describe("maintenance", () => {
  it.each([
    ["maintenance.auto", "false", "beside-work"],
    ["maintenance.auto", "no", "whole"],
    ["gc.auto", "0", "beside-work"],
    ["gc.auto", "0", "whole"],
  ] as const)("leaves a repository with %s=%s as it is, %s", async (name, value, care) => {
    git("config", "gc.auto", "1");
    git("config", name, value);
    git("hash-object", "-w", "263.txt");
    for (const number of [410, 523, 790]) {
      writeFileSync(join(root, `${number}.txt`), `${number}\n`);
      git("hash-object", "-w", `${number}.txt`);
    }
    expect(await maintained(care)).toEqual([]);
    expect(looseRefs()).toEqual(["a", "b", "c", "main"]);
    expect(packed()).toBe(0);
  });

  it("of everything packs where the settings say that it is time", async () => {
    for (const number of [263, 410, 523, 790]) {
      writeFileSync(join(root, `${number}.txt`), `${number}\n`);
      git("add", `${number}.txt`);
    }
    git("commit", "--quiet", "--message", "Two");
    // Only now: the commit would begin one of its own, in the background.
    git("config", "gc.auto", "1");
    expect(await maintained("whole")).toEqual([]);
    expect(packed()).toBeGreaterThan(4);
  });

  it("tells what git says about a setting it does not understand", async () => {
    git("config", "gc.auto", "often");
    expect((await maintained("beside-work")).join()).toContain("gc.auto");
    expect(looseRefs()).toHaveLength(4);
  });
});
