import type { DatabaseSyncInstance } from "@photostructure/sqlite";
import { isLive } from "../../domain/attempt-state.ts";
import { dayOf } from "../../domain/budget.ts";
import { inQueue } from "../../domain/change-state.ts";
import type { Decision } from "../../domain/decide/draft.ts";
import type { Effect } from "../../domain/effect.ts";
import type { PastWork } from "../../domain/estimate.ts";
import type { Event } from "../../domain/event.ts";
import type { Needs, QueueNeeds } from "../../domain/needs.ts";
import type { QueueKey, QueueRow } from "../../domain/queue/queue-row.ts";
import type { QuotaRow } from "../../domain/quota.ts";
import type { AttemptRow, ChangeRow, InWay, QueueSlice, TaskRow } from "../../domain/rows.ts";
import type { AttemptId, RunId, RunRow } from "../../domain/run.ts";
import type { TaskStatus } from "../../domain/task-state.ts";
import type { Store, StoredSlice } from "../../engine/ports.ts";
import { isNoRoom } from "../files/no-room.ts";
import { EventLog } from "./event-log.ts";
import { FencedError } from "./fenced-error.ts";
import { KeyedRows } from "./keyed-rows.ts";
import {
  deleteRun,
  readRepositories,
  readRepositoriesSince,
  readRunsFinishedBy,
  type KnownRepository,
  type RunRemoval,
} from "./old-runs.ts";
import { PendingEffects } from "./pending-effects.ts";
import { readPastWork } from "./past-work.ts";
import { readBest, readInWay, readQuotas, readSpentOn, readStatusCounts, Slices } from "./slices.ts";
import { givenLimit, Statements } from "./statements.ts";
import { TaskTable } from "./task-table.ts";

/** The store on SQLite. What it reads back it wrote itself, in the same version: rows are trusted. */
export class SqliteStore implements Store {
  private readonly database: DatabaseSyncInstance;
  private readonly sql: Statements;
  private readonly rows: KeyedRows;
  private readonly slices: Slices;
  private readonly taskTable: TaskTable;
  private readonly log: EventLog;
  private readonly effects: PendingEffects;
  private generation: number | null = null;

  constructor(database: DatabaseSyncInstance) {
    this.database = database;
    this.sql = new Statements(database);
    this.rows = new KeyedRows(this.sql);
    this.slices = new Slices(this.sql, this.rows);
    this.taskTable = new TaskTable(this.sql);
    this.log = new EventLog(this.sql);
    this.effects = new PendingEffects(this.sql);
  }

  /**
   * From now on every write is refused once a younger owner has come: a process that was thought dead may wake up in the
   * middle of anything. Generations only grow.
   */
  fence(generation: number): void {
    this.transaction(() => {
      const found = this.ownerGeneration();
      if (found > generation) throw new FencedError(generation, found);
      this.sql.exec("UPDATE owner SET generation = ?", generation);
    });
    this.generation = generation;
  }

  transaction<T>(work: () => T): T {
    this.database.exec("BEGIN IMMEDIATE");
    this.rows.begin();
    try {
      if (this.generation !== null) this.refuseIfFenced(this.generation);
      const result = work();
      this.database.exec("COMMIT");
      return result;
    } catch (error) {
      // SQLite itself rolls back where the disk is full or fails: a second time is an error that would hide the first.
      if (this.database.isTransaction) this.database.exec("ROLLBACK");
      throw error;
    } finally {
      this.rows.end();
    }
  }

  private refuseIfFenced(generation: number): void {
    const found = this.ownerGeneration();
    if (found !== generation) throw new FencedError(generation, found);
  }

  private ownerGeneration(): number {
    return this.sql.all<{ generation: number }>("SELECT generation FROM owner")[0]?.generation ?? 0;
  }

  slice(needs: Needs, now: number): StoredSlice {
    return this.slices.read(needs, now);
  }

  queueSlice(needs: QueueNeeds): QueueSlice {
    return this.slices.readQueue(needs);
  }

  apply(decision: Decision, now: number): { events: Event[]; effects: Effect[] } {
    for (const run of decision.runs) this.putRun(run);
    const { reshared } = decision;
    if (reshared !== null) this.taskTable.forgetShares(reshared);
    for (const task of decision.tasks) {
      this.taskTable.put(task, this.rows.replaceTask(task));
      if (task.run === reshared) this.taskTable.putShares(task);
      if (decision.rewired.includes(task.id)) this.taskTable.rewire(task);
    }
    for (const attempt of decision.attempts) this.putAttempt(attempt);
    for (const change of decision.changes) this.putChange(change);
    for (const queue of decision.queues) this.putQueue(queue);
    for (const { tree, gate, checks } of decision.verdicts) {
      this.sql.exec("INSERT OR REPLACE INTO verdict VALUES (?, ?, ?, ?)", tree, gate, JSON.stringify(checks), now);
    }
    for (const quota of decision.quotas) {
      this.sql.exec("INSERT OR REPLACE INTO quota VALUES (?, ?)", quota.provider, JSON.stringify(quota));
    }
    if (decision.spentTodayUsd !== null)
      this.sql.exec("INSERT OR REPLACE INTO day_spend VALUES (?, ?)", dayOf(now), decision.spentTodayUsd);
    const events = decision.events.map(({ run, task, body }) => this.log.append(now, run, task, body));
    const effects = decision.effects.filter((effect) => this.effects.add(effect));
    return { events, effects };
  }

  pendingEffects(): Effect[] {
    return this.effects.all();
  }

  activeRuns(): RunId[] {
    return this.sql.all<{ id: RunId }>("SELECT id FROM run WHERE status = 'active'").map(({ id }) => id);
  }

  runsOverDayCap(spentUsd: number): RunId[] {
    const sql =
      "SELECT id FROM run WHERE status = 'active' AND NOT json_extract(row, '$.holdsBack') " +
      "AND json_extract(row, '$.settings.budget.dayUsd') <= ?";
    return this.sql.all<{ id: RunId }>(sql, spentUsd).map(({ id }) => id);
  }

  quotas(): QuotaRow[] {
    return readQuotas(this.sql);
  }

  spentOn(day: number): number {
    return readSpentOn(this.sql, day);
  }

  closeEffect(id: string): boolean {
    return this.effects.close(id);
  }

  queue({ repository, target }: QueueKey): QueueRow | null {
    const sql = "SELECT row FROM queue WHERE repository = ? AND target = ?";
    return this.sql.firstRow<QueueRow>(sql, repository, target);
  }

  /** All there ever was something in. */
  queues(): QueueRow[] {
    return this.sql.rows<QueueRow>("SELECT row FROM queue ORDER BY repository, target");
  }

  /** Changes that wait in a queue, that it has, or that are held; in their turn. */
  openChangesOf({ repository, target }: QueueKey): ChangeRow[] {
    const sql =
      "SELECT row FROM change WHERE repository = ? AND target = ? AND place <> 'done' ORDER BY rank, offered_at, id";
    return this.sql.rows<ChangeRow>(sql, repository, target);
  }

  /** Changes of a repository that have landed and not been taken back; the last one first, at most `limit`. */
  landedIn(repository: string, limit: number): ChangeRow[] {
    const sql =
      "SELECT row FROM change WHERE repository = ? AND row ->> '$.state.status' IN ('landed', 'validated') " +
      "ORDER BY row ->> '$.state.landing.at' DESC, row ->> '$.state.landing.nth' DESC " +
      givenLimit;
    return this.sql.rows<ChangeRow>(sql, repository, limit);
  }

  /** Changes whose landings were taken back, the last ones to land first. */
  revertedIn(repository: string, limit: number): ChangeRow[] {
    const sql =
      "SELECT row FROM change WHERE repository = ? AND row ->> '$.state.status' = 'reverted' " +
      "ORDER BY row ->> '$.state.landing.at' DESC " +
      givenLimit;
    return this.sql.rows<ChangeRow>(sql, repository, limit);
  }

  /** Whether a tree has passed a gate, by the gate's key. */
  hasVerdict(tree: string, gate: string): boolean {
    return this.sql.all("SELECT 1 FROM verdict WHERE tree = ? AND gate = ?", tree, gate).length > 0;
  }

  run(id: RunId): RunRow | null {
    return this.rows.run(id);
  }

  runs(limit: number): RunRow[] {
    return this.sql.rows<RunRow>("SELECT row FROM run ORDER BY created_at DESC, id DESC " + givenLimit, limit);
  }

  /** Newest first; however many there are besides. */
  runsEndingWith(end: string, limit: number): RunRow[] {
    const sql = "SELECT row FROM run WHERE substr(id, -length(?)) = ? ORDER BY created_at DESC, id DESC " + givenLimit;
    return this.sql.rows<RunRow>(sql, end, end, limit);
  }

  tasks(run: RunId): TaskRow[] {
    return this.sql.rows<TaskRow>("SELECT row FROM task WHERE run = ? ORDER BY ord", run);
  }

  /** In the plan's order, at most `limit`. */
  taskIds(run: RunId, limit: number): string[] {
    const found = this.sql.all<{ id: string }>(
      "SELECT id FROM task WHERE run = ? ORDER BY ord " + givenLimit,
      run,
      limit,
    );
    return found.map(({ id }) => id);
  }

  /** At most `limit`: what goes on and what needs a person before the rest, which is in the plan's order. */
  tasksOfInterest(run: RunId, limit: number): TaskRow[] {
    const rank =
      "CASE status WHEN 'running' THEN 0 WHEN 'paused' THEN 0 WHEN 'failed' THEN 1 WHEN 'queued' THEN 2 " +
      "WHEN 'blocked' THEN 3 ELSE 4 END";
    const sql = `SELECT row FROM task WHERE run = ? ORDER BY ${rank}, ord ${givenLimit}`;
    return this.sql.rows<TaskRow>(sql, run, limit).sort((a, b) => a.order - b.order);
  }

  /** Of runs that are not finished, newest first. */
  openRuns(limit: number): RunRow[] {
    const sql = "SELECT row FROM run WHERE status <> 'finished' ORDER BY created_at DESC, id DESC " + givenLimit;
    return this.sql.rows<RunRow>(sql, limit);
  }

  /** Whose trackers have not heard something, newest first; also finished ones. */
  untoldRuns(limit: number): RunRow[] {
    const sql = "SELECT row FROM run WHERE row ->> '$.untold' IS NOT NULL ORDER BY created_at DESC " + givenLimit;
    return this.sql.rows<RunRow>(sql, limit);
  }

  task(run: RunId, id: string): TaskRow | null {
    return this.rows.task(run, id);
  }

  /** Tasks that keep others of their run from starting, and the one that is queued first. */
  wayOf(run: RunId, now: number): { readonly inWay: readonly InWay[]; readonly next: InWay | null } {
    const [first] = readBest(this.sql, run, 1, now);
    const next = first === undefined ? null : { task: first.id, shares: first.shares ?? [] };
    return { inWay: readInWay(this.sql, run), next };
  }

  siblingTitles(run: RunId, task: string, limit: number): string[] {
    // As one value: an agent is started with it, and to hand over fifty rows takes longer than to read them.
    const titles = "SELECT title FROM task WHERE run = ? AND id <> ? ORDER BY ord " + givenLimit;
    const sql = `SELECT json_group_array(title) AS row FROM (${titles})`;
    return this.sql.firstRow<string[]>(sql, run, task, limit) ?? [];
  }

  attempt(id: AttemptId): AttemptRow | null {
    return this.rows.attempt(id);
  }

  attempts(run: RunId): AttemptRow[] {
    return this.sql.rows<AttemptRow>("SELECT row FROM attempt WHERE run = ? ORDER BY task, number", run);
  }

  /** Of all runs. */
  liveAttempts(): AttemptRow[] {
    return this.sql.rows<AttemptRow>("SELECT row FROM attempt WHERE live = 1");
  }

  change(id: AttemptId): ChangeRow | null {
    return this.rows.change(id);
  }

  changes(run: RunId): ChangeRow[] {
    return this.sql.rows<ChangeRow>("SELECT row FROM change WHERE run = ? ORDER BY offered_at, id", run);
  }

  events(run: RunId, after: number, limit: number): Event[] {
    return this.log.read(run, after, limit);
  }

  /** Finished at or before a time, oldest first. */
  runsFinishedBy(time: number): RunRow[] {
    return readRunsFinishedBy(this.sql, time);
  }

  /** What tasks that landed took, of the newest runs of a repository, at most `limit`. */
  pastWork(repository: string, limit: number): PastWork[] {
    return readPastWork(this.sql, repository, limit);
  }

  /** Of runs that are not finished, or were finished later than that. */
  repositoriesSince(time: number): string[] {
    return readRepositoriesSince(this.sql, time);
  }

  /** Of all runs, also of those that were removed; each once. */
  repositories(): KnownRepository[] {
    return readRepositories(this.sql);
  }

  /** Forgets a finished run, in one transaction. */
  removeRun(id: RunId): RunRemoval {
    return this.transaction(() => deleteRun(this.sql, id));
  }

  /** Forgets verdicts of that time or before: a tree like theirs is simply judged again. Returns how many there were. */
  removeVerdictsUntil(time: number): number {
    return this.transaction(() => this.sql.exec("DELETE FROM verdict WHERE judged_at <= ?", time));
  }

  close(): void {
    this.sql.clear();
    try {
      // Where somebody reads it, it stays as it is.
      this.database.exec(`PRAGMA busy_timeout = ${lastWordMs}; PRAGMA wal_checkpoint(TRUNCATE)`);
    } catch (error) {
      // What the log holds is as durable as the rest: the next owner goes on with it.
      if (!isNoRoom(error)) throw error;
    } finally {
      this.database.close();
    }
  }

  statusCounts(run: RunId): Record<TaskStatus, number> {
    return readStatusCounts(this.sql, run);
  }

  private putRun(run: RunRow): void {
    this.rows.sawRun(run);
    const sql =
      "INSERT INTO run VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET status = excluded.status, row = excluded.row";
    this.sql.exec(sql, run.id, run.state.status, run.createdAt, JSON.stringify(run));
  }

  private putAttempt(attempt: AttemptRow): void {
    this.rows.sawAttempts([attempt]);
    const { run, task, number, state } = attempt;
    const sql =
      "INSERT INTO attempt VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (run, task, number) " +
      "DO UPDATE SET live = excluded.live, frozen_since = excluded.frozen_since, row = excluded.row";
    const frozenSince = state.status === "frozen" ? state.since : null;
    this.sql.exec(sql, run, task, number, isLive(state) ? 1 : 0, frozenSince, JSON.stringify(attempt));
  }

  private putChange(change: ChangeRow): void {
    this.rows.sawChange(change);
    const { id, run, repository, target, priorityRank: rank, offeredAt } = change;
    const sql =
      "INSERT INTO change VALUES (?, ?, ?, ?, ?, ?, ?, ?) " +
      "ON CONFLICT (run, id) DO UPDATE SET place = excluded.place, rank = excluded.rank, row = excluded.row";
    this.sql.exec(sql, run, id, repository, target, placeOf(change), rank, offeredAt, JSON.stringify(change));
  }

  private putQueue(queue: QueueRow): void {
    const { repository, target } = queue;
    const sql = "INSERT INTO queue VALUES (?, ?, ?) ON CONFLICT (repository, target) DO UPDATE SET row = excluded.row";
    this.sql.exec(sql, repository, target, JSON.stringify(queue));
  }
}

/** A reader is waited for so long when the store is closed. */
const lastWordMs = 200;

type Place = "offered" | "queue" | "held" | "done";

function placeOf({ state }: ChangeRow): Place {
  if (inQueue(state)) return "queue";
  return state.status === "offered" || state.status === "held" ? state.status : "done";
}
