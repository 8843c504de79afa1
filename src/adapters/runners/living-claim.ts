import { join } from "node:path";
import { isEnd } from "../../domain/job.ts";
import { parseJsonObject } from "../../std/json-lines.ts";
import { readIfThere } from "../files/read-if-there.ts";
import { isSameProcess } from "../process/process-table.ts";
import { claimName } from "./claim.ts";
import { JournalReader } from "./journal-reader.ts";

export interface FoundClaim {
  /** 0 where the claim does not say. */
  readonly pid: number;
  readonly alive: boolean;
}

/** Who claimed a job that is not over; null where nobody did, or it is. */
export async function openClaim(folder: string): Promise<FoundClaim | null> {
  const content = await readIfThere(join(folder, claimName));
  if (content === null) return null;
  // Runners are used again: one that lives may be at another job by now.
  const entries = await new JournalReader(join(folder, "journal.jsonl")).read();
  if (entries.some(({ body }) => isEnd(body))) return null;
  const { pid, startTime } = parseJsonObject(content) ?? {};
  const number = typeof pid === "number" ? pid : 0;
  return { pid: number, alive: number > 0 && isSameProcess(number, typeof startTime === "string" ? startTime : null) };
}

/** The same where its process lives. */
export async function livingClaim(folder: string): Promise<FoundClaim | null> {
  const claim = await openClaim(folder);
  return claim?.alive === true ? claim : null;
}
