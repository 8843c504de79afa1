import { signal, type Owned } from "./end-processes.ts";
import { descendantsOf, isStopped, processesWithMarker } from "./process-table.ts";

/** A process that forks while it is being frozen is found in the next round; what forks faster for longer is given up on. */
const maxRounds = 20;

/** Stops everything a command owns, wherever it moved (SIGSTOP cannot be caught). False when something kept running. */
export function freezeAll(owned: Owned): boolean {
  for (let round = 0; round < maxRounds; round++) {
    const running = allOf(owned).filter((pid) => !isStopped(pid));
    if (running.length === 0) return true;
    for (const pid of running) signal(pid, "SIGSTOP");
  }
  return false;
}

/** Lets all of it go on, the youngest first, so that nobody misses a child that is still stopped. */
export function thawAll(owned: Owned): void {
  for (const pid of allOf(owned).toReversed()) signal(pid, "SIGCONT");
}

function allOf({ leader, marker }: Owned): number[] {
  const family = leader === null ? [] : [leader, ...descendantsOf(leader)];
  return [...new Set([...family, ...processesWithMarker(marker)])];
}
