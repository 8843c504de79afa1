import type { DatabaseSyncInstance, StatementSyncInstance } from "@photostructure/sqlite";

export type Value = string | number | null;

/** Ends a query for so many rows at most. SQLite's planner looks at a bare parameter, and plans anew each time one is bound. */
export const givenLimit = "LIMIT ? + 0";

/** Prepared once each; rows are kept as JSON in the column `row`. */
export class Statements {
  private readonly database: DatabaseSyncInstance;
  private readonly prepared = new Map<string, StatementSyncInstance>();

  constructor(database: DatabaseSyncInstance) {
    this.database = database;
  }

  rows<T>(sql: string, ...values: Value[]): T[] {
    return this.all<{ row: string }>(sql, ...values).map(({ row }) => JSON.parse(row) as T);
  }

  firstRow<T>(sql: string, ...values: Value[]): T | null {
    const found = this.prepare(sql).get(...values) as { row: string } | undefined;
    return found === undefined ? null : (JSON.parse(found.row) as T);
  }

  all<T>(sql: string, ...values: Value[]): T[] {
    return this.prepare(sql).all(...values) as T[];
  }

  /** Returns how many rows changed. */
  exec(sql: string, ...values: Value[]): number {
    return this.prepare(sql).run(...values).changes;
  }

  clear(): void {
    this.prepared.clear();
  }

  private prepare(sql: string): StatementSyncInstance {
    let statement = this.prepared.get(sql);
    if (statement === undefined) {
      statement = this.database.prepare(sql);
      this.prepared.set(sql, statement);
    }
    return statement;
  }
}
