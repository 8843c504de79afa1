import type { RunRow } from "../../src/domain/run.ts";
import type { TaskRow } from "../../src/domain/rows.ts";
import { firstOf, type Facts } from "./facts.ts";

/** What a person said to a task is there once, and was taken up only by an agent that can be told. */
export function saidOnce({ runs, tasks, attempts }: Facts): string | null {
  return firstOf(tasks, (task) => {
    const { messages = [] } = task;
    const ids = messages.map(({ id }) => id);
    if (new Set(ids).size < ids.length) return `${task.run}/${task.id} was told something twice`;
    return firstOf(messages, ({ id, after, takenUp }) => {
      if (after > task.attempts) return `message ${id} to ${task.run}/${task.id} is of a time to come`;
      const attempt = attempts.find(
        ({ run, task: of, number }) => run === task.run && of === task.id && number === after,
      );
      if (!takenUp || canBeTold(runs, task, attempt?.agent)) return null;
      return `message ${id} to ${task.run}/${task.id} was taken up by nobody who can be told`;
    });
  });
}

function canBeTold(runs: readonly RunRow[], { run: id }: TaskRow, agent: string | undefined): boolean {
  const run = runs.find((row) => row.id === id);
  return run?.settings.agents.some(({ name, converses }) => name === agent && converses === true) === true;
}
