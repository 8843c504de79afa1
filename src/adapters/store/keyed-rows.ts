import type { AttemptRow, ChangeRow, TaskRow } from "../../domain/rows.ts";
import { attemptParts, type AttemptId, type RunId, type RunRow } from "../../domain/run.ts";
import type { Statements, Value } from "./statements.ts";

/** What the transaction at hand has read or put, by table and key. */
interface Seen {
  readonly runs: Map<string, RunRow>;
  readonly tasks: Map<string, TaskRow>;
  readonly attempts: Map<string, AttemptRow>;
  readonly changes: Map<string, ChangeRow>;
}

/** Rows by their keys. The decisions of one transaction look at the same few again and again: each is read from the store once. */
export class KeyedRows {
  private readonly sql: Statements;
  private seen: Seen | null = null;

  constructor(sql: Statements) {
    this.sql = sql;
  }

  /** A transaction begins: nobody else writes until `end`. */
  begin(): void {
    this.seen = { runs: new Map(), tasks: new Map(), attempts: new Map(), changes: new Map() };
  }

  /** Committed or not: what was seen in it counts no more. */
  end(): void {
    this.seen = null;
  }

  run(id: RunId): RunRow | null {
    return this.read(this.seen?.runs, id, "SELECT row FROM run WHERE id = ?", id);
  }

  task(run: RunId, id: string): TaskRow | null {
    return this.read(this.seen?.tasks, taskKey(run, id), "SELECT row FROM task WHERE run = ? AND id = ?", run, id);
  }

  attempt(id: AttemptId): AttemptRow | null {
    const { run, task, number } = attemptParts(id);
    const sql = "SELECT row FROM attempt WHERE run = ? AND task = ? AND number = ?";
    const row = this.read(this.seen?.attempts, id, sql, run, task, number);
    // A number is written in many ways, an id in one.
    return row?.id === id ? row : null;
  }

  change(id: AttemptId): ChangeRow | null {
    const { run } = attemptParts(id);
    return this.read(this.seen?.changes, id, "SELECT row FROM change WHERE run = ? AND id = ?", run, id);
  }

  sawRun(row: RunRow): void {
    this.seen?.runs.set(row.id, row);
  }

  sawTasks(rows: TaskRow[]): TaskRow[] {
    for (const row of rows) this.seen?.tasks.set(taskKey(row.run, row.id), row);
    return rows;
  }

  /** Returns the one that it takes the place of, where this transaction has seen it. */
  replaceTask(row: TaskRow): TaskRow | undefined {
    const key = taskKey(row.run, row.id);
    const before = this.seen?.tasks.get(key);
    this.seen?.tasks.set(key, row);
    return before;
  }

  sawAttempts(rows: readonly AttemptRow[]): readonly AttemptRow[] {
    for (const row of rows) this.seen?.attempts.set(row.id, row);
    return rows;
  }

  sawChange(row: ChangeRow): void {
    this.seen?.changes.set(row.id, row);
  }

  private read<T>(seen: Map<string, T> | undefined, key: string, sql: string, ...values: Value[]): T | null {
    const before = seen?.get(key);
    if (before !== undefined) return before;
    const row = this.sql.firstRow<T>(sql, ...values);
    if (row !== null) seen?.set(key, row);
    return row;
  }
}

/** Ids of runs have no space. */
function taskKey(run: RunId, id: string): string {
  return `${run} ${id}`;
}
