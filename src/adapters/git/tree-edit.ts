import type { Git } from "./git.ts";

/** Reads and replaces single files of a tree, at the cost of its path's depth and never of the tree's size. */

export interface TreeFile {
  readonly mode: string;
  readonly content: Buffer;
}

/** Null where the tree has no regular file at the path. */
export async function readTreeFile(git: Git, tree: string, path: string): Promise<TreeFile | null> {
  const output = await git.text(["ls-tree", "-z", tree, "--", path]);
  const entry = output === "" ? null : parseEntry(output.replace(/\0$/, ""));
  if (entry === null || entry.kind !== "blob" || !entry.mode.startsWith("100")) return null;
  const { stdout } = await git.call(["cat-file", "blob", entry.object]);
  return { mode: entry.mode, content: stdout };
}

/** The tree with the file's content replaced; the file must be there. */
export async function writeTreeFile(git: Git, tree: string, path: string, content: Buffer): Promise<string> {
  const object = await git.text(["hash-object", "-w", "--stdin"], { input: content });
  return replaceEntry(git, tree, path.split("/"), object);
}

async function replaceEntry(git: Git, tree: string, parts: readonly string[], object: string): Promise<string> {
  const [name = "", ...rest] = parts;
  const entries = (await git.text(["ls-tree", "-z", tree])).split("\0").filter((entry) => entry !== "");
  const changed: string[] = [];
  for (const line of entries) {
    const entry = parseEntry(line);
    if (entry.name !== name) changed.push(line);
    else if (rest.length === 0) changed.push(`${entry.mode} blob ${object}\t${name}`);
    else changed.push(`${entry.mode} tree ${await replaceEntry(git, entry.object, rest, object)}\t${name}`);
  }
  return git.text(["mktree", "-z", "--missing"], { input: changed.map((line) => `${line}\0`).join("") });
}

function parseEntry(line: string): { mode: string; kind: string; object: string; name: string } {
  const tab = line.indexOf("\t");
  const [mode = "", kind = "", object = ""] = line.slice(0, tab).split(" ");
  return { mode, kind, object, name: line.slice(tab + 1) };
}
