import type { TaskView } from "../api/views.ts";
import { whyBlocked } from "../domain/blocking.ts";
import type { TaskRow } from "../domain/rows.ts";
import type { TaskState } from "../domain/task-state.ts";

/** Tasks as they are told; `stateOf` gives the state of a task that one of them needs. */
export function taskViews(
  rows: readonly TaskRow[],
  stateOf: (id: string) => TaskState | undefined,
): readonly TaskView[] {
  return rows.map(({ id, planned, state, attempts, startedAt, endedAt }) => {
    const { title, priority, dependsOn } = planned;
    const blockedBy = state.status === "blocked" ? whyBlocked(planned, state.by, stateOf) : null;
    return { id, title, priority, dependsOn, state, blockedBy, attempts, startedAt, endedAt };
  });
}
