import { renameSync, rmdirSync } from "node:fs";
import { readlink, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { namesIfThere } from "../../adapters/files/names-if-there.ts";
import { removeTree } from "../../adapters/files/remove-tree.ts";
import type { RunFolders } from "../../adapters/runners/run-folders.ts";
import { errnoOf, messageOf } from "../../std/operational-error.ts";

/** A run's folder of which only the history of nested repositories is left. */
export const keptSuffix = ".kept";
const removingPrefix = ".removing-";
export const latestName = "latest";

/**
 * Takes a run's folder out of the way, in one step and at once: nobody begins anything in it any more. Returns the
 * function that puts it back.
 */
export function takeAway({ runs }: RunFolders, run: string): () => void {
  const away = join(runs, `${removingPrefix}${run}`);
  try {
    renameSync(join(runs, run), away);
    return () => renameSync(away, join(runs, run));
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
    return () => undefined;
  }
}

/** Removes every folder that was taken away, also before a crash. Returns what had to stay. */
export async function removeTakenAway(folders: RunFolders): Promise<string[]> {
  const { runs } = folders;
  const kept: string[] = [];
  for (const name of (await namesIfThere(runs)).filter((candidate) => candidate.startsWith(removingPrefix))) {
    const run = name.slice(removingPrefix.length);
    const away = join(runs, name);
    try {
      await removeSockets(folders, run, away);
      if (await removeAllButNested(away)) continue;
      const stays = join(runs, `${run}${keptSuffix}`);
      await rename(away, stays);
      kept.push(`the history of repositories that agents made is kept in ${stays}`);
    } catch (error) {
      // The next cleanup tries again.
      kept.push(`${away} could not be removed whole: ${messageOf(error)}`);
    }
  }
  return kept;
}

/** Control sockets that killed runners left; their names are made from the folder the job had. */
async function removeSockets(folders: RunFolders, run: string, folder: string): Promise<void> {
  for (const kind of ["attempts", "gates"]) {
    for (const name of await namesIfThere(join(folder, kind)))
      await rm(folders.control(join(folders.runs, run, kind, name)), { force: true });
  }
}

/** False where attempts had nested repositories: their history is nowhere else. */
async function removeAllButNested(folder: string): Promise<boolean> {
  const attempts = join(folder, "attempts");
  for (const name of await namesIfThere(attempts)) {
    const attempt = join(attempts, name);
    const nested = (await namesIfThere(join(attempt, "nested"))).length > 0;
    if (!nested) await removeTree(attempt);
    else await removeAllBut(attempt, "nested");
  }
  if ((await namesIfThere(attempts)).length === 0) {
    await removeTree(folder);
    return true;
  }
  await removeAllBut(folder, "attempts");
  return false;
}

async function removeAllBut(folder: string, name: string): Promise<void> {
  for (const other of await namesIfThere(folder)) if (other !== name) await removeTree(join(folder, other));
}

/** Where the newest successful run is gone, nothing is said to be the latest. */
export async function dropLatest({ runs }: RunFolders, run: string): Promise<void> {
  const link = join(runs, latestName);
  try {
    if ((await readlink(link)) === run) await rm(link, { force: true });
  } catch (error) {
    // There is none, or it is a person's own file.
    if (errnoOf(error) !== "ENOENT" && errnoOf(error) !== "EINVAL") throw error;
  }
}

export function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    if (!["ENOENT", "ENOTDIR", "ENOTEMPTY", "EEXIST"].includes(errnoOf(error) ?? "")) throw error;
  }
}
