import type { ObjectServer } from "./object-server.ts";
import { formatOf, writeObject } from "./write-object.ts";

/** Where objects are read from and written to. */
export interface ObjectPlace {
  readonly objects: ObjectServer;
  readonly objectsDir: string;
}

/** The tree with a file's content replaced, at the cost of its path's depth and never of the tree's size; it must be there. */
export async function writeTreeFile(place: ObjectPlace, tree: string, path: string, content: Buffer): Promise<string> {
  const blob = writeObject(place.objectsDir, { type: "blob", content, format: formatOf(tree) });
  return writeTreeEntry(place, tree, path, blob);
}

/** The same with a blob that is there already. */
export async function writeTreeEntry(place: ObjectPlace, tree: string, path: string, blob: string): Promise<string> {
  return replaceEntry(place, tree, path.split("/"), blob);
}

async function replaceEntry(place: ObjectPlace, tree: string, parts: readonly string[], blob: string): Promise<string> {
  const [name = "", ...rest] = parts;
  const found = await place.objects.find(tree);
  const at = found?.type === "tree" ? idOffset(found.content, name, tree.length / 2) : null;
  if (found === null || at === null) throw new Error(`${name} is not in tree ${tree}`);
  const before = found.content.subarray(at, at + tree.length / 2).toString("hex");
  const after = rest.length === 0 ? blob : await replaceEntry(place, before, rest, blob);
  found.content.write(after, at, "hex");
  return writeObject(place.objectsDir, { type: "tree", content: found.content, format: formatOf(tree) });
}

/** Where the id of an entry begins: a tree is a row of `<mode> <name>\0<id>`. Null where no entry has the name. */
export function idOffset(tree: Buffer, name: string, idBytes: number): number | null {
  const wanted = Buffer.from(name);
  for (let start = 0; start < tree.length;) {
    const end = tree.indexOf(0, start);
    if (tree.subarray(tree.indexOf(0x20, start) + 1, end).equals(wanted)) return end + 1;
    start = end + 1 + idBytes;
  }
  return null;
}
