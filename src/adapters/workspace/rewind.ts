import { lstat, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { RepositoryPlace } from "../../domain/job.ts";
import { errnoOf } from "../../std/operational-error.ts";
import { GitError } from "../git/git.ts";
import { removePipes } from "./pipes.ts";
import { runnerGit, type SlotPaths } from "./slot.ts";

/** A moment by the clock of the workspace's file system, in nanoseconds. */
export type Moment = bigint;

/** What untracked files there are is looked at one by one: where there are more, the workspace is made anew instead. */
const maxEntries = 300_000;

/** The moment before a command that may have to be undone. */
export async function markMoment(slot: SlotPaths): Promise<Moment> {
  const mark = join(slot.root, "moment");
  await writeFile(mark, "");
  return (await stat(mark, { bigint: true })).ctimeNs;
}

/**
 * Takes away what was made in a work tree since a moment, and leaves what was there: dependencies that were installed
 * before, say. False where something was changed that cannot be brought back, tracked or not: then it is to be made anew.
 * Goes by the times that the kernel keeps, which no command can set.
 */
export async function undoSince(slot: SlotPaths, place: RepositoryPlace, since: Moment): Promise<boolean> {
  try {
    // Git lists none of them, and a server that is to listen once more finds its socket taken.
    await removePipes(slot.tree);
    const git = runnerGit(slot, place);
    const changed = lines(await git.text(["diff-files", "--name-only", "-z"], { timeoutMs: 600_000 }));
    for (const path of changed) if (!(await isOlder(join(slot.tree, path), since))) return false;
    // Without rules of exclusion ignored files are listed like others; folders without tracked files are one entry.
    const untracked = lines(await git.text(["ls-files", "--others", "--directory", "-z"], { timeoutMs: 600_000 }));
    const left = { entries: maxEntries };
    for (const path of untracked)
      if (!(await undo(join(slot.tree, path.replace(/\/$/, "")), since, left))) return false;
    return true;
  } catch (error) {
    // What cannot be listed or removed (folders without permission) cannot be undone.
    if (error instanceof GitError || errnoOf(error) !== null) return false;
    throw error;
  }
}

function lines(text: string): string[] {
  return text.split("\0").filter((path) => path !== "");
}

async function undo(path: string, since: Moment, left: { entries: number }): Promise<boolean> {
  if (--left.entries < 0) return false;
  const found = await lstat(path, { bigint: true });
  if (found.birthtimeNs > since) {
    await rm(path, { recursive: true, force: true });
    return true;
  }
  // A folder changes with what is in it.
  if (!found.isDirectory()) return found.ctimeNs < since;
  for (const name of await readdir(path)) if (!(await undo(join(path, name), since, left))) return false;
  return true;
}

/** False also where it is gone: nobody knows since when. */
async function isOlder(path: string, moment: Moment): Promise<boolean> {
  try {
    return (await lstat(path, { bigint: true })).ctimeNs < moment;
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return false;
    throw error;
  }
}
