import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { coneLines, inCone } from "./cone.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "nightcrew-cone-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const files = ["a", "x/1", "x/y/2", "x/y/z/3", "x/yy/4", "w/5", "w/v/6", "s[t]*/7", "s[t]*/u/8"];
const git = (...args: readonly string[]): string =>
  execFileSync("git", ["-C", root, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

it.each([
  [["x/y"], ["a", "x/1", "x/y/2", "x/y/z/3"]],
  [
    ["/w/", "./x/y/z"],
    ["a", "w/5", "w/v/6", "x/1", "x/y/2", "x/y/z/3"],
  ],
  [
    ["x", "x/y"],
    ["a", "x/1", "x/y/2", "x/y/z/3", "x/yy/4"],
  ],
  [["s[t]*/u"], ["a", "s[t]*/7", "s[t]*/u/8"]],
  [["nowhere"], ["a"]],
])("%j is the same for git and for us", (paths, expected) => {
  git("init", "--quiet");
  for (const file of files) {
    mkdirSync(join(root, dirname(file)), { recursive: true });
    writeFileSync(join(root, file), "");
  }
  git("add", "--all");
  git("config", "core.sparseCheckout", "true");
  git("config", "core.sparseCheckoutCone", "true");
  writeFileSync(join(root, ".git", "info", "sparse-checkout"), `${coneLines(paths).join("\n")}\n`);
  git("sparse-checkout", "reapply");
  const there = git("ls-files", "-t", "-z")
    .split("\0")
    .filter((line) => line.startsWith("H "))
    .map((line) => line.slice(2));
  expect(there.sort()).toEqual(expected);
  expect(files.filter(inCone(paths)).sort()).toEqual(expected);
});
