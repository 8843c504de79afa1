import { workspaceFolders } from "../../adapters/workspace/slots-on-disk.ts";
import type { CleanedRun, CleanedSet, CleanupView } from "../../api/keeping-views.ts";
import { cleanRun } from "./clean-runs.ts";
import { cleanSets } from "./clean-sets.ts";
import { cleanBeyond, cleanSlots, isInUse } from "./clean-slots.ts";
import type { KeepingPlace } from "./place.ts";
import { dueTime } from "./retention.ts";
import type { WorkspaceBounds } from "./workspace-bounds.ts";
import { removeIfEmpty, removeTakenAway } from "./run-folder.ts";

export interface CleanupRequest {
  readonly dryRun: boolean;
  /** Null: nothing is ever due. */
  readonly days: number | null;
  readonly bounds: WorkspaceBounds;
  readonly now: number;
  /** Asked between two runs: the daemon may be ending. */
  readonly goesOn: () => boolean;
}

/** Removes what is left of runs that are over for long enough. Doing it again, also after a crash, does what is left to do. */
export async function cleanUp(
  place: KeepingPlace,
  { dryRun, days, bounds, now, goesOn }: CleanupRequest,
): Promise<CleanupView> {
  const view = { version: 1, dryRun, olderThanDays: days } as const;
  const beyond = (): Promise<Pick<CleanupView, "slots" | "sets">> => cleanBeyond(place, bounds, { dryRun, now });
  if (days === null) return { ...view, runs: [], ...(await beyond()) };
  const finishedBy = dueTime(now, days);
  if (!dryRun) await removeTakenAway(place.folders);
  const runs: CleanedRun[] = [];
  for (const run of place.store.runsFinishedBy(finishedBy)) {
    if (goesOn()) runs.push(await cleanRun(place, run, dryRun));
  }
  if (!dryRun && goesOn()) place.store.removeVerdictsUntil(finishedBy);
  if (!goesOn()) return { ...view, runs, slots: [], sets: [] };
  const slots = await cleanSlots(place, { dryRun, finishedBy, now });
  const sets = await cleanAllSets(place, { dryRun, finishedBy });
  const named = new Set([...slots, ...sets].map(({ path }) => path));
  const more = await beyond();
  const fresh = <T extends { readonly path: string }>(found: readonly T[]): T[] =>
    found.filter(({ path }) => !named.has(path));
  return { ...view, runs, slots: [...slots, ...fresh(more.slots)], sets: [...sets, ...fresh(more.sets)] };
}

/** Kept folders of repositories in which nothing goes on, or went on lately. */
async function cleanAllSets(
  place: KeepingPlace,
  { dryRun, finishedBy }: { readonly dryRun: boolean; readonly finishedBy: number },
): Promise<CleanedSet[]> {
  const cleaned: CleanedSet[] = [];
  for (const folder of await workspaceFolders(place.folders.workspaces)) {
    if (isInUse(place, folder, finishedBy)) continue;
    cleaned.push(...(await cleanSets(folder, dryRun)));
    if (!dryRun && !isInUse(place, folder, finishedBy)) removeIfEmpty(folder);
  }
  return cleaned;
}
