import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { collect, type Collected, type CollectRequest } from "./collect.ts";
import { checkOut, prepareAgentRepository, slotPaths } from "./slot.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "nightcrew-collect-"));
  vi.stubEnv("GIT_CONFIG_GLOBAL", "/dev/null");
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true, force: true });
});

const realGit = execFileSync("sh", ["-c", "command -v git"], { encoding: "utf8" }).trim();
const git = (...args: readonly string[]): string =>
  execFileSync(realGit, ["-C", join(root, "repo"), "-c", "user.name=T", "-c", "user.email=t@example.org", ...args], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  }).trim();

/** A work tree as an agent left it: files at the top and below, one of them with content that the base has elsewhere. */
async function worked(): Promise<CollectRequest> {
  mkdirSync(join(root, "repo"));
  git("init", "--quiet", "--initial-branch=main");
  writeFileSync(join(root, "repo", "old.txt"), "old\n");
  git("add", "--all");
  git("commit", "--quiet", "--message", "Start");
  const base = git("rev-parse", "HEAD");
  const place = { commonDir: join(root, "repo", ".git"), objectFormat: "sha1", settings: [] } as const;
  const slot = slotPaths(join(root, "slot"));
  await checkOut(slot, place, base);
  prepareAgentRepository(slot, place, "work", base);
  mkdirSync(join(slot.tree, "deep", "er"), { recursive: true });
  writeFileSync(join(slot.tree, "new.txt"), "new\n");
  writeFileSync(join(slot.tree, "copy.txt"), "old\n");
  writeFileSync(join(slot.tree, "deep", "er", "new.txt"), "deep\n");
  const commit = { subject: "Work", trailers: [], name: "T", email: "t@example.org", at: 1_000 };
  return { slot, place, base, ref: "refs/heads/work", commit, protectedPaths: [], attic: join(root, "attic") };
}

/** From now on `git` prunes everything that no ref leads to, once each, before the commands named and behind those. */
function prunesAround({ before = [], behind = [] }: { before?: readonly string[]; behind?: readonly string[] }): void {
  const bin = join(root, "bin");
  mkdirSync(bin);
  const prune = `'${realGit}' --git-dir='${join(root, "repo", ".git")}' prune --expire=now`;
  const once = (when: string, words: readonly string[]): string =>
    words
      .map((word) => {
        const mark = join(root, `pruned-${when}-${word}`);
        return `case " $* " in *" ${word} "*) if [ ! -e '${mark}' ]; then : > '${mark}'; ${prune}; fi ;; esac`;
      })
      .join("\n");
  const script = `#!/bin/sh\n${once("before", before)}\n'${realGit}' "$@"\ncode=$?\n${once("behind", behind)}\nexit $code\n`;
  writeFileSync(join(bin, "git"), script);
  chmodSync(join(bin, "git"), 0o755);
  vi.stubEnv("PATH", `${bin}${delimiter}${process.env["PATH"] ?? ""}`);
}

function expectWhole({ work }: Collected): void {
  expect(work).toMatchObject({ branch: "work", filesCreated: 3, agentCommits: 0 });
  expect(git("rev-parse", "work")).toBe(work.tip);
  git("fsck", "--full", "--no-dangling", "--no-reflogs");
  expect(git("show", "work:deep/er/new.txt")).toBe("deep");
  expect(git("log", "--format=%H", "main..work")).toBe(work.tip);
}

describe("work that is collected", () => {
  it("is a whole commit, and the same one when it is collected again", async () => {
    const request = await worked();
    const first = await collect(request);
    expectWhole(first);
    expect(await collect(request)).toEqual(first);
  });

  it.each([
    ["before its tree is written", { before: ["write-tree"] }],
    ["between its tree and its ref", { behind: ["write-tree"] }],
    ["before its ref, with its commit", { before: ["update-ref"] }],
    ["at two of these moments", { before: ["update-ref"], behind: ["write-tree"] }],
  ])("is whole where somebody prunes everything %s", async (_, moments) => {
    const request = await worked();
    prunesAround(moments);
    expectWhole(await collect(request));
    const marks = Object.entries(moments).flatMap(([when, words]) => words.map((word) => `pruned-${when}-${word}`));
    for (const mark of marks) expect(existsSync(join(root, mark))).toBe(true);
  });
});
