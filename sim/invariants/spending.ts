import { isLive } from "../../src/domain/attempt-state.ts";
import { capReached, usd } from "../../src/domain/budget.ts";
import type { AttemptRow } from "../../src/domain/rows.ts";
import type { RunRow } from "../../src/domain/run.ts";
import { isOver } from "../../src/domain/task-state.ts";
import { groupBy } from "../../src/std/multi-map.ts";
import { firstOf, taskKey, type Facts } from "./facts.ts";

function sumOf(attempts: readonly AttemptRow[]): number {
  return usd(attempts.reduce((sum, { spend }) => sum + (spend.amountUsd ?? 0), 0));
}

function verifyingOf({ verifying }: RunRow): number {
  return usd((verifying?.reported ?? 0) + (verifying?.priced ?? 0) + (verifying?.estimate ?? 0));
}

function planningOf({ planning }: RunRow): number {
  return planning?.amountUsd ?? 0;
}

/** What runs and tasks say they spent is what their attempts did, and what their gates cost; nothing of that counts twice. */
export function spendingAddsUp({ runs, tasks, attempts, verified }: Facts): string | null {
  const ofRun = groupBy(attempts, ({ run }) => run);
  const ofTask = groupBy(attempts, taskKey);
  return (
    firstOf(runs, (run) => {
      const gates = verifyingOf(run);
      if (gates > (verified.get(run.id) ?? 0) + 1e-6) return `${run.id} is charged more than its gates cost`;
      return wrongSum(run.id, run.spentUsd, sumOf(ofRun.get(run.id) ?? []) + gates + planningOf(run));
    }) ??
    firstOf(tasks, ({ run, id, spentUsd }) => {
      const key = taskKey({ run, task: id });
      return wrongSum(key, spentUsd, sumOf(ofTask.get(key) ?? []));
    })
  );
}

function wrongSum(what: string, told: number, is: number): string | null {
  return Math.abs(told - is) < 1e-6 ? null : `${what} says it spent ${told}, and its attempts ${is}`;
}

/** A cap that is reached stops all it is about: nothing of it goes on but by one more report. */
export function capsHold({ runs, tasks, attempts, effects }: Facts): string | null {
  const taskOf = new Map(tasks.map((task) => [taskKey({ run: task.run, task: task.id }), task]));
  const stopping = new Set(effects.flatMap((effect) => (effect.kind === "stop-attempt" ? [effect.attempt] : [])));
  const runOf = new Map(runs.map((run) => [run.id, run]));
  return firstOf(attempts, (attempt) => {
    if (!isLive(attempt.state) || attempt.stopping !== null || stopping.has(attempt.id)) return null;
    const [run, task] = [runOf.get(attempt.run), taskOf.get(taskKey(attempt))];
    // Whoever cancelled it, or interrupted its run, has stopped it before.
    if (run === undefined || task === undefined || isOver(task.state) || run.state.status === "interrupted")
      return null;
    const spent = { attempt: attempt.spend.amountUsd ?? 0, task: task.spentUsd, run: run.spentUsd };
    const cap = capReached(run.settings.budget, spent);
    return cap === null
      ? null
      : `${attempt.id} goes on, though the cap of ${cap.capUsd} for its ${cap.scope} is reached`;
  });
}

/** A cap keeps anything of the run from being started. Of the day it is only known that it may. */
export function isBroke(run: RunRow, { attempts, runs }: Pick<Facts, "attempts" | "runs">): boolean {
  const day = usd(runs.reduce((sum, one) => sum + verifyingOf(one) + planningOf(one), sumOf(attempts)));
  return capReached(run.settings.budget, { run: run.spentUsd, day }) !== null;
}
