import { constants, type Dirent } from "node:fs";
import { open, readdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf } from "../../std/operational-error.ts";

/** Folders that are listed at the same time. */
const atOnce = 16;

/**
 * Takes named pipes and sockets out of a work tree: git keeps none of them and cleans none away, and whoever opens a pipe, git
 * with one called `.gitignore` first of all, waits for a writer that never comes. Who waits already is let go: the file is empty.
 * Never rejects: what cannot be looked at or removed is left.
 */
export async function removePipes(tree: string, wanted: (path: string) => boolean = () => true): Promise<void> {
  const left = [tree];
  while (left.length > 0) {
    const lists = await Promise.all(left.splice(-atOnce).map(async (at) => ({ at, entries: await entriesOf(at) })));
    for (const { at, entries } of lists) {
      for (const entry of entries) {
        // Nearly all of them are: a path for each would be half of the time.
        if (entry.isFile()) continue;
        const path = join(at, entry.name);
        if (entry.isDirectory()) left.push(path);
        else if ((entry.isFIFO() || entry.isSocket()) && wanted(path.slice(tree.length + 1))) await remove(path, entry);
      }
    }
  }
}

/** Relative to a work tree: what git itself reads there, wherever it lies. Pipes of other names may be an agent's tools. */
export function isReadByGit(path: string): boolean {
  return /(?:^|\/)(?:\.git[^/]*|\.mailmap)$|(?:^|\/)\.git\//.test(path);
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (errnoOf(error) === null) throw error;
    return [];
  }
}

/** Open for writing while its name goes, and closed afterwards: nobody who came before that waits any longer. */
async function remove(path: string, entry: Dirent): Promise<void> {
  try {
    const flags = constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOFOLLOW;
    const pipe = entry.isFIFO() ? await open(path, flags) : null;
    await unlink(path);
    await pipe?.close();
  } catch (error) {
    if (errnoOf(error) === null) throw error;
  }
}
