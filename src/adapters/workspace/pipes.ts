import { constants, lstatSync, type Dirent } from "node:fs";
import { open, unlink } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { errnoOf } from "../../std/operational-error.ts";
import { entriesOf } from "../files/entries-of.ts";

/** Folders that are looked at in one turn. */
const atOnce = 64;

/** A folder as it was when it was listed: nothing was made in it, or moved into it, for as long as it has this stamp. */
interface Listed {
  readonly stamp: string;
  readonly folders: readonly string[];
}

/** By work tree. Most folders of one stay as they are from one task to the next. */
const listedIn = new Map<string, Map<string, Listed>>();
const mostListed = 50_000;
/** The clock of a file system may stand still for so long. */
const clockTickMs = 100;

/**
 * Takes named pipes and sockets out of a work tree: git keeps none of them and cleans none away, and whoever opens a pipe, git
 * with one called `.gitignore` first of all, waits for a writer that never comes. Who waits already is let go: the file is empty.
 * Never rejects: what cannot be looked at or removed is left, and looked at again.
 */
export async function removePipes(tree: string, wanted: (path: string) => boolean = () => true): Promise<void> {
  const before = listedIn.get(tree);
  const now = new Map<string, Listed>();
  const left = [tree];
  while (left.length > 0) {
    const folders = left.splice(-atOnce).map((at) => ({ at, stamp: stampOf(at), known: before?.get(at) }));
    const changed = folders.filter(({ stamp, known }) => stamp === null || known?.stamp !== stamp);
    const lists = new Map(await Promise.all(changed.map(async ({ at }) => [at, await entriesOf(at)] as const)));
    for (const { at, stamp, known } of folders) {
      const entries = lists.get(at);
      const listed = entries === undefined ? known : await sweep(tree, at, { entries, stamp, wanted });
      if (listed === undefined) continue;
      now.set(at, listed);
      left.push(...listed.folders);
    }
    if (changed.length === 0) await turn();
  }
  if (now.size <= mostListed) listedIn.set(tree, now);
  else listedIn.delete(tree);
}

interface Found {
  readonly entries: readonly Dirent[];
  readonly stamp: string | null;
  readonly wanted: (path: string) => boolean;
}

/** Without a stamp where something was, or may be, in it. */
async function sweep(tree: string, at: string, { entries, stamp, wanted }: Found): Promise<Listed> {
  const folders: string[] = [];
  let known = stamp ?? "";
  for (const entry of entries) {
    // Nearly all of them are: a path for each would be half of the time.
    if (entry.isFile()) continue;
    const path = join(at, entry.name);
    if (entry.isDirectory()) folders.push(path);
    else if (entry.isFIFO() || entry.isSocket()) {
      known = "";
      if (wanted(path.slice(tree.length + 1))) await remove(path, entry);
    }
  }
  return { stamp: known, folders };
}

/** Null where it cannot be told from what may become of it in the same moment. */
function stampOf(folder: string): string | null {
  try {
    const { ino, ctimeNs, ctimeMs } = lstatSync(folder, { bigint: true });
    return Date.now() - Number(ctimeMs) < clockTickMs ? null : `${ino}:${ctimeNs}`;
  } catch (error) {
    if (errnoOf(error) === null) throw error;
    return null;
  }
}

/** Relative to a work tree: what git itself reads there, wherever it lies. Pipes of other names may be an agent's tools. */
export function isReadByGit(path: string): boolean {
  return /(?:^|\/)(?:\.git[^/]*|\.mailmap)$|(?:^|\/)\.git\//.test(path);
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
