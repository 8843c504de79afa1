import { join } from "node:path";
import { isEnd } from "../../domain/job.ts";
import { isAlive } from "../process/identity.ts";
import { readClaim } from "./claim.ts";
import { JournalReader } from "./journal-reader.ts";

export interface FoundClaim {
  /** 0 where the claim does not say. */
  readonly pid: number;
  readonly alive: boolean;
}

/** Who claimed a job that is not over; null where nobody did, or it is. */
export async function openClaim(folder: string): Promise<FoundClaim | null> {
  const claim = await readClaim(folder);
  if (claim === null) return null;
  // Runners are used again: one that lives may be at another job by now.
  const entries = await new JournalReader(join(folder, "journal.jsonl")).read();
  return entries.some(({ body }) => isEnd(body)) ? null : { pid: claim.pid, alive: isAlive(claim) };
}

/** The same where its process lives. */
export async function livingClaim(folder: string): Promise<FoundClaim | null> {
  const claim = await openClaim(folder);
  return claim?.alive === true ? claim : null;
}
