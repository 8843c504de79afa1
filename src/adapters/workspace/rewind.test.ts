import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { markMoment, undoSince } from "./rewind.ts";
import { checkOut, slotPaths, type SlotPaths } from "./slot.ts";
import type { RepositoryPlace } from "../../domain/job.ts";

let root: string;
let slot: SlotPaths;
let place: RepositoryPlace;

const files = { "tracked.txt": "1\n", "src/a.txt": "a\n", ".gitignore": "deps\ncache\n*.db\n" };

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "rewind-"));
  const repo = join(root, "repo");
  for (const [name, text] of Object.entries(files)) put(join(repo, name), text);
  const git = (...args: string[]): string => execFileSync("git", args, { cwd: repo, encoding: "utf8" }).trim();
  git("init", "-q", "-b", "main");
  git("add", ".");
  git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x");
  place = { commonDir: join(repo, ".git"), objectFormat: "sha1", settings: [] };
  slot = slotPaths(join(root, "slot"));
  await checkOut(slot, place, git("rev-parse", "HEAD"));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(path: string, text = ""): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** As the shell would: relative to the work tree. */
const write = (name: string, text = ""): void => put(join(slot.tree, name), text);
const there = (name: string): boolean => existsSync(join(slot.tree, name));

/** The clock of the file system goes on in steps; what comes after is later by it. */
async function laterMoment(): Promise<bigint> {
  const first = await markMoment(slot);
  for (;;) {
    const next = await markMoment(slot);
    if (next > first) return next;
  }
}

async function moment(): Promise<bigint> {
  await laterMoment();
  const since = await markMoment(slot);
  await laterMoment();
  return since;
}

describe("what a failed check left", () => {
  it("goes, and what was made before stays", async () => {
    write("deps/lib/index.js", "lib");
    write("built.txt", "built");
    const since = await moment();
    for (const name of ["new.txt", "state.db", "cache/x/y", "deps/lib/.cache/z", "src/new/deep.txt"])
      write(name, "left");
    expect(await undoSince(slot, place, since)).toBe(true);
    for (const name of ["new.txt", "state.db", "cache", "deps/lib/.cache", "src/new"]) expect(there(name)).toBe(false);
    expect(readFileSync(join(slot.tree, "deps/lib/index.js"), "utf8")).toBe("lib");
    expect(there("built.txt")).toBe(true);
  });

  it.each<[string, () => void]>([
    ["a tracked file", () => write("tracked.txt", "2\n")],
    ["a tracked file that is gone", () => rmSync(join(slot.tree, "src"), { recursive: true })],
    ["what was made before", () => write("deps/lib/index.js", "other")],
    [
      "a file that took the place of tracked ones",
      () => (rmSync(join(slot.tree, "src"), { recursive: true }), write("src", "")),
    ],
  ])("cannot be undone where it is %s", async (_, change) => {
    write("deps/lib/index.js", "lib");
    const since = await moment();
    change();
    expect(await undoSince(slot, place, since)).toBe(false);
  });

  it("is not mixed up with tracked files that were changed before", async () => {
    write("tracked.txt", "generated\n");
    const since = await moment();
    write("left", "");
    expect(await undoSince(slot, place, since)).toBe(true);
    expect(readFileSync(join(slot.tree, "tracked.txt"), "utf8")).toBe("generated\n");
    expect(there("left")).toBe(false);
  });
});
