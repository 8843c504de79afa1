import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { CommitTemplate, RepositoryPlace } from "../../domain/job.ts";
import { salvageRef } from "../../domain/salvage-id.ts";
import { messageOf } from "../../std/operational-error.ts";
import { Git } from "../git/git.ts";
import { freeSalvageRef } from "../git/salvage-refs.ts";
import { collect } from "./collect.ts";
import { keepByOwnGit } from "./keep-under.ts";
import { setAside, type SlotPaths } from "./slot.ts";
import { readBusy } from "./slots-on-disk.ts";

/**
 * Makes a slot fit for use. What a crash left in it is saved; where even that fails, the slot is set aside as it is, so
 * that nothing in it is lost and nothing of it gets in the way. Returns what a person should know, or null.
 */
export async function clearSlot(
  slot: SlotPaths,
  place: RepositoryPlace,
  commit: CommitTemplate,
): Promise<string | null> {
  try {
    const ref = await salvageLeftovers(slot, place, commit);
    return ref === null ? null : `work left by a crash was saved: ${ref}`;
  } catch (error) {
    const aside = await setAside(slot);
    return `work left by a crash could not be saved as a commit (${messageOf(error)}); it is kept in ${aside}`;
  }
}

/**
 * A slot that still says `busy` was left by a crash: what is in it is kept under refs/nightcrew/salvage/ before the slot
 * is used again. Returns the ref, or null where there was nothing to keep.
 */
async function salvageLeftovers(
  slot: SlotPaths,
  place: RepositoryPlace,
  commit: CommitTemplate,
): Promise<string | null> {
  const busy = await readBusy(slot.busy);
  if (busy === null) return null;
  const { run, task, attempt: number, base } = busy;
  if (run === null || task === null || number === null || base === null) {
    // Written only after the checkout, by a plain write: a torn one means that no agent had started.
    await rm(slot.busy, { force: true });
    return null;
  }
  // Its branch may have been saved under this name before.
  const ref = await freeSalvageRef(new Git({ gitDir: place.commonDir }), salvageRef(run, task, number));
  const subject = `Salvaged work on ${task}`;
  const trailers = [`Nightcrew-Run: ${run}`, `Nightcrew-Task: ${task}`, `Nightcrew-Attempt: ${number}`];
  const collected = await collect({
    slot,
    place,
    base,
    ref,
    commit: { ...commit, subject, trailers },
    protectedPaths: [],
    attic: join(slot.root, "nested"),
    // A salvage is for a person, who is to have all of it.
    keepOut: null,
    keepUnder: keepByOwnGit,
  });
  await rm(slot.busy, { force: true });
  return collected.work.tip === null ? null : ref;
}
