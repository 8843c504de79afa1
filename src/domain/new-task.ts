import type { PlannedTask } from "./plan.ts";
import type { TaskRow } from "./rows.ts";
import type { RunId } from "./run.ts";
import { waitingState } from "./task-state.ts";

/** The row of a task as a run begins with it. */
export function newTask(run: RunId, planned: PlannedTask, order: number, shares: readonly number[] = []): TaskRow {
  const unmet = new Set(planned.dependsOn).size;
  return {
    run,
    id: planned.id,
    order,
    planned,
    ...(shares.length === 0 ? {} : { shares }),
    state: waitingState(unmet),
    unmet,
    attempts: 0,
    failures: [],
    forgiven: 0,
    spentUsd: 0,
    resumable: null,
    startedAt: null,
    endedAt: null,
  };
}
