import { rmdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { namesIfThere } from "../../adapters/files/names-if-there.ts";
import { readIfThere } from "../../adapters/files/read-if-there.ts";
import { isAlive, parseIdentity } from "../../adapters/process/identity.ts";
import { removeTree } from "../../adapters/files/remove-tree.ts";
import { bytesOf, keptFolder, leftoversIn, removeSet, setsIn, type SetOnDisk } from "../../adapters/setup/kept-sets.ts";
import type { CleanedSet } from "../../api/keeping-views.ts";
import { errnoOf, messageOf } from "../../std/operational-error.ts";

/** Removes all that setups made for a repository in which nothing goes on. */
export async function cleanSets(folder: string, dryRun: boolean): Promise<CleanedSet[]> {
  const kept = keptFolder(folder);
  const cleaned: CleanedSet[] = [];
  for (const set of await setsIn(kept)) cleaned.push(await cleanSet(set, dryRun));
  for (const path of await leftoversIn(kept)) {
    const bytes = await bytesOf(path);
    if (!dryRun) await removeTree(path);
    cleaned.push({ path, run: null, folders: [], bytes, removed: !dryRun, kept: null });
  }
  if (!dryRun) await removeEmpty(kept);
  return cleaned;
}

export async function cleanSet(set: SetOnDisk, dryRun: boolean): Promise<CleanedSet> {
  const { root: path, run, folders } = set;
  const about = { path, run, folders, bytes: set.bytes };
  if (set.inUse) return { ...about, removed: false, kept: "it is in use" };
  if (dryRun) return { ...about, removed: false, kept: null };
  try {
    const removed = await removeSet(path);
    return { ...about, removed, kept: removed ? null : "it is in use again" };
  } catch (error) {
    if (errnoOf(error) === null) throw error;
    return { ...about, removed: false, kept: `it could not be removed whole: ${messageOf(error)}` };
  }
}

/** Locks of makers that died, and the folder itself where nothing else is in it. */
async function removeEmpty(kept: string): Promise<void> {
  for (const name of await namesIfThere(kept)) {
    if (!/\.lock\.\d+$/.test(name)) continue;
    const holder = parseIdentity((await readIfThere(join(kept, name))) ?? "");
    if (holder === null || !isAlive(holder)) await rm(join(kept, name), { force: true });
  }
  try {
    rmdirSync(kept);
  } catch (error) {
    if (!["ENOENT", "ENOTEMPTY", "EEXIST"].includes(errnoOf(error) ?? "")) throw error;
  }
}
