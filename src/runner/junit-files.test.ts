import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cpuMsUntil } from "../../test/rig/cpu-time.ts";
import { countJunit } from "./junit-files.ts";

let root: string;
let tree: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "junit-"));
  tree = join(root, "tree");
  mkdirSync(tree);
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

const one = '<testsuite name="s"><testcase name="a"/></testsuite>';

function put(name: string, text = one): void {
  mkdirSync(dirname(join(tree, name)), { recursive: true });
  writeFileSync(join(tree, name), text);
}

const passed = async (pattern: string, since = 0n): Promise<number | null> =>
  (await countJunit(tree, pattern, since)).tests?.passed ?? null;

describe("the JUnit files of a check", () => {
  it.each([
    ["out/a.xml", 1],
    ["out/*.xml", 2],
    ["out/?.xml", 2],
    ["out/T*-*t.xml", null],
    ["*/deep/*.xml", 1],
    ["**/*.xml", 4],
    ["out/**/*.xml", 3],
    ["out/**", null],
    ["out", null],
    ["*.txt", null],
  ])("are those that fit %s", async (pattern, count) => {
    for (const name of ["out/a.xml", "out/b.xml", "out/deep/c.xml", "top.xml", "out/x.txt"]) put(name);
    expect(await passed(pattern)).toBe(count);
  });

  it("are newer than its start", async () => {
    put("old.xml");
    const since = statSync(join(tree, "old.xml"), { bigint: true }).ctimeNs + 1n;
    expect(await countJunit(tree, "*.xml", since)).toEqual({ tests: null, notes: ["no JUnit file *.xml was written"] });
    while (statSync(join(tree, "old.xml"), { bigint: true }).ctimeNs < since) put("old.xml");
    expect(await passed("*.xml", since)).toBe(1);
  });

  it("are in its work tree: links lead nowhere, and nothing is waited for", async () => {
    writeFileSync(join(root, "outside.xml"), one);
    symlinkSync("../outside.xml", join(tree, "link.xml"));
    symlinkSync("..", join(tree, "up"));
    execFileSync("mkfifo", [join(tree, "pipe.xml")]);
    for (const pattern of ["link.xml", "up/outside.xml", "up/*.xml", "**/*.xml"])
      expect(await passed(pattern)).toBeNull();
  });

  it("are all whole, and of reasonable size", async () => {
    put("a.xml");
    put("b.xml", "<testsuite>");
    expect((await countJunit(tree, "*.xml", 0n)).notes).toEqual(["b.xml is no JUnit file: it ends too early"]);
    truncateSync(join(tree, "b.xml"), 17 * 1024 ** 2);
    expect((await countJunit(tree, "*.xml", 0n)).notes).toEqual(["b.xml is no JUnit file: it is too large"]);
  });

  it("are found in no time, whatever names there are", async () => {
    put(`${"a".repeat(250)}.xml`);
    const spent = await cpuMsUntil(async () => expect(await passed(`${"*a".repeat(100)}b.xml`)).toBeNull());
    expect(spent).toBeLessThan(5_000);
  });
});
