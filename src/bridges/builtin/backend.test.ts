import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeBackend } from "./backend.ts";
import { overlayTree, realTree, type FileTree } from "./file-tree.ts";
import { placed } from "./place.ts";

let root = "";
const at = (path: string) => join(root, path);
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "nightcrew-backend-")));
  mkdirSync(at("sub/deep"), { recursive: true });
  mkdirSync(at(".git"));
  writeFileSync(at("a.txt"), "one\ntwo\nthree\n");
  writeFileSync(at("sub/b.ts"), "const two = 2;\n");
  writeFileSync(at("sub/deep/c.bin"), Buffer.from([1, 0, 2]));
  writeFileSync(at(".git/config"), "two\n");
  symlinkSync("/etc", at("out"));
  symlinkSync("a.txt", at("link.txt"));
});
afterEach(() => rmSync(root, { recursive: true }));

function backendOn(tree: FileTree, events: unknown[] = []) {
  return makeBackend({
    tree,
    place: (path) => placed(root, "sandboxed", path),
    approve: () => Promise.resolve(true),
    shell: null,
    emit: (event) => events.push(event),
    signal: new AbortController().signal,
  });
}

describe.each([
  ["the real files", () => realTree],
  ["an overlay", () => overlayTree(realTree)],
])("on %s", (_, makeTree) => {
  it("lists, with paths that the tools understand again", async () => {
    const { files = [] } = await backendOn(makeTree()).ls("/");
    expect(files.map(({ path }) => path)).toEqual([".git/", "a.txt", "link.txt", "out/", "sub/"].map(at));
    expect(await backendOn(makeTree()).ls("sub/nowhere")).toEqual({ files: [] });
  });

  it("reads page by page", async () => {
    const backend = backendOn(makeTree());
    expect(await backend.read("a.txt", 1, 1)).toMatchObject({
      content: "two",
      startLine: 2,
      endLine: 2,
      nextOffset: 2,
    });
    expect(await backend.read(at("a.txt"), 2)).not.toHaveProperty("nextOffset");
    expect(await backend.read("a.txt", 3)).toEqual({ error: "it has 3 lines only" });
    expect(await backend.read("sub/deep/c.bin")).toMatchObject({
      error: expect.stringContaining("is binary") as string,
    });
    expect(await backend.read("none")).toEqual({ error: `there is no file ${at("none")}` });
    expect(await backend.read("out/passwd")).toMatchObject({ error: expect.stringContaining("outside") as string });
  });

  it("edits what is there once, or everywhere if told so", async () => {
    const backend = backendOn(makeTree());
    expect(await backend.edit("a.txt", "o", "0")).toEqual({ error: "Error: the text to replace is in a.txt 2 times" });
    expect(await backend.edit("a.txt", "four", "4")).toEqual({ error: "Error: the text to replace is not in a.txt" });
    expect(await backend.edit("a.txt", "o", "$&", true)).toMatchObject({ occurrences: 2 });
    expect(await backend.read("a.txt", 0, 2)).toMatchObject({ content: "$&ne\ntw$&" });
  });

  it("removes a folder, and never the workspace or its git folder", async () => {
    const backend = backendOn(makeTree());
    expect(await backend.delete?.("sub")).toMatchObject({ path: at("sub") });
    expect(await backend.read("sub/b.ts")).toHaveProperty("error");
    await backend.write("sub/new.ts", "1");
    expect((await backend.ls("sub")).files?.map(({ path }) => path)).toEqual([at("sub/new.ts")]);
    for (const path of ["/", ".", ".git", "gone"]) expect(await backend.delete?.(path)).toHaveProperty("error");
  });

  it("finds files and lines, but none in the git folder or behind a link", async () => {
    const backend = backendOn(makeTree());
    await backend.write("sub/new.ts", "two\n");
    const found = await backend.glob("**/*.ts", "/");
    expect(found.files?.map(({ path }) => path)).toEqual([at("sub/b.ts"), at("sub/new.ts")]);
    const { matches } = await backend.grep("two");
    expect(matches?.map(({ path, line }) => `${path}:${line}`)).toEqual(
      ["a.txt:2", "sub/b.ts:1", "sub/new.ts:1"].map(at),
    );
    expect((await backend.grep("two", "sub", "*.ts", 1)).matches).toHaveLength(1);
    expect((await backend.grep("two", "a.txt")).matches).toHaveLength(1);
  });
});

it("keeps what the library puts aside out of the workspace", async () => {
  const events: unknown[] = [];
  const backend = backendOn(realTree, events);
  await backend.write("/large_tool_results/x.txt", "long");
  expect(await backend.read("/large_tool_results/x.txt")).toMatchObject({ content: "long" });
  expect(events).toEqual([]);
  expect((await backend.glob("**/x.txt", "/")).files).toEqual([]);
});

it("changes nothing below an overlay until it is written out", async () => {
  const tree = overlayTree(realTree);
  const backend = backendOn(tree);
  await backend.write("new/file", "1");
  await backend.delete?.("sub");
  await backend.write("sub", "a file now");
  expect(readFileSync(at("sub/b.ts"), "utf8")).toContain("two");
  tree.writeOut();
  expect([readFileSync(at("new/file"), "utf8"), readFileSync(at("sub"), "utf8")]).toEqual(["1", "a file now"]);
});
