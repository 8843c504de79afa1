import { collide } from "./collisions/shares.ts";
import type { PlannedTask } from "./plan.ts";
import type { InWay, TaskRow } from "./rows.ts";
import type { BlockReason, TaskState, WaitReason } from "./task-state.ts";

/** Why a blocked task does not go on: the first of those it needs that will not land by itself says more than that it waits. */
export function whyBlocked(
  { dependsOn }: Pick<PlannedTask, "dependsOn">,
  by: WaitReason,
  stateOf: (id: string) => TaskState | undefined,
): BlockReason {
  if (by.reason !== "dependency") return by;
  for (const task of dependsOn) {
    const because = fateOf(stateOf(task));
    if (because !== null) return { reason: "dependency-failed", task, because };
  }
  return by;
}

/** What a queued task has to wait for: a task that collides with it, and is at work or the next to be. Null where it may start. */
export function whyPassedOver(
  { id, shares = [] }: Pick<TaskRow, "id" | "shares">,
  inWay: readonly InWay[],
  next: InWay | null,
): BlockReason | null {
  if (shares.length === 0) return null;
  const before = inWay.find((other) => collide(shares, other.shares)) ?? nextInWay(inWay, next);
  if (before === null || before.task === id || !collide(shares, before.shares)) return null;
  return { reason: "collision", task: before.task };
}

/** What is first waits itself, and is not passed over by what would keep it waiting. */
function nextInWay(inWay: readonly InWay[], next: InWay | null): InWay | null {
  return next !== null && inWay.some(({ shares }) => collide(next.shares, shares)) ? next : null;
}

/** Null for a task that has landed, or still may without anybody's doing. */
export function fateOf(state: TaskState | undefined): "failed" | "cancelled" | "held" | "budget" | null {
  if (state?.status === "failed" || state?.status === "cancelled") return state.status;
  if (state?.status !== "blocked") return null;
  return state.by.reason === "held" || state.by.reason === "budget" ? state.by.reason : null;
}
