import { linkSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "../../std/operational-error.ts";
import { parseJsonObject } from "../../std/json-lines.ts";
import { readIfThere } from "../files/read-if-there.ts";
import { isSameProcess, startTimeOf } from "../process/process-table.ts";

export const claimName = "claim";

/**
 * Takes a job for this process; false when it was taken before. A job is done by whoever claimed it, and nobody else. The
 * claim appears whole, in one step (link(2)): nobody sees it before it says whose it is.
 */
export function claim(folder: string): boolean {
  const prepared = join(folder, `.claim-${process.pid}`);
  writeFileSync(prepared, JSON.stringify({ pid: process.pid, startTime: startTimeOf(process.pid) }), { mode: 0o600 });
  try {
    linkSync(prepared, join(folder, claimName));
    return true;
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(prepared, { force: true });
  }
}

export interface Claim {
  /** 0 where the claim does not say. */
  readonly pid: number;
  readonly startTime: string | null;
}

/** Null where nobody has taken the job. */
export async function readClaim(folder: string): Promise<Claim | null> {
  const content = await readIfThere(join(folder, claimName));
  if (content === null) return null;
  const { pid, startTime } = parseJsonObject(content) ?? {};
  // A torn claim is still a claim: somebody began.
  return { pid: typeof pid === "number" ? pid : 0, startTime: typeof startTime === "string" ? startTime : null };
}

export function isAlive({ pid, startTime }: Claim): boolean {
  return pid > 0 && isSameProcess(pid, startTime);
}
