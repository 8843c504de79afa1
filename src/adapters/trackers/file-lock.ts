import { randomBytes } from "node:crypto";
import { closeSync, openSync, renameSync, rmSync, statSync } from "node:fs";
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
  await acquire(lock);
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

async function acquire(lock: string): Promise<void> {
  const until = Date.now() + patienceMs;
  while (!tryLock(lock)) {
    takeAwayStale(lock);
    if (Date.now() > until) throw new TrackerAway(`${lock} is held by somebody else`);
    await delay(retryMs);
  }
}

function tryLock(lock: string): boolean {
  try {
    closeSync(openSync(lock, "wx"));
    return true;
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return false;
    throw error;
  }
}

/** By renaming, which only one of several succeeds in; who finds that it moved a fresh one puts it back. */
function takeAwayStale(lock: string): void {
  const aside = `${lock}.stale.${randomBytes(8).toString("hex")}`;
  try {
    const seen = statSync(lock);
    if (Date.now() - seen.mtimeMs <= staleMs) return;
    renameSync(lock, aside);
    const moved = statSync(aside);
    if (moved.ino === seen.ino && moved.mtimeMs === seen.mtimeMs) rmSync(aside, { force: true });
    else renameSync(aside, lock);
  } catch (error) {
    // Its holder has let it go, or somebody else was faster.
    if (errnoOf(error) !== "ENOENT") throw error;
  }
}
