import type { DatabaseSyncInstance } from "@photostructure/sqlite";
import { isLive } from "../../domain/attempt-state.ts";
import { dayOf } from "../../domain/budget.ts";
import { inQueue } from "../../domain/change-state.ts";
import type { Decision } from "../../domain/decide/draft.ts";
import type { Effect } from "../../domain/effect.ts";
import type { PastWork } from "../../domain/estimate.ts";
import type { Event, EventBody } from "../../domain/event.ts";
import type { Needs, QueueNeeds } from "../../domain/needs.ts";
import { priorityRank } from "../../domain/plan.ts";
import type { QueueKey, QueueRow } from "../../domain/queue/queue-row.ts";
import type { QuotaRow } from "../../domain/quota.ts";
import type { AttemptRow, ChangeRow, InWay, QueueSlice, TaskRow } from "../../domain/rows.ts";
import type { AttemptId, RunId, RunRow } from "../../domain/run.ts";
import { isInWay, type TaskStatus } from "../../domain/task-state.ts";
import type { Store, StoredSlice } from "../../engine/ports.ts";
import { isNoRoom } from "../files/no-room.ts";
import { FencedError } from "./fenced-error.ts";
import {
  deleteRun,
  readRepositories,
  readRepositoriesSince,
  readRunsFinishedBy,
  type KnownRepository,
  type RunRemoval,
} from "./old-runs.ts";
import { readPastWork } from "./past-work.ts";
import { readBest, readInWay, readQuotas, readSpentOn, readStatusCounts, Slices } from "./slices.ts";
import { Statements } from "./statements.ts";

/** The store on SQLite. What it reads back it wrote itself, in the same version: rows are trusted. */
export class SqliteStore implements Store {
  private readonly database: DatabaseSyncInstance;
  private readonly sql: Statements;
  private readonly slices: Slices;
  private generation: number | null = null;

  constructor(database: DatabaseSyncInstance) {
    this.database = database;
    this.sql = new Statements(database);
    this.slices = new Slices(this.sql);
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
    try {
      if (this.generation !== null) this.refuseIfFenced(this.generation);
      const result = work();
      this.database.exec("COMMIT");
      return result;
    } catch (error) {
      // SQLite itself rolls back where the disk is full or fails: a second time is an error that would hide the first.
      if (this.database.isTransaction) this.database.exec("ROLLBACK");
      throw error;
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

  apply(decision: Decision, now: number, closes: string | null): { events: Event[]; effects: Effect[] } {
    if (closes !== null) this.sql.exec("DELETE FROM effect WHERE id = ?", closes);
    for (const run of decision.runs) this.putRun(run);
    const { reshared } = decision;
    // Once: a share is not found by its task.
    if (reshared !== null) this.sql.exec("DELETE FROM share WHERE run = ?", reshared);
    for (const task of decision.tasks) {
      this.putTask(task);
      if (task.run === reshared) this.putShares(task);
      if (!decision.rewired.includes(task.id)) continue;
      this.sql.exec("DELETE FROM dependency WHERE run = ? AND task = ?", task.run, task.id);
      this.putNeeds(task);
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
    const events = decision.events.map(({ run, task, body }) => this.addEvent(now, run, task, body));
    const effects = decision.effects.filter((effect) => this.addEffect(effect));
    return { events, effects };
  }

  pendingEffects(): Effect[] {
    return this.sql.rows<Effect>("SELECT row FROM effect ORDER BY seq");
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

  isPending(effect: string): boolean {
    return this.sql.all("SELECT 1 FROM effect WHERE id = ?", effect).length > 0;
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
      "ORDER BY row ->> '$.state.landing.at' DESC, row ->> '$.state.landing.nth' DESC LIMIT ?";
    return this.sql.rows<ChangeRow>(sql, repository, limit);
  }

  /** Changes whose landings were taken back, the last ones to land first. */
  revertedIn(repository: string, limit: number): ChangeRow[] {
    const sql =
      "SELECT row FROM change WHERE repository = ? AND row ->> '$.state.status' = 'reverted' " +
      "ORDER BY row ->> '$.state.landing.at' DESC LIMIT ?";
    return this.sql.rows<ChangeRow>(sql, repository, limit);
  }

  /** Whether a tree has passed a gate, by the gate's key. */
  hasVerdict(tree: string, gate: string): boolean {
    return this.sql.all("SELECT 1 FROM verdict WHERE tree = ? AND gate = ?", tree, gate).length > 0;
  }

  run(id: RunId): RunRow | null {
    return this.sql.firstRow<RunRow>("SELECT row FROM run WHERE id = ?", id);
  }

  runs(limit: number): RunRow[] {
    return this.sql.rows<RunRow>("SELECT row FROM run ORDER BY created_at DESC, id DESC LIMIT ?", limit);
  }

  /** Newest first; however many there are besides. */
  runsEndingWith(end: string, limit: number): RunRow[] {
    const sql = "SELECT row FROM run WHERE substr(id, -length(?)) = ? ORDER BY created_at DESC, id DESC LIMIT ?";
    return this.sql.rows<RunRow>(sql, end, end, limit);
  }

  tasks(run: RunId): TaskRow[] {
    return this.sql.rows<TaskRow>("SELECT row FROM task WHERE run = ? ORDER BY ord", run);
  }

  /** In the plan's order, at most `limit`. */
  taskIds(run: RunId, limit: number): string[] {
    const found = this.sql.all<{ id: string }>("SELECT id FROM task WHERE run = ? ORDER BY ord LIMIT ?", run, limit);
    return found.map(({ id }) => id);
  }

  /** At most `limit`: what goes on and what needs a person before the rest, which is in the plan's order. */
  tasksOfInterest(run: RunId, limit: number): TaskRow[] {
    const rank =
      "CASE status WHEN 'running' THEN 0 WHEN 'paused' THEN 0 WHEN 'failed' THEN 1 WHEN 'queued' THEN 2 " +
      "WHEN 'blocked' THEN 3 ELSE 4 END";
    const sql = `SELECT row FROM task WHERE run = ? ORDER BY ${rank}, ord LIMIT ?`;
    return this.sql.rows<TaskRow>(sql, run, limit).sort((a, b) => a.order - b.order);
  }

  /** Of runs that are not finished, newest first. */
  openRuns(limit: number): RunRow[] {
    const sql = "SELECT row FROM run WHERE status <> 'finished' ORDER BY created_at DESC, id DESC LIMIT ?";
    return this.sql.rows<RunRow>(sql, limit);
  }

  /** Whose trackers have not heard something, newest first; also finished ones. */
  untoldRuns(limit: number): RunRow[] {
    const sql = "SELECT row FROM run WHERE row ->> '$.untold' IS NOT NULL ORDER BY created_at DESC LIMIT ?";
    return this.sql.rows<RunRow>(sql, limit);
  }

  task(run: RunId, id: string): TaskRow | null {
    return this.sql.firstRow<TaskRow>("SELECT row FROM task WHERE run = ? AND id = ?", run, id);
  }

  /** Tasks that keep others of their run from starting, and the one that is queued first. */
  wayOf(run: RunId, now: number): { readonly inWay: readonly InWay[]; readonly next: InWay | null } {
    const [first] = readBest(this.sql, run, 1, now);
    const next = first === undefined ? null : { task: first.id, shares: first.shares ?? [] };
    return { inWay: readInWay(this.sql, run), next };
  }

  siblingTitles(run: RunId, task: string, limit: number): string[] {
    const sql = "SELECT title FROM task WHERE run = ? AND id <> ? ORDER BY ord LIMIT ?";
    return this.sql.all<{ title: string }>(sql, run, task, limit).map(({ title }) => title);
  }

  attempt(id: AttemptId): AttemptRow | null {
    return this.sql.firstRow<AttemptRow>("SELECT row FROM attempt WHERE id = ?", id);
  }

  attempts(run: RunId): AttemptRow[] {
    return this.sql.rows<AttemptRow>("SELECT row FROM attempt WHERE run = ? ORDER BY task, number", run);
  }

  /** Of all runs. */
  liveAttempts(): AttemptRow[] {
    return this.sql.rows<AttemptRow>("SELECT row FROM attempt WHERE live = 1");
  }

  change(id: AttemptId): ChangeRow | null {
    return this.sql.firstRow<ChangeRow>("SELECT row FROM change WHERE id = ?", id);
  }

  changes(run: RunId): ChangeRow[] {
    return this.sql.rows<ChangeRow>("SELECT row FROM change WHERE run = ? ORDER BY offered_at, id", run);
  }

  events(run: RunId, after: number, limit: number): Event[] {
    const sql = "SELECT seq, at, run, task, body FROM event WHERE run = ? AND seq > ? ORDER BY seq LIMIT ?";
    return this.sql.all<EventColumns>(sql, run, after, limit).map(({ body, ...rest }) => ({
      ...rest,
      body: JSON.parse(body) as EventBody,
    }));
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
    const sql =
      "INSERT INTO run VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET status = excluded.status, row = excluded.row";
    this.sql.exec(sql, run.id, run.state.status, run.createdAt, JSON.stringify(run));
  }

  private putTask(task: TaskRow): void {
    const { state, planned } = task;
    const notBefore = notBeforeOf(state);
    const json = JSON.stringify(task);
    const rank = priorityRank(planned.priority);
    const inWay = task.shares !== undefined && isInWay(state) ? JSON.stringify(task.shares) : null;
    const values = [task.order, rank, state.status, notBefore, planned.title, json, inWay] as const;
    const update =
      "UPDATE task SET ord = ?, rank = ?, status = ?, not_before = ?, title = ?, row = ?, in_way = ? " +
      "WHERE run = ? AND id = ?";
    if (this.sql.exec(update, ...values, task.run, task.id) > 0) return;
    const insert =
      "INSERT INTO task (ord, rank, status, not_before, title, row, in_way, run, id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
    this.sql.exec(insert, ...values, task.run, task.id);
    this.putNeeds(task);
    this.putShares(task);
  }

  private putNeeds({ run, id, planned }: TaskRow): void {
    for (const need of planned.dependsOn)
      this.sql.exec("INSERT OR IGNORE INTO dependency VALUES (?, ?, ?)", run, need, id);
  }

  private putShares({ run, id, shares = [] }: TaskRow): void {
    for (const number of shares) this.sql.exec("INSERT OR IGNORE INTO share VALUES (?, ?, ?)", run, number, id);
  }

  private putAttempt(attempt: AttemptRow): void {
    const { id, run, task, number, state } = attempt;
    const sql =
      "INSERT INTO attempt VALUES (?, ?, ?, ?, ?, ?, ?) " +
      "ON CONFLICT (id) DO UPDATE SET live = excluded.live, row = excluded.row, frozen_since = excluded.frozen_since";
    const frozenSince = state.status === "frozen" ? state.since : null;
    this.sql.exec(sql, id, run, task, number, isLive(state) ? 1 : 0, JSON.stringify(attempt), frozenSince);
  }

  private putChange(change: ChangeRow): void {
    const { id, run, repository, target, priorityRank: rank, offeredAt } = change;
    const sql =
      "INSERT INTO change VALUES (?, ?, ?, ?, ?, ?, ?, ?) " +
      "ON CONFLICT (id) DO UPDATE SET place = excluded.place, rank = excluded.rank, row = excluded.row";
    this.sql.exec(sql, id, run, repository, target, placeOf(change), rank, offeredAt, JSON.stringify(change));
  }

  private putQueue(queue: QueueRow): void {
    const { repository, target } = queue;
    this.sql.exec("INSERT OR REPLACE INTO queue VALUES (?, ?, ?)", repository, target, JSON.stringify(queue));
  }

  private addEvent(at: number, run: RunId, task: string | null, body: EventBody): Event {
    const sql = "INSERT INTO event (at, run, task, body) VALUES (?, ?, ?, ?)";
    const seq = this.sql.insert(sql, at, run, task, JSON.stringify(body));
    return { seq, at, run, task, body };
  }

  private addEffect(effect: Effect): boolean {
    return this.sql.exec("INSERT OR IGNORE INTO effect (id, row) VALUES (?, ?)", effect.id, JSON.stringify(effect)) > 0;
  }
}

/** A reader is waited for so long when the store is closed. */
const lastWordMs = 200;

interface EventColumns {
  readonly seq: number;
  readonly at: number;
  readonly run: RunId;
  readonly task: string | null;
  readonly body: string;
}

type Place = "offered" | "queue" | "held" | "done";

function placeOf({ state }: ChangeRow): Place {
  if (inQueue(state)) return "queue";
  return state.status === "offered" || state.status === "held" ? state.status : "done";
}

/** Of a blocked task the column only tells those that wait for an agent from the others: their index is by it. */
function notBeforeOf(state: TaskRow["state"]): number | null {
  if (state.status === "queued") return state.notBefore;
  return state.status === "blocked" && state.by.reason === "agent" ? 0 : null;
}
