import type { Event, EventBody } from "../../domain/event.ts";
import type { RunId } from "../../domain/run.ts";
import { givenLimit, type Statements } from "./statements.ts";

interface Columns {
  readonly seq: number;
  readonly at: number;
  readonly run: RunId;
  readonly task: string | null;
  readonly body: string;
}

/** What happened in runs. Numbers only grow, over all of them, so that who follows can say how far it has read. */
export class EventLog {
  private readonly sql: Statements;
  /** Null until it was looked for: only the one who may write may count on. */
  private lastSeq: number | null = null;

  constructor(sql: Statements) {
    this.sql = sql;
  }

  /** Only inside a transaction. */
  append(at: number, run: RunId, task: string | null, body: EventBody): Event {
    this.lastSeq ??= readLastSeq(this.sql);
    const seq = ++this.lastSeq;
    this.sql.exec("INSERT INTO event VALUES (?, ?, ?, ?, ?)", run, seq, at, task, JSON.stringify(body));
    return { seq, at, run, task, body };
  }

  /** Those of a run above a number, in order, at most `limit`. */
  read(run: RunId, after: number, limit: number): Event[] {
    const sql = "SELECT seq, at, run, task, body FROM event WHERE run = ? AND seq > ? ORDER BY seq " + givenLimit;
    return this.sql.all<Columns>(sql, run, after, limit).map(({ body, ...rest }) => ({
      ...rest,
      body: JSON.parse(body) as EventBody,
    }));
  }
}

/** Only inside a transaction. No other event will have their numbers. */
export function forgetEvents(sql: Statements, run: RunId): void {
  sql.exec("UPDATE owner SET forgotten_seq = max(forgotten_seq, ?)", readLastSeq(sql));
  sql.exec("DELETE FROM event WHERE run = ?", run);
}

function readLastSeq(sql: Statements): number {
  const ofRuns = "SELECT (SELECT max(seq) FROM event WHERE event.run = run.id) AS last FROM run";
  const query = `SELECT max(last) AS last FROM (${ofRuns} UNION ALL SELECT forgotten_seq FROM owner)`;
  return sql.all<{ last: number | null }>(query)[0]?.last ?? 0;
}
