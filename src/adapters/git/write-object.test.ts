import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { ObjectServer } from "./object-server.ts";
import { RefServer } from "./ref-server.ts";
import { writeTreeFile } from "./tree-edit.ts";
import { formatOf, writeCommit, writeObject } from "./write-object.ts";

const roots: string[] = [];
afterAll(() => roots.forEach((root) => rmSync(root, { recursive: true, force: true })));

interface Repository {
  readonly gitDir: string;
  readonly objectsDir: string;
  readonly git: (args: readonly string[], input?: string) => string;
}

function repository(...options: readonly string[]): Repository {
  const root = mkdtempSync(join(tmpdir(), "nightcrew-write-"));
  roots.push(root);
  const env = {
    PATH: process.env["PATH"],
    HOME: root,
    GIT_CONFIG_NOSYSTEM: "1",
    ...Object.fromEntries(["AUTHOR", "COMMITTER"].flatMap((who) => identity(who))),
  };
  const git = (args: readonly string[], input = ""): string =>
    execFileSync("git", args, { cwd: root, env, input, encoding: "utf8", stdio: "pipe" }).trim();
  git(["init", "--quiet", "--bare", ...options]);
  return { gitDir: root, objectsDir: join(root, "objects"), git };
}

const identity = (who: string): [string, string][] => [
  [`GIT_${who}_NAME`, "Zoë 王"],
  [`GIT_${who}_EMAIL`, "zoe@example.org"],
  [`GIT_${who}_DATE`, "1700000000 +0000"],
];
const by = { name: "Zoë 王", email: "zoe@example.org" };
const at = 1_700_000_000;

it("objects are written while somebody removes the folders that are empty", async () => {
  const { objectsDir, git } = repository();
  const folders = Array.from({ length: 256 }, (_, n) => n.toString(16).padStart(2, "0"));
  // As `git prune-packed` does, without a pause, until it is told to stop.
  const removing = `const { rmdirSync } = require("node:fs");
    process.stdin.on("end", () => process.exit()).resume();
    const removeAll = () => {
      for (const folder of ${JSON.stringify(folders)}) try { rmdirSync(folder); } catch {}
      setImmediate(removeAll);
    };
    removeAll();`;
  const other = spawn(process.execPath, ["-e", removing], { cwd: objectsDir, stdio: ["pipe", "ignore", "inherit"] });
  const ended = once(other, "exit");
  const texts = Array.from({ length: 3_000 }, (_, n) => `${n}\n`);
  const written = texts.map((text) => {
    const id = writeObject(objectsDir, { type: "blob", content: Buffer.from(text), format: "sha1" });
    const there = existsSync(join(objectsDir, id.slice(0, 2), id.slice(2)));
    // So that its folder is empty for the next one.
    rmSync(join(objectsDir, id.slice(0, 2), id.slice(2)));
    return there;
  });
  other.stdin.end();
  expect(await ended).toEqual([0, null]);
  expect(written).not.toContain(false);
  git(["fsck"]);
});

describe.each([["sha1"], ["sha256"]])("objects written without git, %s", (format) => {
  const { gitDir, objectsDir, git } = repository(`--object-format=${format}`);
  const blob = git(["hash-object", "-w", "--stdin"], "one\n");
  const inner = git(["mktree"], `100644 blob ${blob}\tfile.md\n`);
  const tree = git(["mktree"], `100755 blob ${blob}\ta\n040000 tree ${inner}\tdocs\n040000 tree ${inner}\tdocs.x\n`);

  it("are the ones git would have written, and pass its check", () => {
    const message = "Titre élégant 🌙\n\nNightcrew-Run: r\n";
    const parent = git(["commit-tree", tree, "-m", "Root"]);
    const ours = writeCommit(objectsDir, { tree, parents: [parent], message, by, at });
    expect(ours).toBe(git(["commit-tree", tree, "-p", parent, "-F", "-"], message));
    expect(git(["fsck", "--strict", "--full", "--no-dangling"])).toBe("");
    expect(writeCommit(objectsDir, { tree, parents: [parent], message, by, at })).toBe(ours);
  });

  it("take no field of a commit for another, whatever is in a name", () => {
    const hostile = { name: "Eve <root@x>\nparent 0", email: "e>\n@x" };
    const id = writeCommit(objectsDir, { tree, parents: [], message: "A\0B", by: hostile, at });
    expect(git(["log", "-1", "--format=%an|%ae|%P|%B", id])).toBe("Eve root@xparent 0|e@x||AB");
    expect(git(["fsck", "--strict", "--no-dangling"])).toBe("");
  });

  it("replace one file of a tree at any depth and nothing else", async () => {
    const place = { objects: new ObjectServer(gitDir), objectsDir };
    const changed = await writeTreeFile(place, tree, "docs/file.md", Buffer.from("two\n"));
    expect(git(["cat-file", "blob", `${changed}:docs/file.md`])).toBe("two");
    expect(git(["diff-tree", "-r", "--name-status", tree, changed])).toBe("M\tdocs/file.md");
    expect(git(["fsck", "--strict", "--no-dangling"])).toBe("");
    await expect(writeTreeFile(place, tree, "docs/none", Buffer.from(""))).rejects.toThrow("none is not in tree");
  });
});

it("who may write to a shared repository may write beside what we wrote", () => {
  const { objectsDir, git } = repository("--shared=group");
  const id = writeObject(objectsDir, { type: "blob", content: Buffer.from("shared"), format: "sha1" });
  const theirs = git(["hash-object", "-w", "--stdin"], "theirs");
  const modeOf = (name: string): number => statSync(join(objectsDir, name.slice(0, 2))).mode;
  expect(modeOf(id)).toBe(modeOf(theirs));
  expect(formatOf(id)).toBe("sha1");
});

describe("the ref server", () => {
  it("swaps one after another, refuses what has moved, and goes on after a refusal", async () => {
    const { gitDir, objectsDir, git } = repository();
    const tree = git(["mktree"], "");
    const commits = ["a", "b", "c"].map((message) => writeCommit(objectsDir, { tree, parents: [], message, by, at }));
    const [a = "", b = "", c = ""] = commits;
    const refs = new RefServer(gitDir);
    await refs.swap("refs/heads/main", a, null);
    const outcomes = await Promise.allSettled([
      refs.swap("refs/heads/main", b, a),
      refs.swap("refs/heads/main", c, a),
      refs.swap("refs/heads/main", c, null),
      refs.swap("refs/heads/other", c, null),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected", "fulfilled"]);
    expect(git(["for-each-ref", "--format=%(refname) %(objectname)"])).toBe(
      `refs/heads/main ${b}\nrefs/heads/other ${c}`,
    );
    expect((outcomes[1] as PromiseRejectedResult).reason).toMatchObject({ message: expect.stringContaining("is at") });
  });
});
