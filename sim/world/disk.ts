import type { DatabaseSyncInstance, StatementSyncInstance } from "@photostructure/sqlite";
import type { Life } from "./life.ts";

/** Where in a transaction the disk fails. After the commit means: it is durable, but the process was told otherwise. */
export type DiskFault = "begin" | "write" | "before commit" | "after commit";

/** An injected failure of the disk; anything else that is thrown is a bug. */
export class DiskError extends Error {
  override readonly name = "DiskError";
}

/** The disk below the store, which outlives every process that uses it. */
export class Disk {
  /** Of the next transaction. */
  fault: DiskFault | null = null;
  /** Transactions that were committed. */
  commits = 0;
  readonly database: DatabaseSyncInstance;

  constructor(database: DatabaseSyncInstance) {
    this.database = database;
  }

  /** The database as one process has it: SQLite itself, that fails where it is told to, and is gone with the process. */
  openFor(life: Life): DatabaseSyncInstance {
    const exec = (sql: string): void => this.exec(life, sql);
    const prepare = (sql: string): StatementSyncInstance => this.writing(this.database.prepare(sql));
    return new Proxy(this.database, {
      get(target, name: keyof DatabaseSyncInstance) {
        if (name === "exec") return exec;
        if (name === "prepare") return prepare;
        return target[name];
      },
    });
  }

  private exec(life: Life, sql: string): void {
    if (!life.alive) throw new DiskError("the process is gone");
    if (sql.startsWith("BEGIN")) this.failAt("begin");
    if (sql === "COMMIT") this.failAt("before commit");
    this.database.exec(sql);
    if (sql !== "COMMIT") return;
    this.commits++;
    this.failAt("after commit");
  }

  private writing(statement: StatementSyncInstance): StatementSyncInstance {
    const run: StatementSyncInstance["run"] = (...values) => {
      this.failAt("write");
      return statement.run(...values);
    };
    return new Proxy(statement, {
      get(target, name: keyof StatementSyncInstance) {
        if (name === "run") return run;
        const value = target[name];
        return typeof value === "function" ? (value as () => unknown).bind(target) : value;
      },
    });
  }

  private failAt(place: DiskFault): void {
    if (this.fault !== place) return;
    this.fault = null;
    throw new DiskError(`disk full at ${place}`);
  }
}
