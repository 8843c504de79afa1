import { join } from "node:path";
import { openDatabase } from "../../src/adapters/store/open-database.ts";
import { SqliteStore } from "../../src/adapters/store/sqlite-store.ts";
import type { TaskRow } from "../../src/domain/rows.ts";
import { attemptId, makeRunId, type RunRow } from "../../src/domain/run.ts";
import { emptyDecision } from "../../src/domain/decide/draft.ts";
import { runRow, taskRows } from "./rows.ts";

/** Fills a home's store with finished runs, and with one that goes on where `active` tasks are asked for. */
async function main(home: string, checkout: string, numbers: readonly number[]): Promise<void> {
  const [runs = 1, tasksOfEach = 1, active = 0] = numbers;
  const store = new SqliteStore(await openDatabase(join(home, "store.db")));
  for (let number = 0; number < runs; number++) {
    const id = makeRunId(number * 1_000, number.toString(16).padStart(8, "0"));
    const run: RunRow = {
      ...runRow(id, checkout),
      createdAt: number * 1_000,
      state: { status: "finished", at: number },
    };
    put(
      store,
      run,
      taskRows(run, tasksOfEach, 0).map((task) => over(task)),
    );
  }
  if (active > 0) {
    const run = { ...runRow(makeRunId(Date.now(), "ffffffff"), checkout), createdAt: Date.now() };
    put(store, run, taskRows(run, active, 0));
  }
  store.close();
}

function over(task: TaskRow): TaskRow {
  const commit = attemptId(task.run, task.id, 1);
  return { ...task, state: { status: "completed", commit }, unmet: 0, attempts: 1, startedAt: 1, endedAt: 2 };
}

function put(store: SqliteStore, run: RunRow, tasks: readonly TaskRow[]): void {
  store.transaction(() => store.apply({ ...emptyDecision, runs: [run], tasks }, 1));
}

const [home = ".", checkout = ".", ...numbers] = process.argv.slice(2);
main(home, checkout, numbers.map(Number)).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
