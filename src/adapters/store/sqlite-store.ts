import type { DatabaseSyncInstance, StatementSyncInstance } from "@photostructure/sqlite";
import { holdsSlot } from "../../domain/attempt-state.ts";
import { inLane } from "../../domain/change-state.ts";
import type { Decision } from "../../domain/decide/draft.ts";
import type { Effect } from "../../domain/effect.ts";
import type { Event, EventBody } from "../../domain/event.ts";
import type { Needs } from "../../domain/needs.ts";
import { priorityRank } from "../../domain/plan.ts";
import type { AttemptRow, ChangeRow, Slice, TaskRow, VerdictRow } from "../../domain/rows.ts";
import type { AttemptId, RunId, RunRow } from "../../domain/run.ts";
import type { TaskStatus } from "../../domain/task-state.ts";
import type { PassedCheck } from "../../domain/verdict.ts";
import type { Store } from "../../engine/ports.ts";

type Value = string | number | null;

/** The store on SQLite. What it reads back it wrote itself, in the same version: rows are trusted. */
export class SqliteStore implements Store {
  private readonly database: DatabaseSyncInstance;
  private readonly statements = new Map<string, StatementSyncInstance>();

  constructor(database: DatabaseSyncInstance) {
    this.database = database;
  }

  transaction<T>(work: () => T): T {
    this.database.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.database.exec("COMMIT");
      return result;
    } catch (error) {
      // SQLite itself rolls back where the disk is full or fails: a second time is an error that would hide the first.
      if (this.database.isTransaction) this.database.exec("ROLLBACK");
      throw error;
    }
  }

  slice(needs: Needs, now: number): Slice {
    const run = this.run(needs.run);
    const change = needs.attempt === null ? null : this.change(needs.attempt);
    const lane = run === null ? null : { repository: run.repository, target: run.target, run: run.id };
    return {
      run,
      task: needs.task === null ? null : this.task(needs.run, needs.task),
      attempt: needs.attempt === null ? null : this.attempt(needs.attempt),
      change,
      dependants: needs.dependants && needs.task !== null ? this.dependants(needs.run, needs.task) : [],
      openTasks: needs.openTasks ? this.openTasks(needs.run) : [],
      ready: run === null ? [] : this.ready(run, now),
      nextTime: this.nextTime(needs.run, now),
      live: this.rows<AttemptRow>("SELECT row FROM attempt WHERE run = ? AND live = 1", needs.run),
      statusCounts: this.statusCounts(needs.run),
      lane: lane && this.firstRow<ChangeRow>(inPlace("lane"), lane.repository, lane.target),
      nextOffered: lane && this.nextOffered(lane.repository, lane.target, lane.run),
      offeredOthers: this.offeredOthers(needs.run, change?.id ?? null),
      held: lane === null ? [] : this.held(lane.repository, lane.target, lane.run),
      verdict: needs.verdict && this.verdict(needs.verdict.tree, needs.verdict.gate),
    };
  }

  apply(decision: Decision, now: number, closes: string | null): { events: Event[]; effects: Effect[] } {
    if (closes !== null) this.exec("DELETE FROM effect WHERE id = ?", closes);
    for (const run of decision.runs) this.putRun(run);
    for (const task of decision.tasks) this.putTask(task);
    for (const attempt of decision.attempts) this.putAttempt(attempt);
    for (const change of decision.changes) this.putChange(change);
    for (const { tree, gate, checks } of decision.verdicts) {
      this.exec("INSERT OR REPLACE INTO verdict VALUES (?, ?, ?)", tree, gate, JSON.stringify(checks));
    }
    const events = decision.events.map(({ run, task, body }) => this.addEvent(now, run, task, body));
    const effects = decision.effects.filter((effect) => this.addEffect(effect));
    return { events, effects };
  }

  pendingEffects(): Effect[] {
    return this.rows<Effect>("SELECT row FROM effect ORDER BY seq");
  }

  isPending(effect: string): boolean {
    return this.statement("SELECT 1 FROM effect WHERE id = ?").get(effect) !== undefined;
  }

  run(id: RunId): RunRow | null {
    return this.firstRow<RunRow>("SELECT row FROM run WHERE id = ?", id);
  }

  runs(limit: number): RunRow[] {
    return this.rows<RunRow>("SELECT row FROM run ORDER BY created_at DESC, id DESC LIMIT ?", limit);
  }

  tasks(run: RunId): TaskRow[] {
    return this.rows<TaskRow>("SELECT row FROM task WHERE run = ? ORDER BY ord", run);
  }

  task(run: RunId, id: string): TaskRow | null {
    return this.firstRow<TaskRow>("SELECT row FROM task WHERE run = ? AND id = ?", run, id);
  }

  siblingTitles(run: RunId, task: string, limit: number): string[] {
    const sql = "SELECT title FROM task WHERE run = ? AND id <> ? ORDER BY ord LIMIT ?";
    return this.all<{ title: string }>(sql, run, task, limit).map(({ title }) => title);
  }

  attempt(id: AttemptId): AttemptRow | null {
    return this.firstRow<AttemptRow>("SELECT row FROM attempt WHERE id = ?", id);
  }

  attempts(run: RunId): AttemptRow[] {
    return this.rows<AttemptRow>("SELECT row FROM attempt WHERE run = ? ORDER BY task, number", run);
  }

  change(id: AttemptId): ChangeRow | null {
    return this.firstRow<ChangeRow>("SELECT row FROM change WHERE id = ?", id);
  }

  changes(run: RunId): ChangeRow[] {
    return this.rows<ChangeRow>("SELECT row FROM change WHERE run = ? ORDER BY offered_at, id", run);
  }

  events(run: RunId, after: number, limit: number): Event[] {
    const sql = "SELECT seq, at, run, task, body FROM event WHERE run = ? AND seq > ? ORDER BY seq LIMIT ?";
    return this.all<EventColumns>(sql, run, after, limit).map(({ body, ...rest }) => ({
      ...rest,
      body: JSON.parse(body) as EventBody,
    }));
  }

  close(): void {
    this.statements.clear();
    this.database.close();
  }

  private dependants(run: RunId, task: string): TaskRow[] {
    const sql =
      "SELECT task.row FROM dependency JOIN task ON task.run = dependency.run AND task.id = dependency.task " +
      "WHERE dependency.run = ? AND dependency.needs = ? ORDER BY task.ord";
    return this.rows<TaskRow>(sql, run, task);
  }

  private openTasks(run: RunId): TaskRow[] {
    const over = "('completed', 'failed', 'cancelled')";
    return this.rows<TaskRow>(`SELECT row FROM task WHERE run = ? AND status NOT IN ${over} ORDER BY ord`, run);
  }

  private ready(run: RunRow, now: number): TaskRow[] {
    const sql =
      "SELECT row FROM task WHERE run = ? AND status = 'queued' AND (not_before IS NULL OR not_before <= ?) " +
      "ORDER BY rank, ord LIMIT ?";
    return this.rows<TaskRow>(sql, run.id, now, run.settings.workers);
  }

  private nextTime(run: RunId, now: number): number | null {
    const sql = "SELECT min(not_before) AS time FROM task WHERE run = ? AND status = 'queued' AND not_before > ?";
    return this.all<{ time: number | null }>(sql, run, now)[0]?.time ?? null;
  }

  statusCounts(run: RunId): Record<TaskStatus, number> {
    const counts = { queued: 0, blocked: 0, running: 0, paused: 0, completed: 0, failed: 0, cancelled: 0 };
    for (const { status, count } of this.all<{ status: TaskStatus; count: number }>(
      "SELECT status, count FROM status_count WHERE run = ?",
      run,
    )) {
      counts[status] = count;
    }
    return counts;
  }

  /** Changes of runs that are not active wait, but for the run the decision is about, which may just become active. */
  private nextOffered(repository: string, target: string, run: RunId): ChangeRow | null {
    const sql =
      "SELECT change.row FROM change JOIN run ON run.id = change.run " +
      "WHERE repository = ? AND target = ? AND place = 'offered' AND place <> 'done' AND (run.status = 'active' OR run.id = ?) " +
      "ORDER BY run.status <> 'active', rank, offered_at, change.id LIMIT 1";
    return this.firstRow<ChangeRow>(sql, repository, target, run);
  }

  private offeredOthers(run: RunId, change: string | null): number {
    const sql = "SELECT count(*) AS count FROM change WHERE run = ? AND place = 'offered' AND id IS NOT ?";
    return this.all<{ count: number }>(sql, run, change)[0]?.count ?? 0;
  }

  private held(repository: string, target: string, run: RunId): ChangeRow[] {
    const sql =
      "SELECT change.row FROM change JOIN run ON run.id = change.run " +
      "WHERE repository = ? AND target = ? AND place = 'held' AND place <> 'done' AND (run.status = 'active' OR run.id = ?) " +
      "ORDER BY rank, offered_at";
    return this.rows<ChangeRow>(sql, repository, target, run);
  }

  private verdict(tree: string, gate: string): VerdictRow | null {
    const row = this.all<{ checks: string }>("SELECT checks FROM verdict WHERE tree = ? AND gate = ?", tree, gate)[0];
    return row === undefined ? null : { tree, gate, checks: JSON.parse(row.checks) as PassedCheck[] };
  }

  private putRun(run: RunRow): void {
    const sql =
      "INSERT INTO run VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET status = excluded.status, row = excluded.row";
    this.exec(sql, run.id, run.state.status, run.createdAt, JSON.stringify(run));
  }

  private putTask(task: TaskRow): void {
    const { state, planned } = task;
    const notBefore = state.status === "queued" ? state.notBefore : null;
    const json = JSON.stringify(task);
    const update = "UPDATE task SET status = ?, not_before = ?, row = ? WHERE run = ? AND id = ?";
    if (this.exec(update, state.status, notBefore, json, task.run, task.id) > 0) return;
    const rank = priorityRank(planned.priority);
    const insert = "INSERT INTO task VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
    this.exec(insert, task.run, task.id, task.order, rank, state.status, notBefore, planned.title, json);
    for (const need of planned.dependsOn) {
      this.exec("INSERT OR IGNORE INTO dependency VALUES (?, ?, ?)", task.run, need, task.id);
    }
  }

  private putAttempt(attempt: AttemptRow): void {
    const { id, run, task, number, state } = attempt;
    const sql =
      "INSERT INTO attempt VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET live = excluded.live, row = excluded.row";
    this.exec(sql, id, run, task, number, holdsSlot(state) ? 1 : 0, JSON.stringify(attempt));
  }

  private putChange(change: ChangeRow): void {
    const { id, run, repository, target, priorityRank: rank, offeredAt } = change;
    const sql =
      "INSERT INTO change VALUES (?, ?, ?, ?, ?, ?, ?, ?) " +
      "ON CONFLICT (id) DO UPDATE SET place = excluded.place, row = excluded.row";
    this.exec(sql, id, run, repository, target, placeOf(change), rank, offeredAt, JSON.stringify(change));
  }

  private addEvent(at: number, run: RunId, task: string | null, body: EventBody): Event {
    const sql = "INSERT INTO event (at, run, task, body) VALUES (?, ?, ?, ?)";
    const { lastInsertRowid } = this.statement(sql).run(at, run, task, JSON.stringify(body));
    return { seq: Number(lastInsertRowid), at, run, task, body };
  }

  private addEffect(effect: Effect): boolean {
    return this.exec("INSERT OR IGNORE INTO effect (id, row) VALUES (?, ?)", effect.id, JSON.stringify(effect)) > 0;
  }

  private rows<T>(sql: string, ...values: Value[]): T[] {
    return this.all<{ row: string }>(sql, ...values).map(({ row }) => JSON.parse(row) as T);
  }

  private firstRow<T>(sql: string, ...values: Value[]): T | null {
    const found = this.statement(sql).get(...values) as { row: string } | undefined;
    return found === undefined ? null : (JSON.parse(found.row) as T);
  }

  private all<T>(sql: string, ...values: Value[]): T[] {
    return this.statement(sql).all(...values) as T[];
  }

  /** Returns how many rows changed. */
  private exec(sql: string, ...values: Value[]): number {
    return this.statement(sql).run(...values).changes;
  }

  private statement(sql: string): StatementSyncInstance {
    let statement = this.statements.get(sql);
    if (statement === undefined) {
      statement = this.database.prepare(sql);
      this.statements.set(sql, statement);
    }
    return statement;
  }
}

interface EventColumns {
  readonly seq: number;
  readonly at: number;
  readonly run: RunId;
  readonly task: string | null;
  readonly body: string;
}

type Place = "offered" | "lane" | "held" | "done";

function placeOf({ state }: ChangeRow): Place {
  if (inLane(state)) return "lane";
  return state.status === "offered" || state.status === "held" ? state.status : "done";
}

/** `place <> 'done'` says nothing new, but only with it SQLite sees that the partial index serves. */
function inPlace(place: Place): string {
  return `SELECT row FROM change WHERE repository = ? AND target = ? AND place = '${place}' AND place <> 'done' LIMIT 1`;
}
