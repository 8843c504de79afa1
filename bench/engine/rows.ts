import { newTask } from "../../src/domain/new-task.ts";
import type { TaskRow } from "../../src/domain/rows.ts";
import type { RunId, RunRow } from "../../src/domain/run.ts";
import { aRun, aTask, someSettings } from "../../test/rig/rows.ts";

/** A run of an agent that is never started. */
export function runRow(id: RunId, checkout: string): RunRow {
  const settings = someSettings({ workers: 4, maxAttempts: 3 });
  return aRun({ id, repository: checkout, checkout, settings });
}

/** So many tasks need nothing: more than are ever claimed. */
const ready = 12_000;

/** Those behind have `dependencies` among them, each on some of the hundred before its own. */
export function taskRows(run: RunRow, count: number, dependencies: number): TaskRow[] {
  const upTo = (order: number): number => Math.floor((Math.max(0, order - ready) * dependencies) / (count - ready));
  return Array.from({ length: count }, (_, order) => {
    const first = (Math.floor(order / 100) - 1) * 100;
    const needed = order < ready ? 0 : upTo(order + 1) - upTo(order);
    const dependsOn = Array.from({ length: needed }, (_each, n) => `t${first + ((order + n * 7) % 100)}`);
    return newTask(run.id, aTask({ id: `t${order}`, title: `Task ${order}`, dependsOn }), order);
  });
}
