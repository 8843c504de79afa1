import { linkSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "../../std/operational-error.ts";
import { readIfThere } from "../files/read-if-there.ts";
import { ownIdentity, parseIdentity, type Identity } from "../process/identity.ts";

export const claimName = "claim";

/**
 * Takes a job for this process; false when it was taken before. A job is done by whoever claimed it, and nobody else. The
 * claim appears whole, in one step (link(2)): nobody sees it before it says whose it is.
 */
export function claim(folder: string): boolean {
  const prepared = join(folder, `.claim-${process.pid}`);
  writeFileSync(prepared, JSON.stringify(ownIdentity()), { mode: 0o600 });
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

/** Null where nobody has taken the job. A torn claim is still a claim: somebody began, and has pid 0. */
export async function readClaim(folder: string): Promise<Identity | null> {
  const content = await readIfThere(join(folder, claimName));
  return content === null ? null : (parseIdentity(content) ?? { pid: 0, startTime: null, bootId: null });
}
