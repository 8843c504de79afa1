import type { Effect } from "../../domain/effect.ts";
import type { Statements } from "./statements.ts";

/** What was asked for and is not answered yet. */
export class PendingEffects {
  private readonly sql: Statements;
  /** Null until it was looked for: only the one who may write may count on. */
  private lastSeq: number | null = null;

  constructor(sql: Statements) {
    this.sql = sql;
  }

  /** Oldest first. */
  all(): Effect[] {
    return this.sql.rows<Effect>("SELECT row FROM effect ORDER BY seq");
  }

  /** Only inside a transaction. False where it is pending already. */
  add(effect: Effect): boolean {
    this.lastSeq ??= this.readLastSeq();
    const seq = ++this.lastSeq;
    return this.sql.exec("INSERT OR IGNORE INTO effect VALUES (?, ?, ?)", effect.id, seq, JSON.stringify(effect)) > 0;
  }

  /** Only inside a transaction. False where it is not pending, or no more. */
  close(id: string): boolean {
    return this.sql.exec("DELETE FROM effect WHERE id = ?", id) > 0;
  }

  private readLastSeq(): number {
    return this.sql.all<{ last: number | null }>("SELECT max(seq) AS last FROM effect")[0]?.last ?? 0;
  }
}
