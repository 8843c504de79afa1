import { z } from "zod";
import { readIssueLines, writeIssueLines } from "./issue-lines.ts";

const plan = z.object({
  seed: z.string().catch(""),
  status: z.enum(["draft", "approved", "active", "done"]).catch("draft"),
  children: z.array(z.string()).catch([]),
});
type SeedsPlan = z.infer<typeof plan>;

/** Plans of `sd`, as far as they say what of an issue may be begun. */
export interface PlanLines {
  readonly isApproved: (seed: string) => boolean;
}

export async function readPlanLines(file: string): Promise<PlanLines> {
  const lines = await readIssueLines(file);
  const plans = [...(lines?.issues.values() ?? [])].map(({ value }) => plan.parse(value));
  return { isApproved: (seed) => plans.some((one) => one.seed === seed && one.status !== "draft") };
}

/**
 * A plan's status follows those of its children, as in `sd`: `active` as soon as one is in progress, `done` when all are
 * closed, `active` again when one is opened. Read at once, so that nothing is written where it cannot be; what it gives
 * writes. The caller holds the locks.
 */
export async function plansMoved(
  file: string,
  changed: string,
  statusOf: (id: string) => string | null,
  updatedAt: string,
): Promise<() => Promise<void>> {
  const lines = await readIssueLines(file);
  const moved = new Map<string, Readonly<Record<string, unknown>>>();
  for (const { id, value } of lines?.issues.values() ?? []) {
    const before = plan.parse(value);
    if (!before.children.includes(changed)) continue;
    const status = nextStatus(before, statusOf);
    if (status !== before.status) moved.set(id, { ...value, status, updatedAt });
  }
  return async () => {
    if (lines !== null && moved.size > 0) await writeIssueLines(file, lines, moved);
  };
}

function nextStatus({ status, children }: SeedsPlan, statusOf: (id: string) => string | null): SeedsPlan["status"] {
  const states = children.map(statusOf).filter((one) => one !== null);
  if (status === "draft" || states.length === 0) return status;
  if (states.every((one) => one === "closed")) return "done";
  if (status === "active" || status === "done") return "active";
  return states.includes("in_progress") ? "active" : "approved";
}
