import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parsePatch } from "./parse-patch.ts";
import { comparingGit, pathsThere, readDiff } from "./read-diff.ts";
import { checkOut, slotPaths, type SlotPaths } from "./slot.ts";
import type { Git } from "../git/git.ts";

let root = "";
let slot: SlotPaths;
let comparing: Git;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "nightcrew-diff-"));
  mkdirSync(join(root, "repo"));
  git("init", "--quiet", "--initial-branch=main");
  const place = { commonDir: join(root, "repo", ".git"), objectFormat: "sha1", settings: [] } as const;
  slot = slotPaths(join(root, "slot"));
  write("a.txt", "one\ntwo\nthree\n");
  write("gone.txt", "gone\n");
  write("we ird\n.txt", "x\n");
  symlinkSync("a.txt", join(root, "repo", "link"));
  await checkOut(slot, place, commit());
  comparing = comparingGit(slot, place);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const git = (...args: readonly string[]): string =>
  execFileSync("git", ["-C", join(root, "repo"), "-c", "user.name=T", "-c", "user.email=t@example.org", ...args], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], HOME: root },
  }).trim();
const write = (name: string, content: string | Buffer): void => writeFileSync(join(root, "repo", name), content);
const commit = (): string => {
  git("add", "--all");
  git("commit", "--quiet", "--allow-empty", "--message", "More");
  return git("rev-parse", "HEAD");
};

describe("the diff of an attempt", () => {
  it("has every file with its lines, modes and kind, whatever names and lines look like", async () => {
    write("a.txt", "one\n2\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\ndiff --git a/q b/q\nthree\n");
    rmSync(join(root, "repo", "gone.txt"));
    rmSync(join(root, "repo", "link"));
    write("link", "a file now\n");
    chmodSync(join(root, "repo", "we ird\n.txt"), 0o755);
    write("no-end.txt", "no line feed at the end");
    write("empty.txt", "");
    write("bin", Buffer.from([0, 1, 2, 3]));
    symlinkSync("/etc/passwd", join(root, "repo", "out"));
    commit();
    const diff = await readDiff(comparing, git("rev-parse", "HEAD~1"), git("rev-parse", "HEAD"));
    expect(diff.truncated).toBe(false);
    const told = Object.fromEntries(diff.files.map((file) => [file.path, file]));
    expect(told["a.txt"]).toMatchObject({
      status: "modified",
      removed: [{ line: 2, text: "two" }],
      added: ["2", "--- a/x", "+++ b/x", "@@ -1,2 +1,2 @@", "diff --git a/q b/q"].map((text, at) => ({
        line: at + 2,
        text,
      })),
    });
    expect(told["gone.txt"]).toMatchObject({ status: "deleted", newMode: null, removed: [{ line: 1, text: "gone" }] });
    expect(told["link"]).toMatchObject({
      status: "modified",
      oldMode: "120000",
      newMode: "100644",
      added: [{ text: "a file now" }],
      removed: [{ text: "a.txt" }],
    });
    expect(told["we ird\n.txt"]).toMatchObject({ status: "modified", newMode: "100755", added: [], removed: [] });
    expect(told["no-end.txt"]).toMatchObject({
      status: "added",
      added: [{ line: 1, text: "no line feed at the end" }],
    });
    expect(told["empty.txt"]).toMatchObject({ status: "added", added: [] });
    expect(told["bin"]).toMatchObject({ binary: true, bytes: 4, unread: false });
    expect(told["out"]).toMatchObject({ newMode: "120000", added: [{ line: 1, text: "/etc/passwd" }] });
  });

  it("is not hidden by attributes, neither of the work nor of the repository", async () => {
    const base = git("rev-parse", "HEAD");
    write(".gitattributes", "* -diff\n*.txt binary\n");
    mkdirSync(join(root, "repo", ".git", "info"), { recursive: true });
    writeFileSync(join(root, "repo", ".git", "info", "attributes"), "* -diff\n");
    writeFileSync(join(slot.tree, ".gitattributes"), "* -diff\n");
    write("a.txt", "one\n");
    commit();
    const { files } = await readDiff(comparing, base, git("rev-parse", "HEAD"));
    expect(files.find(({ path }) => path === "a.txt")).toMatchObject({
      binary: false,
      removed: [{ text: "two" }, { text: "three" }],
    });
  });

  it("of a large file is its size alone", async () => {
    const base = git("rev-parse", "HEAD");
    write("large.txt", "a line of text\n".repeat(100_000));
    commit();
    const { files } = await readDiff(comparing, base, git("rev-parse", "HEAD"));
    expect(files).toMatchObject([{ path: "large.txt", bytes: 1_500_000, unread: true, added: [] }]);
  });

  it("that is too much tells all of its files, and of which nothing is known", async () => {
    const base = git("rev-parse", "HEAD");
    for (let index = 0; index < 40; index++)
      write(`f${String(index).padStart(2, "0")}.txt`, `${index} `.repeat(300_000).slice(0, 1_000_000));
    commit();
    const { files, truncated } = await readDiff(comparing, base, git("rev-parse", "HEAD"));
    expect(truncated).toBe(true);
    expect(files).toHaveLength(40);
    const unread = files.filter((file) => file.unread).map(({ path }) => path);
    expect(unread.length).toBeGreaterThan(0);
    expect(files.filter((file) => !file.unread && file.added.length === 0)).toEqual([]);
    expect(files.slice(-unread.length).map(({ path }) => path)).toEqual(unread);
  });
});

it("finds what a commit has of paths, names and patterns", async () => {
  mkdirSync(join(root, "repo", "src"));
  write("src/parser.ts", "x\n");
  const asked = ["src/parser.ts", "parser.ts", "src/", "src/*.py", "a.txt", "b.txt"];
  expect([...(await pathsThere(comparing, commit(), asked))]).toEqual(["src/parser.ts", "parser.ts", "src/", "a.txt"]);
});

it("makes nothing of nothing", () => {
  expect(parsePatch("", false)).toEqual([]);
  expect(parsePatch(":100644 100644 a b M\0a", true)).toEqual([]);
});
