import type { BudgetView } from "../api/views.ts";
import { capReached, dayOf, startOfDay } from "../domain/budget.ts";
import type { SqliteStore } from "../adapters/store/sqlite-store.ts";
import { findRun } from "./ids.ts";

const mostRuns = 100;

interface Today {
  readonly now: number;
  /** For plans that became no run. */
  readonly plansUsd: number;
}

/** What was spent by the run that is named, else by those that are not finished, else by the newest. */
export function budgetView(store: SqliteStore, id: string | undefined, { now, plansUsd }: Today): BudgetView {
  const open = id === undefined ? store.openRuns(mostRuns) : [findRun(store, id)];
  const runs = open.length > 0 ? open : store.runs(1);
  const day = dayOf(now);
  const spentUsd = store.spentOn(day);
  return {
    version: 1,
    day: { start: startOfDay(day), spentUsd, plansUsd },
    runs: runs.map((run) => ({
      id: run.id,
      status: run.state.status,
      spentUsd: run.spentUsd,
      budget: run.settings.budget,
    })),
    reached: runs.flatMap((run) => {
      const cap = capReached(run.settings.budget, { run: run.spentUsd, day: spentUsd });
      return cap === null ? [] : [{ run: run.id, cap }];
    }),
  };
}
