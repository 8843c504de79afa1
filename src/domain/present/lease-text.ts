import type { LeaseUse } from "../lease.ts";

/** Who has a lease, in a line. */
export function leaseHolderText({ run, task, attempt, agent, what, pid }: LeaseUse & { readonly pid: number }): string {
  if (run === null) return `process ${pid}: ${what}`;
  if (task === null) return `${what} of run ${run} (process ${pid})`;
  return `${run}/${task}-${attempt ?? 1}${agent === null ? "" : ` (${agent})`}`;
}
