import type { TaskRow } from "../rows.ts";
import type { BlockReason, TaskState } from "../task-state.ts";
import { isOver } from "../task-state.ts";
import type { Draft } from "./draft.ts";

/** What names a task that will not land by itself says so. Those further down wait for them as before. */
export function blockDependants(draft: Draft, task: string): void {
  for (const dependant of draft.dependants) {
    if (waitsFor(dependant.state)?.reason !== "dependency") continue;
    const by = { reason: "dependency-failed", task, because: fateOf(draft.task(task).state) } as const;
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
      draft.putTask({ ...dependant, unmet });
      waitAgain(draft, draft.task(dependant.id), task);
    } else {
      draft.moveTask(dependant.id, { type: "unblocked" }, { unmet });
      draft.emit(dependant.id, { type: "task.queued" });
    }
  }
}

/** What had been given up because of this task only waits again. */
export function waitAgain(draft: Draft, dependant: TaskRow, task: string): void {
  const by = waitsFor(dependant.state);
  if (by?.reason !== "dependency-failed" || by.task !== task) return;
  draft.moveTask(dependant.id, { type: "blocked", by: { reason: "dependency" } });
  draft.emit(dependant.id, { type: "task.blocked", by: { reason: "dependency" } });
}

/** Why a task is blocked, also below a pause; null where it is not. */
function waitsFor(state: TaskState): BlockReason | null {
  if (state.status === "paused") return waitsFor(state.was);
  return state.status === "blocked" ? state.by : null;
}

function fateOf(state: TaskState): "failed" | "cancelled" | "held" {
  return state.status === "failed" || state.status === "cancelled" ? state.status : "held";
}
