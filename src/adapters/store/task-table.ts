import { priorityRank } from "../../domain/plan.ts";
import type { TaskRow } from "../../domain/rows.ts";
import type { RunId } from "../../domain/run.ts";
import { isInWay } from "../../domain/task-state.ts";
import type { Statements } from "./statements.ts";

/** Writes tasks, and what others find them by. Only inside a transaction. */
export class TaskTable {
  private readonly sql: Statements;

  constructor(sql: Statements) {
    this.sql = sql;
  }

  /**
   * `before` is the row that it takes the place of, where that is known to be there: what is set is written with its indexes,
   * also to what it was.
   */
  put(task: TaskRow, before: TaskRow | undefined): void {
    const { run, id } = task;
    const json = JSON.stringify(task);
    if (before === undefined) return this.putUnknown(task, json);
    if (!same(settledColumns(task), settledColumns(before))) return this.update(task, json);
    const moved = movedColumns(task);
    if (same(moved, movedColumns(before))) {
      this.sql.exec("UPDATE task SET row = ? WHERE run = ? AND id = ?", json, run, id);
      return;
    }
    const sql = "UPDATE task SET row = ?, status = ?, not_before = ?, in_way = ? WHERE run = ? AND id = ?";
    this.sql.exec(sql, json, ...moved, run, id);
  }

  /** A share is not found by its task: those of all tasks of the run are forgotten. */
  forgetShares(run: RunId): void {
    this.sql.exec("DELETE FROM share WHERE run = ?", run);
  }

  putShares({ run, id, shares = [] }: TaskRow): void {
    for (const number of shares) this.sql.exec("INSERT OR IGNORE INTO share VALUES (?, ?, ?)", run, number, id);
  }

  /** It needs others than before. */
  rewire(task: TaskRow): void {
    this.sql.exec("DELETE FROM dependency WHERE run = ? AND task = ?", task.run, task.id);
    this.putNeeds(task);
  }

  private putUnknown(task: TaskRow, json: string): void {
    const sql =
      "INSERT INTO task (run, id, row, status, not_before, in_way, ord, rank, title) " +
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (run, id) DO NOTHING";
    const columns = [...movedColumns(task), ...settledColumns(task)] as const;
    if (this.sql.exec(sql, task.run, task.id, json, ...columns) === 0) return this.update(task, json);
    this.putNeeds(task);
    this.putShares(task);
  }

  private update(task: TaskRow, json: string): void {
    const sql =
      "UPDATE task SET row = ?, status = ?, not_before = ?, in_way = ?, ord = ?, rank = ?, title = ? " +
      "WHERE run = ? AND id = ?";
    this.sql.exec(sql, json, ...movedColumns(task), ...settledColumns(task), task.run, task.id);
  }

  private putNeeds({ run, id, planned }: TaskRow): void {
    for (const need of planned.dependsOn)
      this.sql.exec("INSERT OR IGNORE INTO dependency VALUES (?, ?, ?)", run, need, id);
  }
}

/** What its state tells. */
function movedColumns({ state, shares }: TaskRow): readonly [string, number | null, string | null] {
  return [state.status, notBeforeOf(state), shares !== undefined && isInWay(state) ? JSON.stringify(shares) : null];
}

/** What its plan tells. */
function settledColumns({ order, planned }: TaskRow): readonly [number, number, string] {
  return [order, priorityRank(planned.priority), planned.title];
}

/** Of a blocked task the column only tells those that wait for an agent from the others: their index is by it. */
function notBeforeOf(state: TaskRow["state"]): number | null {
  if (state.status === "queued") return state.notBefore;
  return state.status === "blocked" && state.by.reason === "agent" ? 0 : null;
}

function same(one: readonly unknown[], other: readonly unknown[]): boolean {
  return one.every((value, index) => value === other[index]);
}
