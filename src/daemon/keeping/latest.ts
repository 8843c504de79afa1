import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { lstat, readlink, rename, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import type { RunFolders } from "../../adapters/runners/run-folders.ts";
import type { SqliteStore } from "../../adapters/store/sqlite-store.ts";
import type { RunId } from "../../domain/run.ts";
import { errnoOf } from "../../std/operational-error.ts";
import { latestName } from "./run-folder.ts";

/** A link that was not made before a crash is one of the newest runs'. */
const runsLookedAt = 50;

/** The one that ended last among the newest runs of which every task landed. */
export function latestSuccess(store: SqliteStore): RunId | null {
  const ended = store
    .runs(runsLookedAt)
    .flatMap(({ id, state }) => (state.status === "finished" ? [{ id, at: state.at }] : []));
  const successful = ended.sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1)).find(({ id }) => succeeded(store, id));
  return successful?.id ?? null;
}

export function succeeded(store: SqliteStore, run: RunId): boolean {
  const { completed, ...others } = store.statusCounts(run);
  return completed > 0 && Object.values(others).every((count) => count === 0);
}

/** `runs/latest` is one link or another at every moment. What a person put there is left alone, and what they took away stays so. */
export async function pointLatest({ runs }: RunFolders, run: RunId): Promise<void> {
  if (!existsSync(join(runs, run))) return;
  const link = join(runs, latestName);
  if ((await targetOf(link)) === run) return;
  const prepared = join(runs, `.${latestName}-${randomBytes(4).toString("hex")}`);
  await symlink(run, prepared);
  try {
    if (await mayBeReplaced(link)) await rename(prepared, link);
  } finally {
    await rm(prepared, { force: true });
  }
}

async function targetOf(link: string): Promise<string | null> {
  try {
    return await readlink(link);
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "EINVAL") return null;
    throw error;
  }
}

async function mayBeReplaced(link: string): Promise<boolean> {
  try {
    return (await lstat(link)).isSymbolicLink();
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return true;
    throw error;
  }
}
