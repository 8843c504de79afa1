import { isLive } from "../../src/domain/attempt-state.ts";
import { priorityRank } from "../../src/domain/plan.ts";
import type { TaskRow } from "../../src/domain/rows.ts";
import { isOver, type TaskState } from "../../src/domain/task-state.ts";
import { groupBy } from "../../src/std/multi-map.ts";
import { firstOf, taskKey, type Facts } from "./facts.ts";

/** Of tasks that may change the same files one at a time has an agent. One that was cancelled is being ended. */
export function apart({ tasks, attempts }: Facts): string | null {
  const byKey = new Map(tasks.map((task) => [taskKey({ run: task.run, task: task.id }), task]));
  const worked = attempts.flatMap((attempt) => {
    const task = byKey.get(taskKey(attempt));
    return task !== undefined && isLive(attempt.state) && !isOver(task.state) ? [task] : [];
  });
  return firstOf([...groupBy(worked, ({ run }) => run)], ([run, all]) =>
    firstOf(all, (one) => {
      const other = all.find((each) => each !== one && collides(one, each));
      return other === undefined ? null : `${run}: ${one.id} and ${other.id} collide, and both are worked on`;
    }),
  );
}

/** Of some queued tasks those that neither those at work nor the first that has to wait for them keep from starting. */
export function mayStart(queued: readonly TaskRow[], all: readonly TaskRow[]): TaskRow[] {
  const atWork = all.filter(({ state }) => isOnItsWay(state));
  const waits = (task: TaskRow): boolean => atWork.some((other) => collides(task, other));
  const first = queued.toSorted((a, b) => rankOf(a) - rankOf(b) || a.order - b.order).find(waits);
  return queued.filter((task) => !waits(task) && (first === undefined || !collides(task, first)));
}

function rankOf({ planned }: TaskRow): number {
  return priorityRank(planned.priority);
}

function collides({ shares: a = [] }: TaskRow, { shares: b = [] }: TaskRow): boolean {
  return a.some((number) => b.some((other) => other === -number || (other === number && number > 0)));
}

/** It has an attempt, or a change that may still land by itself. */
export function isOnItsWay(state: TaskState): boolean {
  if (state.status === "paused") return isOnItsWay(state.was);
  return state.status === "running" && state.stage !== "validating";
}
