import { setTimeout as delay } from "node:timers/promises";
import { errnoOf } from "../../std/operational-error.ts";
import { thawAll, type Freezing } from "./freeze.ts";
import { descendantsOf, groupLives, processesWithMarker } from "./process-table.ts";

/** How long processes have to end by themselves after SIGTERM. Whoever stops something waits for it. */
const graceMs = 1_000;
/** One that was killed may wait long for its turn to be gone, on a busy machine. */
const sweepRounds = 100;
const sweepPauseMs = 25;

/** Everything a supervised command may have left running. */
export interface Owned {
  /** Leader of the command's own session and process group; null where it is not known any more. */
  readonly leader: number | null;
  /** `NAME=value` in the environment of all it started, those in sessions of their own included. */
  readonly marker: string;
}

/** False when the process is gone. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch (error) {
    if (errnoOf(error) === "ESRCH") return false;
    // A process of another user (it changed its uid) cannot be signalled; the caller's sweep will find it still there.
    if (errnoOf(error) === "EPERM") return true;
    throw error;
  }
}

/** Asks the group to end, and ends it after the grace period; then everything else it started. */
export async function endAll(owned: Owned, freezer: Freezing, ended: Promise<unknown>): Promise<readonly number[]> {
  if (owned.leader !== null) {
    signal(-owned.leader, "SIGTERM");
    for (const pid of descendantsOf(owned.leader)) signal(pid, "SIGTERM");
    // What is stopped hears of it only when it goes on.
    thawAll(owned, freezer);
  }
  const graceOver = new AbortController();
  await Promise.race([ended, delay(graceMs, undefined, { signal: graceOver.signal }).catch(() => undefined)]);
  graceOver.abort();
  return endLeftovers(owned);
}

/**
 * Ends what is still there when the command itself is over: its group and, found by the marker, whatever moved to a
 * session of its own. Returns the pids that withstood even SIGKILL.
 */
export async function endLeftovers({ leader, marker }: Owned): Promise<readonly number[]> {
  let left: number[] = [];
  for (let round = 0; round < sweepRounds; round++) {
    const groupThere = leader !== null && signal(-leader, "SIGKILL") && groupLives(leader);
    left = processesWithMarker(marker);
    for (const pid of left) signal(pid, "SIGKILL");
    if (left.length === 0 && !groupThere) return [];
    await delay(sweepPauseMs);
  }
  return left;
}
