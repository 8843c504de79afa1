import type { PlannedTask } from "./plan.ts";
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

/** Null for a task that has landed, or still may without anybody's doing. */
export function fateOf(state: TaskState | undefined): "failed" | "cancelled" | "held" | "budget" | null {
  if (state?.status === "failed" || state?.status === "cancelled") return state.status;
  if (state?.status !== "blocked") return null;
  return state.by.reason === "held" || state.by.reason === "budget" ? state.by.reason : null;
}
