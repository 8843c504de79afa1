import { signal, type Owned } from "./end-processes.ts";
import type { Freezer } from "./freezer.ts";
import { descendantsOf, processesWithMarker } from "./process-table.ts";

/** Tells whether it could. */
export type Freezing = Pick<Freezer, "freeze" | "thaw">;

/** What forks faster than it can be found, for longer than this, is given up on. */
const maxRounds = 20;

/**
 * Stops everything a command owns, wherever it moved: in a control group where there can be one, else by SIGSTOP. That cannot
 * be caught, and whoever was sent it forks no more, so that it is over when nobody new is found.
 */
export function freezeAll(owned: Owned, freezer: Freezing): void {
  if (freezer.freeze(() => allOf(owned))) return;
  const told = new Set<number>();
  for (let round = 0; round < maxRounds; round++) {
    const found = allOf(owned).filter((pid) => !told.has(pid));
    if (found.length === 0) return;
    for (const pid of found) {
      signal(pid, "SIGSTOP");
      told.add(pid);
    }
  }
}

/** Lets all of it go on, the youngest first, so that nobody misses a child that is still stopped. */
export function thawAll(owned: Owned, freezer: Freezing): void {
  if (freezer.thaw()) return;
  for (const pid of allOf(owned).toReversed()) signal(pid, "SIGCONT");
}

function allOf({ leader, marker }: Owned): number[] {
  const family = leader === null ? [] : [leader, ...descendantsOf(leader)];
  return [...new Set([...family, ...processesWithMarker(marker)])];
}
