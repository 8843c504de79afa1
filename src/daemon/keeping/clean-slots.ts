import { isRepository } from "../../adapters/git/git.ts";
import { randomBytes } from "node:crypto";
import { existsSync, renameSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CleanedSet, CleanedSlot } from "../../api/keeping-views.ts";
import { openRepository, type FoundRepository } from "../../adapters/git/open-repository.ts";
import { livingClaim } from "../../adapters/runners/living-claim.ts";
import { clearSlot } from "../../adapters/workspace/salvage.ts";
import { slotPaths } from "../../adapters/workspace/slot.ts";
import { removeTree } from "../../adapters/files/remove-tree.ts";
import { readIfThere } from "../../adapters/files/read-if-there.ts";
import { bytesOf, keptFolder, setsIn, type SetOnDisk } from "../../adapters/setup/kept-sets.ts";
import { slotsIn, timeOf, workspaceFolders, type FoundSlot } from "../../adapters/workspace/slots-on-disk.ts";
import { messageOf } from "../../std/operational-error.ts";
import type { KeepingPlace } from "./place.ts";
import { cleanSet } from "./clean-sets.ts";
import { beyondBounds, type Lying, type WorkspaceBounds } from "./workspace-bounds.ts";

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
  }
  return cleaned;
}

/**
 * Removes workspaces and kept folders where there are more than may be, though runs of their repository were finished lately.
 * Where one goes on nothing is touched.
 */
export async function cleanBeyond(
  place: KeepingPlace,
  bounds: WorkspaceBounds,
  cleaning: Omit<SlotCleaning, "finishedBy">,
): Promise<{ readonly slots: CleanedSlot[]; readonly sets: CleanedSet[] }> {
  const all = await lyingAbout(place);
  const slots: CleanedSlot[] = [];
  const sets: CleanedSet[] = [];
  for (const one of beyondBounds([...all.keys()], bounds)) {
    const found = all.get(one);
    if (found === undefined) continue;
    if ("root" in found) sets.push(await cleanSet(found, cleaning.dryRun));
    else
      slots.push(
        await cleanSlot(place, { ...one, slot: found, cleaning: { ...cleaning, finishedBy: unfinishedOnly } }),
      );
  }
  return { slots, sets };
}

async function lyingAbout(place: KeepingPlace): Promise<Map<Lying, FoundSlot | SetOnDisk>> {
  const all = new Map<Lying, FoundSlot | SetOnDisk>();
  for (const folder of await workspaceFolders(place.folders.workspaces)) {
    const idle = !isInUse(place, folder, unfinishedOnly);
    for (const slot of await slotsIn(folder)) {
      if (slot.state !== "pooled") continue;
      // Written anew whenever it is used.
      const usedAt = (await timeOf(slotPaths(slot.path).agentGit)) ?? 0;
      const bytes = await roughBytes(slot.path);
      all.set({ path: slot.path, kind: "slot", folder, usedAt, bytes, free: idle }, slot);
    }
    for (const set of await setsIn(keptFolder(folder))) {
      const { root: path, usedAt, bytes } = set;
      all.set({ path, kind: "set", folder, usedAt, bytes, free: idle && !set.inUse }, set);
    }
  }
  return all;
}

const sizeName = "bytes";
const measuredForMs = 24 * 60 * 60_000;

/** As it was when it was last measured, which takes long; that was a day ago at most. */
async function roughBytes(path: string): Promise<number> {
  const file = join(path, sizeName);
  const at = await timeOf(file);
  const known = at === null || Date.now() - at > measuredForMs ? null : await readIfThere(file);
  if (known !== null) return Number(known);
  const bytes = await bytesOf(path);
  await writeFile(file, String(bytes));
  return bytes;
}

/** No run was finished later. */
const unfinishedOnly = Number.MAX_SAFE_INTEGER;

/** Whether a run in the repository of this folder is not finished, or was finished later than that. */
export function isInUse({ store, folders }: KeepingPlace, folder: string, since: number): boolean {
  return store.repositoriesSince(since).some((repository) => folders.slots(repository) === folder);
}

interface SlotPlace {
  readonly folder: string;
  readonly slot: FoundSlot;
  readonly cleaning: SlotCleaning;
  /** As far as it is known already. */
  readonly bytes?: number;
}

async function cleanSlot(place: KeepingPlace, { folder, slot, cleaning, ...of }: SlotPlace): Promise<CleanedSlot> {
  const bytes = of.bytes ?? (await bytesOf(slot.path));
  const about = { path: slot.path, repository: slot.repository, bytes };
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
    await removeTree(away);
  } catch (error) {
    // The next cleanup tries again.
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
