import type { TaskRow } from "../rows.ts";
import { isOver } from "../task-state.ts";
import type { Draft } from "./draft.ts";

/** What names a task that will not land by itself says so. Those further down wait for them as before. */
export function blockDependants(draft: Draft, task: string): void {
  // What is held may still land; what has failed says more, and stays when the held one has landed.
  const forGood = isOver(draft.task(task).state);
  for (const dependant of draft.dependants) {
    if (dependant.state.status !== "blocked") continue;
    const { reason } = dependant.state.by;
    if (reason !== "dependency" && !(forGood && reason === "dependency-failed")) continue;
    const by = { reason: "dependency-failed", task } as const;
    draft.moveTask(dependant.id, { type: "blocked", by });
    draft.emit(dependant.id, { type: "task.blocked", by });
  }
}

/** A landed task is one need less for those that wait for it; with none left they are ready. */
export function releaseDependants(draft: Draft, task: string): void {
  for (const dependant of draft.dependants) {
    const unmet = dependant.unmet - 1;
    // One that was cancelled meanwhile stays so.
    if (unmet > 0 || isOver(dependant.state)) {
      draft.putTask(waitingAgain({ ...dependant, unmet }, task));
    } else {
      draft.moveTask(dependant.id, { type: "unblocked" }, { unmet });
      draft.emit(dependant.id, { type: "task.queued" });
    }
  }
}

/** What had been given up because of this task only waits again. */
function waitingAgain(dependant: TaskRow, task: string): TaskRow {
  const { state } = dependant;
  const gaveUp = state.status === "blocked" && state.by.reason === "dependency-failed" && state.by.task === task;
  return gaveUp ? { ...dependant, state: { status: "blocked", by: { reason: "dependency" } } } : dependant;
}
