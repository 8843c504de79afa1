import type { TaskRow } from "../../src/domain/rows.ts";
import type { RunId, RunRow } from "../../src/domain/run.ts";
import { newTask } from "../../src/domain/new-task.ts";

/** A run of an agent that is never started. */
export function runRow(id: RunId, checkout: string): RunRow {
  const limits = { firstOutputMs: 1, silenceMs: 1, totalMs: 1 };
  const agents = [{ name: "a", driver: "command", command: ["x"], env: [], limits }] as const;
  const settings = {
    workers: 4,
    maxAttempts: 3,
    sync: "none",
    gate: null,
    agents,
    defaultAgent: "a",
    sources: [],
  } as const;
  const place = { repository: checkout, checkout, target: "main" };
  return { id, ...place, state: { status: "active" }, settings, createdAt: 0 };
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
    const id = `t${order}`;
    const text = { title: `Task ${order}`, description: "", phase: null, section: null };
    const lists = { files: [], acceptance: [], subtasks: [], dependsOn };
    return newTask(run.id, { id, ...text, ...lists, priority: "medium", agent: null, box: null }, order);
  });
}
