import { newTask } from "../../src/domain/new-task.ts";
import type { TaskRow } from "../../src/domain/rows.ts";
import type { RunId, RunRow } from "../../src/domain/run.ts";
import { aRun, aTask, someSettings } from "../../test/rig/rows.ts";

/** A run of an agent that is never started. */
export function runRow(id: RunId, checkout: string): RunRow {
  const settings = someSettings({ workers: 4, maxAttempts: 3 });
  return aRun({ id, repository: checkout, checkout, settings });
}

/** So many tasks need nothing; every other one needs some of the hundred before its own. */
const ready = 2_000;

export function taskRows(run: RunRow, count: number, needsOfEach: number): TaskRow[] {
  return Array.from({ length: count }, (_, order) => {
    const layer = Math.floor(order / 100);
    const dependsOn =
      order < ready
        ? []
        : Array.from({ length: needsOfEach }, (_each, n) => `t${(layer - 1) * 100 + ((order + n * 7) % 100)}`);
    return newTask(run.id, aTask({ id: `t${order}`, title: `Task ${order}`, dependsOn }), order);
  });
}
