import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { replaceFileQuickly } from "../files/replace-file.ts";
import { readIfThere } from "../files/read-if-there.ts";
import type { RepositoryPlace } from "../../domain/job.ts";
import { GitError } from "../git/git.ts";
import { errnoOf } from "../../std/operational-error.ts";
import { bootId } from "../process/process-table.ts";
import { bringTo, runnerGit, type SlotPaths } from "./slot.ts";

/**
 * A slot that nobody is in can be brought to the commit that the next attempt is likely to begin at. A file says so, and
 * whoever uses the slot takes the file away: what an agent had is never ready. A boot may have kept the file and not the tree.
 */
function readyFile({ root }: SlotPaths): string {
  return join(root, "ready");
}

function markOf(place: RepositoryPlace, commit: string): string {
  return JSON.stringify({ commit, place, boot: bootId() });
}

/**
 * False where it cannot be made ready, or holds what a crash left: whoever is to work in it does it again, and tells of what is
 * wrong.
 */
export async function makeReady(slot: SlotPaths, place: RepositoryPlace, commit: string): Promise<boolean> {
  if (existsSync(slot.busy)) return false;
  const mark = markOf(place, commit);
  if ((await readIfThere(readyFile(slot))) === mark) return true;
  try {
    await rm(readyFile(slot), { force: true });
    // This process is not the one that will work in it: a git that outlived it would write into somebody's work.
    await bringTo(slot, place, commit, runnerGit(slot, place, {}, true));
    replaceFileQuickly(readyFile(slot), mark);
    return true;
  } catch (error) {
    if (error instanceof GitError || errnoOf(error) !== null) return false;
    throw error;
  }
}

/** Whether the slot is at the commit, with nothing else in it. Its next user has to ask, and can only ask once. */
export async function takeReady(slot: SlotPaths, place: RepositoryPlace, commit: string): Promise<boolean> {
  const mark = await readIfThere(readyFile(slot));
  if (mark === null) return false;
  await rm(readyFile(slot), { force: true });
  return mark === markOf(place, commit);
}
