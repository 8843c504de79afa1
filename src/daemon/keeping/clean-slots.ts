import { isRepository } from "../../adapters/git/git.ts";
import { randomBytes } from "node:crypto";
import { existsSync, renameSync } from "node:fs";
import { rm } from "node:fs/promises";
import type { CleanedSlot } from "../../api/keeping-views.ts";
import { openRepository, type FoundRepository } from "../../adapters/git/open-repository.ts";
import { livingClaim } from "../../adapters/runners/living-claim.ts";
import { clearSlot } from "../../adapters/workspace/salvage.ts";
import { slotPaths } from "../../adapters/workspace/slot.ts";
import { slotsIn, workspaceFolders, type FoundSlot } from "../../adapters/workspace/slots-on-disk.ts";
import { messageOf } from "../../std/operational-error.ts";
import type { KeepingPlace } from "./place.ts";
import { removeIfEmpty } from "./run-folder.ts";

export interface SlotCleaning {
  readonly dryRun: boolean;
  /** Runs finished later than this keep the workspaces of their repository; milliseconds since the epoch. */
  readonly finishedBy: number;
  readonly now: number;
}

/** Removes the workspaces of repositories in which nothing goes on. Slots that were set aside are never touched. */
export async function cleanSlots(place: KeepingPlace, cleaning: SlotCleaning): Promise<CleanedSlot[]> {
  const cleaned: CleanedSlot[] = [];
  for (const folder of await workspaceFolders(place.folders.workspaces)) {
    for (const slot of await slotsIn(folder)) {
      if (slot.state === "kept") continue;
      // What a cleanup began to remove belongs to nobody, whatever goes on beside it.
      const ours = slot.state === "removing";
      if (!ours && isInUse(place, folder, cleaning.finishedBy)) continue;
      cleaned.push(await cleanSlot(place, { folder, slot, cleaning }));
    }
    if (!cleaning.dryRun && !isInUse(place, folder, cleaning.finishedBy)) removeIfEmpty(folder);
  }
  return cleaned;
}

/** Whether a run in the repository of this folder is not finished, or was finished later than that. */
function isInUse({ store, folders }: KeepingPlace, folder: string, since: number): boolean {
  return store.repositoriesSince(since).some((repository) => folders.slots(repository) === folder);
}

interface SlotPlace {
  readonly folder: string;
  readonly slot: FoundSlot;
  readonly cleaning: SlotCleaning;
}

async function cleanSlot(place: KeepingPlace, { folder, slot, cleaning }: SlotPlace): Promise<CleanedSlot> {
  const about = { path: slot.path, repository: slot.repository };
  const stays = (kept: string | null, saved: string | null = null): CleanedSlot => ({
    ...about,
    removed: false,
    saved,
    kept,
  });
  const repository = slot.busy === null ? null : await repositoryOf(place, slot);
  if (typeof repository === "string") return stays(`there is unsaved work in it, and ${repository}`);
  if (await isHeld(place, slot)) return stays("a runner is still at work in it");
  if (cleaning.dryRun) return stays(null, slot.busy === null ? null : "what is in it would be saved first");
  let saved: string | null = null;
  // In one turn with the look at the store: whoever begins something now makes a new one.
  const away = slot.state === "removing" ? slot.path : `${slot.path}.removing-${randomBytes(4).toString("hex")}`;
  if (slot.state === "pooled") {
    if (isInUse(place, folder, cleaning.finishedBy)) return stays("it is in use again");
    renameSync(slot.path, away);
  }
  if (repository !== null) {
    saved = await clearSlot(slotPaths(away), repository.place, {
      subject: "Salvaged work",
      trailers: [],
      ...repository.identity,
      at: Math.floor(cleaning.now / 1_000),
    });
    if (!existsSync(away)) return stays(saved ?? "it was set aside");
  }
  try {
    await rm(away, { recursive: true, force: true, maxRetries: 2 });
  } catch (error) {
    // Folders an agent made unwritable; the next cleanup tries again.
    return stays(`it could not be removed whole: ${messageOf(error)}`, saved);
  }
  return { ...about, removed: true, saved, kept: null };
}

/** A sentence where the repository cannot take what is in the slot. */
async function repositoryOf({ store }: KeepingPlace, { repository }: FoundSlot): Promise<FoundRepository | string> {
  const known = store.repositories().find(({ gitDir }) => gitDir === repository);
  if (repository === null || known === undefined) return "nothing tells of which repository";
  if (!isRepository(repository)) return `its repository is gone (${repository})`;
  try {
    const found = await openRepository(known.checkout);
    return found.place.commonDir === repository ? found : `${known.checkout} is another repository now`;
  } catch (error) {
    return `its repository cannot be opened: ${messageOf(error)}`;
  }
}

/** The mark may be of a runner that nobody follows any more, and that lives. */
async function isHeld({ folders }: KeepingPlace, { busy }: FoundSlot): Promise<boolean> {
  if (busy === null || busy.run === null || busy.task === null || busy.attempt === null) return false;
  return (await livingClaim(folders.attempt(busy.run, busy.task, busy.attempt))) !== null;
}
