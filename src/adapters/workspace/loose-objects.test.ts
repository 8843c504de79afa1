import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { isLoose } from "./loose-objects.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "nightcrew-loose-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const git = (...args: readonly string[]): string =>
  execFileSync("git", ["-C", root, "-c", "user.name=T", "-c", "user.email=t@example.org", ...args], {
    env: { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null" },
    encoding: "utf8",
  }).trim();
const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};
const objects = (): string => join(root, ".git", "objects");
const fileOf = (id: string): string => join(objects(), id.slice(0, 2), id.slice(2));

/** Something is new, changed and gone, at the top and below; what was there before is packed. */
function committed(more: readonly string[] = []): { commit: string; tree: string; paths: string[]; brought: string[] } {
  git("init", "--quiet", "--initial-branch=main");
  for (const path of ["old.txt", "kept/deep/a.txt", "gone/b.txt", "turned/c.txt"]) write(path, path);
  git("add", "--all");
  git("commit", "--quiet", "--message", "Start");
  git("repack", "-adq");
  for (const path of ["new.txt", "kept/deep/d.txt", "fresh/er/e.txt", ...more]) write(path, `new ${path}`);
  write("kept/deep/a.txt", "changed");
  for (const path of ["gone", "turned"]) rmSync(join(root, path), { recursive: true });
  write("turned", "a file now");
  git("add", "--all");
  git("commit", "--quiet", "--message", "Work");
  const paths = git("diff", "--name-only", "--no-renames", "-z", "HEAD~", "HEAD").split("\0").slice(0, -1);
  const brought = git("rev-list", "--objects", "HEAD", "^HEAD~").split("\n");
  return {
    commit: git("rev-parse", "HEAD"),
    tree: git("rev-parse", "HEAD^{tree}"),
    paths: paths.filter((path) => path !== "turned/c.txt"),
    brought: brought.map((line) => line.split(" ")[0] ?? ""),
  };
}

it("sees what a commit brings, and that any part of it is missing", () => {
  const { brought, ...made } = committed();
  expect(isLoose(objects(), made)).toBe(true);
  expect(brought).toHaveLength(11);
  for (const id of brought) {
    renameSync(fileOf(id), join(root, "away"));
    expect([id, isLoose(objects(), made)]).toEqual([id, false]);
    renameSync(join(root, "away"), fileOf(id));
  }
});

it("leaves to git what is broken, what it has no name for, a folder that became a file, and many", () => {
  const { brought: _, ...made } = committed(Array.from({ length: 90 }, (_one, index) => `many/${index}.txt`));
  expect(isLoose(objects(), made)).toBe(true);
  expect(isLoose(objects(), { ...made, paths: [...made.paths, "turned/c.txt"] })).toBe(false);
  expect(isLoose(objects(), { ...made, paths: [...made.paths, "caf\uFFFD.txt"] })).toBe(false);
  expect(isLoose(objects(), { ...made, paths: Array.from({ length: 101 }, () => "new.txt") })).toBe(false);
  chmodSync(fileOf(made.tree), 0o644);
  writeFileSync(fileOf(made.tree), "half of it");
  expect(isLoose(objects(), made)).toBe(false);
});
