import { randomBytes } from "node:crypto";
import { closeSync, fstatSync, lstatSync, openSync, renameSync, rmSync, statSync, type BigIntStats } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { errnoOf } from "../../std/operational-error.ts";
import { TrackerAway } from "./tracker.ts";

/** As `sd` has them, so that both keep each other out. */
const staleMs = 30_000;
const retryMs = 100;
const patienceMs = 30_000;

/** Does something while nobody else who respects `<file>.lock` changes the file. */
export async function withFileLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  const lock = `${file}.lock`;
  const own = await acquire(lock);
  try {
    return await work();
  } finally {
    // Of one that slept too long it was taken, and the one that is there is somebody else's.
    if (lockAt(lock) === own) rmSync(lock, { force: true });
  }
}

async function acquire(lock: string): Promise<string> {
  const until = Date.now() + patienceMs;
  for (;;) {
    const own = tryLock(lock);
    if (own !== null) return own;
    // One whose holder died is as old as our patience just when that ends.
    if (isTakenAway(lock)) continue;
    if (Date.now() > until) throw new TrackerAway(`${lock} is held by somebody else`);
    await delay(retryMs);
  }
}

function tryLock(lock: string): string | null {
  try {
    const handle = openSync(lock, "wx");
    try {
      return nameOf(fstatSync(handle, { bigint: true }));
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return null;
    throw error;
  }
}

function lockAt(lock: string): string | null {
  const found = lstatSync(lock, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? null : nameOf(found);
}

/** The number of an inode alone may be given to the next file. */
function nameOf({ ino, mtimeNs }: BigIntStats): string {
  return `${ino} ${mtimeNs}`;
}

/** By renaming, which only one of several succeeds in; who finds that it moved a fresh one puts it back. */
function isTakenAway(lock: string): boolean {
  const aside = `${lock}.stale.${randomBytes(8).toString("hex")}`;
  try {
    const seen = statSync(lock);
    if (Date.now() - seen.mtimeMs <= staleMs) return false;
    renameSync(lock, aside);
    const moved = statSync(aside);
    if (moved.ino === seen.ino && moved.mtimeMs === seen.mtimeMs) rmSync(aside, { force: true });
    else renameSync(aside, lock);
    return true;
  } catch (error) {
    // Its holder has let it go, or somebody else was faster.
    if (errnoOf(error) !== "ENOENT") throw error;
    return false;
  }
}
