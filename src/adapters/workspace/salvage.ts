import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { CommitTemplate, RepositoryPlace } from "../../domain/job.ts";
import { parseJsonObject } from "../../std/json-lines.ts";
import { collect } from "./collect.ts";
import { readIfThere, type SlotPaths } from "./slot.ts";

/**
 * A slot that still says `busy` was left by a crash: what is in it is kept under refs/nightcrew/salvage/ before the slot
 * is used again. Returns the ref, or null where there was nothing to keep.
 */
export async function salvageLeftovers(
  slot: SlotPaths,
  place: RepositoryPlace,
  commit: CommitTemplate,
): Promise<string | null> {
  const content = await readIfThere(slot.busy);
  if (content === null) return null;
  const busy = parseJsonObject(content);
  const { run, task, number, base } = busy ?? {};
  if (typeof run !== "string" || typeof task !== "string" || typeof number !== "number" || typeof base !== "string") {
    // Written only after the checkout, by a plain write: a torn one means that no agent had started.
    await rm(slot.busy, { force: true });
    return null;
  }
  const ref = `refs/nightcrew/salvage/${run}/${task}/${number}`;
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
  });
  await rm(slot.busy, { force: true });
  return collected.work.tip === null ? null : ref;
}
