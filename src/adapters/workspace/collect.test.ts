import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { keepByOwnGit, keepByStayingGit } from "./keep-under.ts";
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

/** `new\n` as git names it. */
const newFile = "3e757656cf36eca53338e520d134963a44f793f8";

/** A work tree as an agent left it: files at the top and below, one of them with content that the base has elsewhere. */
async function worked(sparse?: readonly string[]): Promise<CollectRequest> {
  mkdirSync(join(root, "repo"));
  git("init", "--quiet", "--initial-branch=main");
  writeFileSync(join(root, "repo", "old.txt"), "old\n");
  mkdirSync(join(root, "repo", "outside"));
  writeFileSync(join(root, "repo", "outside", "kept.txt"), "kept\n");
  git("add", "--all");
  git("commit", "--quiet", "--message", "Start");
  const base = git("rev-parse", "HEAD");
  const place = { commonDir: join(root, "repo", ".git"), objectFormat: "sha1", settings: [] } as const;
  const placed = sparse === undefined ? place : { ...place, sparse };
  const slot = slotPaths(join(root, "slot"));
  await checkOut(slot, placed, base);
  await prepareAgentRepository(slot, placed, "work", base);
  mkdirSync(join(slot.tree, "deep", "er"), { recursive: true });
  writeFileSync(join(slot.tree, "new.txt"), "new\n");
  writeFileSync(join(slot.tree, "copy.txt"), "old\n");
  writeFileSync(join(slot.tree, "deep", "er", "new.txt"), "deep\n");
  const commit = { subject: "Work", trailers: [], name: "T", email: "t@example.org", at: 1_000 };
  return {
    slot,
    place: placed,
    base,
    ref: "refs/heads/work",
    commit,
    protectedPaths: [],
    attic: join(root, "attic"),
    keepOut: null,
    keepUnder: keepByOwnGit,
  };
}

interface Moments {
  readonly before?: readonly string[];
  readonly behind?: readonly string[];
  /** Only this object, whether a ref leads to it or not: by a prune that looked at the refs a while ago. */
  readonly removing?: string;
}

/** From now on `git` prunes everything that no ref leads to, before and behind the commands named, as often as they are. */
function prunesAround({ before = [], behind = [], removing }: Moments): void {
  const bin = join(root, "bin");
  mkdirSync(bin);
  const gitDir = join(root, "repo", ".git");
  const prune =
    removing === undefined
      ? `'${realGit}' --git-dir='${gitDir}' prune --expire=now`
      : `rm -f '${join(gitDir, "objects", removing.slice(0, 2), removing.slice(2))}'`;
  const once = (when: string, words: readonly string[]): string =>
    words
      .map((word, time) => {
        const mark = join(root, `pruned-${when}-${time}`);
        return `case " $* " in *" ${word} "*) if [ -z "$done" ] && [ ! -e '${mark}' ]; then done=1; : > '${mark}'; ${prune}; fi ;; esac`;
      })
      .join("\n");
  const script = `#!/bin/sh\ndone=\n${once("before", before)}\n'${realGit}' "$@"\ncode=$? done=\n${once("behind", behind)}\nexit $code\n`;
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
    expect(await collect({ ...request, keepUnder: keepByStayingGit() })).toEqual(first);
  });

  it("is whole in a sparse workspace, also where it has to be written anew", async () => {
    const request = await worked(["deep"]);
    expect(existsSync(join(request.slot.tree, "outside"))).toBe(false);
    prunesAround({ before: ["update-ref"] });
    expectWhole(await collect(request));
    expect(existsSync(join(root, "pruned-before-0"))).toBe(true);
    expect(git("diff", "--name-only", "--diff-filter=D", "main", "work")).toBe("");
    expect(git("show", "work:outside/kept.txt")).toBe("kept");
  });

  it.each([
    ["before its tree is written", { before: ["write-tree"] }],
    ["between its tree and its ref", { behind: ["write-tree"] }],
    ["before its ref, with its commit", { before: ["update-ref"] }],
    ["at two of these moments", { before: ["update-ref"], behind: ["write-tree"] }],
    ["twice", { before: ["update-ref", "update-ref"] }],
  ])("is whole where somebody prunes everything %s", async (_, moments) => {
    const request = await worked();
    prunesAround(moments);
    expectWhole(await collect(request));
    const marks = Object.entries(moments).flatMap(([when, words]) =>
      words.map((_word, time) => `pruned-${when}-${time}`),
    );
    for (const mark of marks) expect(existsSync(join(root, mark))).toBe(true);
  });

  it.each([
    ["everything before every ref", { before: ["update-ref", "update-ref", "update-ref", "update-ref"] }],
    ["a file behind every ref", { behind: Array.from({ length: 4 }, () => "update-ref"), removing: newFile }],
  ])("is left in the work tree, without a broken branch, where somebody prunes %s", async (_, moments) => {
    const request = await worked();
    prunesAround(moments);
    await expect(collect(request)).rejects.toThrow(/nonexistent object|pruned/);
    expect(existsSync(join(request.slot.tree, "new.txt"))).toBe(true);
    expect(git("for-each-ref", "--format=%(refname)")).toBe("refs/heads/main");
    git("fsck", "--full", "--no-dangling");
  });
});

describe("what is kept out", () => {
  const keepOut = {
    leavesOut: (path: string) => path.startsWith(".aider") || path.includes("node_modules/"),
    forbids: (_: string, text: string) => text.includes("secret"),
  };
  const inTree = (slot: CollectRequest["slot"], ...args: readonly string[]): string =>
    execFileSync(realGit, ["-c", "user.name=A", "-c", "user.email=a@example.org", ...args], {
      cwd: slot.tree,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    }).trim();
  const files = (commit: string): string[] => git("ls-tree", "-r", "--name-only", commit).split("\n");

  it("is in no commit, but stays in the work tree; what the base has of it is the project's", async () => {
    const request = await worked();
    const { tree } = request.slot;
    writeFileSync(join(tree, ".aider.chat.history.md"), "chat\n");
    mkdirSync(join(tree, "node_modules", "a"), { recursive: true });
    writeFileSync(join(tree, "node_modules", "a", "index.js"), "1\n");
    const { work, leftOut } = await collect({ ...request, keepOut });
    expect(leftOut).toEqual([".aider.chat.history.md", "node_modules/a/index.js"]);
    expect(files(work.tip ?? "")).toEqual(["copy.txt", "deep/er/new.txt", "new.txt", "old.txt", "outside/kept.txt"]);
    expect(work.paths).not.toContain(".aider.chat.history.md");
    expect(existsSync(join(tree, ".aider.chat.history.md"))).toBe(true);
  });

  it("is no work where there is nothing else", async () => {
    const request = await worked();
    for (const name of ["new.txt", "copy.txt", "deep"]) rmSync(join(request.slot.tree, name), { recursive: true });
    writeFileSync(join(request.slot.tree, ".aider.chat.history.md"), "chat\n");
    expect((await collect({ ...request, keepOut })).work.tip).toBeNull();
  });

  it.each([
    ["a file that is left out", ".aider.tags", "tags\n"],
    ["a secret", "settings.txt", "secret\n"],
  ])("does not come in by the agent's own commits: %s that it took back", async (_, name, content) => {
    const request = await worked();
    const { slot, base } = request;
    writeFileSync(join(slot.tree, name), content);
    inTree(slot, "add", "--all");
    inTree(slot, "commit", "--quiet", "--message", "With it");
    rmSync(join(slot.tree, name));
    inTree(slot, "commit", "--quiet", "--all", "--message", "Without it");
    const { work } = await collect({ ...request, keepOut });
    expect(git("rev-list", "--count", `${base}..${work.tip}`)).toBe("1");
    expect(work.agentCommits).toBe(2);
    expect(work.notes.join()).toContain("joined into one");
  });

  it.each([
    ["in the message", ["-c", "user.name=A"]],
    ["of who made it", ["-c", "user.name=secret"]],
  ])("does not come in by what is said of the agent's own commits: %s", async (where, by) => {
    const request = await worked();
    const { slot, base } = request;
    inTree(slot, "add", "--all");
    inTree(
      slot,
      ...by,
      "commit",
      "--quiet",
      "--message",
      "One",
      "--message",
      where === "in the message" ? "secret" : "",
    );
    const { work } = await collect({ ...request, keepOut });
    expect(git("log", "--format=%an %s%b", `${base}..${work.tip}`)).toBe("T Work");
    expect(work.notes.join()).toContain("joined into one");
  });

  it("leaves the agent's own commits alone where they hold nothing of it", async () => {
    const request = await worked();
    const { slot, base } = request;
    inTree(slot, "add", "--all");
    inTree(slot, "commit", "--quiet", "--message", "One");
    writeFileSync(join(slot.tree, "two.txt"), "two\n");
    inTree(slot, "add", "--all");
    inTree(slot, "commit", "--quiet", "--message", "Two");
    const { work } = await collect({ ...request, keepOut });
    expect(git("rev-list", "--count", `${base}..${work.tip}`)).toBe("2");
  });
});
