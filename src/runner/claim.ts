import { openSync, closeSync, writeSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "../std/operational-error.ts";
import { startTimeOf } from "../adapters/process/process-table.ts";

export const claimName = "claim";

/** Takes a job for this process; false when it was taken before. A job is done by whoever claimed it, and nobody else. */
export function claim(folder: string): boolean {
  try {
    const fd = openSync(join(folder, claimName), "wx", 0o600);
    writeSync(fd, JSON.stringify({ pid: process.pid, startTime: startTimeOf(process.pid) }));
    closeSync(fd);
    return true;
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return false;
    throw error;
  }
}
