import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { eventually } from "../../../test/rig/sandbox.ts";
import { removePipes } from "./pipes.ts";

const root = mkdtempSync(join(tmpdir(), "nightcrew-pipes-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let tree = "";
beforeEach(async () => {
  tree = mkdtempSync(join(root, "tree-"));
  for (const folder of ["a/b", "c"]) {
    mkdirSync(join(tree, folder), { recursive: true });
    writeFileSync(join(tree, folder, "file"), "");
  }
  // Old enough to be known again.
  const made = Date.now();
  await eventually(() => Date.now() - made > 150, "folders that have not changed of late");
  await removePipes(tree);
});

const pipeAt = (path: string): string => {
  execFileSync("mkfifo", [join(tree, path)]);
  return join(tree, path);
};

describe("pipes in a work tree", () => {
  it("go from folders that were looked at before, also where a clock was put back, and from new ones", async () => {
    const pipes = [pipeAt("a/b/pipe"), pipeAt("c/pipe")];
    utimesSync(join(tree, "c"), 0, 0);
    mkdirSync(join(tree, "a/new/deep"), { recursive: true });
    pipes.push(pipeAt("a/new/deep/pipe"));
    await removePipes(tree);
    expect(pipes.filter((path) => existsSync(path))).toEqual([]);
    expect(existsSync(join(tree, "c/file"))).toBe(true);
  });

  it("go where a folder was put in the place of another one", async () => {
    renameSync(join(tree, "a/b"), join(tree, "b"));
    mkdirSync(join(tree, "a/b"));
    const pipe = pipeAt("a/b/pipe");
    await removePipes(tree);
    expect(existsSync(pipe)).toBe(false);
  });

  it("that were left because nobody wanted them gone go later", async () => {
    const pipe = pipeAt("c/pipe");
    await removePipes(tree, () => false);
    expect(existsSync(pipe)).toBe(true);
    await removePipes(tree);
    expect(existsSync(pipe)).toBe(false);
  });
});
