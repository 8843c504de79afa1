import { join } from "node:path";
import { readIfThere } from "../files/read-if-there.ts";
import { parseIdentity, type Identity } from "../process/identity.ts";
import { takeFile } from "../process/take-file.ts";

export const claimName = "claim";

/** Takes a job for this process; false when it was taken before. A job is done by whoever claimed it, and nobody else. */
export function claim(folder: string): boolean {
  return takeFile(join(folder, claimName));
}

/** Null where nobody has taken the job. A torn claim is still a claim: somebody began, and has pid 0. */
export async function readClaim(folder: string): Promise<Identity | null> {
  const content = await readIfThere(join(folder, claimName));
  return content === null ? null : (parseIdentity(content) ?? { pid: 0, startTime: null, bootId: null });
}
