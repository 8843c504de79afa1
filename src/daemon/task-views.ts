import type { TaskView } from "../api/views.ts";
import { isLive } from "../domain/attempt-state.ts";
import { whyBlocked, whyPassedOver } from "../domain/blocking.ts";
import type { AttemptRow, InWay, TaskRow } from "../domain/rows.ts";
import { stageOf, type TaskState } from "../domain/task-state.ts";

export interface Lookups {
  /** The state of a task that one of them needs. */
  readonly stateOf: (id: string) => TaskState | undefined;
  /** What keeps others of the run from starting, and what is queued first. */
  readonly way: Way;
  /** The newest attempt of one that is under way. */
  readonly attemptOf: (task: TaskRow) => AttemptRow | null;
}

export interface Way {
  readonly inWay: readonly InWay[];
  readonly next: InWay | null;
}

/** Tasks as they are told. */
export function taskViews(rows: readonly TaskRow[], { stateOf, attemptOf, way }: Lookups): readonly TaskView[] {
  return rows.map((row) => {
    const { id, planned, state, attempts, spentUsd, startedAt, endedAt } = row;
    const { title, priority, dependsOn } = planned;
    const passedOver = state.status === "queued" ? whyPassedOver(row, way.inWay, way.next) : null;
    const blockedBy = state.status === "blocked" ? whyBlocked(planned, state.by, stateOf) : passedOver;
    const attempt = stageOf(state) === null ? null : attemptOf(row);
    const assigned = attempt === null ? null : { agent: attempt.agent, why: attempt.why };
    // What it has ended with goes its own way.
    const live = attempt !== null && isLive(attempt.state) ? attempt : null;
    const now = { state, blockedBy, assigned, foreseen: live?.foreseen ?? null, asks: live?.asks ?? [] };
    return { id, title, priority, dependsOn, ...now, attempts, spentUsd, startedAt, endedAt };
  });
}
