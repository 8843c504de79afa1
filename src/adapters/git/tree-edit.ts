import type { Git } from "./git.ts";

/** The tree with a file's content replaced, at the cost of its path's depth and never of the tree's size; it must be there. */
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
