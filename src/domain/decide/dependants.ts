import { fateOf } from "../blocking.ts";
import { isOver, type TaskState } from "../task-state.ts";
import type { Draft } from "./draft.ts";

/** Those that need a task which will not land by itself are told so. They wait as before: a person may try it again. */
export function tellDependants(draft: Draft, task: string): void {
  const because = fateOf(draft.task(task).state);
  if (because === null) return;
  for (const { id, state } of draft.dependants) {
    if (waits(state)) draft.emit(id, { type: "task.blocked", by: { reason: "dependency-failed", task, because } });
  }
}

function waits(state: TaskState): boolean {
  return state.status === "paused" ? waits(state.was) : state.status === "blocked" && state.by.reason === "dependency";
}

/** `commit`: where it landed; null where nothing was to land. */
export function completeTask(draft: Draft, task: string, commit: string | null): void {
  draft.moveTask(task, { type: "landed", commit }, { endedAt: draft.now });
  draft.emit(task, { type: "task.completed", commit });
  releaseDependants(draft);
}

/** A need that was met is not met any more: who has not begun waits for it again. */
export function needAgain(draft: Draft): void {
  for (const dependant of draft.dependants) {
    draft.putTask({ ...dependant, unmet: dependant.unmet + 1 });
    const { state } = dependant;
    const ready = state.status === "paused" ? state.was.status === "queued" : state.status === "queued";
    if (!ready) continue;
    draft.moveTask(dependant.id, { type: "blocked", by: { reason: "dependency" } });
    draft.emit(dependant.id, { type: "task.blocked", by: { reason: "dependency" } });
  }
}

/** A landed task is one need less for those that wait for it; with none left they are ready. */
function releaseDependants(draft: Draft): void {
  for (const dependant of draft.dependants) {
    const unmet = dependant.unmet - 1;
    // One that was cancelled meanwhile stays so, and one that had begun before its need was taken back goes on.
    if (unmet > 0 || isOver(dependant.state) || !waits(dependant.state)) {
      draft.putTask({ ...dependant, unmet });
    } else {
      draft.moveTask(dependant.id, { type: "unblocked" }, { unmet });
      draft.emit(dependant.id, { type: "task.queued" });
    }
  }
}
