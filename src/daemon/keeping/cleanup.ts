import type { CleanedRun, CleanupView } from "../../api/keeping-views.ts";
import { cleanRun } from "./clean-runs.ts";
import { cleanSlots } from "./clean-slots.ts";
import type { KeepingPlace } from "./place.ts";
import { dueTime } from "./retention.ts";
import { removeTakenAway } from "./run-folder.ts";

export interface CleanupRequest {
  readonly dryRun: boolean;
  /** Null: nothing is ever due. */
  readonly days: number | null;
  readonly now: number;
  /** Asked between two runs: the daemon may be ending. */
  readonly goesOn: () => boolean;
}

/** Removes what is left of runs that are over for long enough. Doing it again, also after a crash, does what is left to do. */
export async function cleanUp(
  place: KeepingPlace,
  { dryRun, days, now, goesOn }: CleanupRequest,
): Promise<CleanupView> {
  const view = { version: 1, dryRun, olderThanDays: days } as const;
  if (days === null) return { ...view, runs: [], slots: [] };
  const finishedBy = dueTime(now, days);
  if (!dryRun) await removeTakenAway(place.folders);
  const runs: CleanedRun[] = [];
  for (const run of place.store.runsFinishedBy(finishedBy)) {
    if (goesOn()) runs.push(await cleanRun(place, run, dryRun));
  }
  if (!dryRun && goesOn()) place.store.removeVerdictsUntil(finishedBy);
  const slots = goesOn() ? await cleanSlots(place, { dryRun, finishedBy, now }) : [];
  return { ...view, runs, slots };
}
