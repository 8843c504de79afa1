import { frozenSlotMs } from "../../domain/attempt-state.ts";
import { dayOf } from "../../domain/budget.ts";
import { collide, collidingWith } from "../../domain/collisions/shares.ts";
import type { Needs, QueueNeeds } from "../../domain/needs.ts";
import { newQueue, type QueueRow, type TakingBack } from "../../domain/queue/queue-row.ts";
import { priorityRank } from "../../domain/plan.ts";
import type { QuotaRow } from "../../domain/quota.ts";
import type {
  AttemptRow,
  ChangeCounts,
  ChangeRow,
  InWay,
  QueueSlice,
  Rival,
  TaskRow,
  VerdictRow,
} from "../../domain/rows.ts";
import type { AttemptId, RunId, RunRow } from "../../domain/run.ts";
import type { TaskStatus } from "../../domain/task-state.ts";
import type { PassedCheck } from "../../domain/verdict.ts";
import type { StoredSlice } from "../../engine/ports.ts";
import type { KeyedRows } from "./keyed-rows.ts";
import { givenLimit, type Statements, type Value } from "./statements.ts";

/** Reads what one decision looks at. */
export class Slices {
  private readonly sql: Statements;
  private readonly rows: KeyedRows;

  constructor(sql: Statements, rows: KeyedRows) {
    this.sql = sql;
    this.rows = rows;
  }

  read(needs: Needs, now: number): StoredSlice {
    const run = this.rows.run(needs.run);
    // The attempt that it is about is one of those that are live, as a rule.
    const schedule = needs.scheduling ? this.schedule(needs.run, { run, now }) : nothingToSchedule;
    const attempt = this.attemptOf(needs);
    return {
      run,
      task: needs.task === null ? null : this.rows.task(needs.run, needs.task),
      attempt,
      change: attempt === null ? null : this.rows.change(attempt.id),
      dependants: needs.dependants && needs.task !== null ? this.dependants(needs.run, needs.task) : [],
      tasks: this.tasks(needs),
      openChanges: needs.openChanges && run !== null ? this.openChanges(run) : [],
      ...schedule,
    };
  }

  /** All that is looked at to tell what may start, land or end next; of a run that is just being submitted only the others. */
  private schedule(id: RunId, { run, now }: { readonly run: RunRow | null; readonly now: number }): Schedule {
    const others = {
      rivals: this.rivals(id, now),
      heldElsewhere: this.heldElsewhere(id, now),
      quotas: readQuotas(this.sql),
      spentTodayUsd: readSpentOn(this.sql, dayOf(now)),
    };
    if (run === null) return { ...nothingToSchedule, ...others };
    const inWay = readInWay(this.sql, id);
    return {
      ...others,
      inWay,
      ready: this.ready({ id, workers: run.settings.workers }, inWay, now).map(({ task }) => task),
      unstaffed: this.unstaffed(run),
      nextTime: this.nextTime(id, now),
      live: this.live(id),
      statusCounts: readStatusCounts(this.sql, id),
      changeCounts: this.changeCounts(run),
    };
  }

  /** What one decision about a queue looks at. */
  readQueue({ repository, target, tree, held, changes: asked, hosts }: QueueNeeds): QueueSlice {
    const stored = this.sql.firstRow<QueueRow>(
      "SELECT row FROM queue WHERE repository = ? AND target = ?",
      repository,
      target,
    );
    const queue = stored ?? newQueue({ repository, target });
    const landed = [...asked, ...landedIn(queue)].map((id) => this.rows.change(id));
    const changes = [
      ...this.taken(repository, target),
      ...this.offered(repository, target),
      ...landed.filter((change) => change !== null),
    ];
    const stuck = held === "none" ? [] : this.held(repository, target, held);
    const runs = new Set([...changes, ...stuck].map(({ run }) => run));
    for (const host of [...hosts, ...hostsOf(queue)]) runs.add(host);
    const found = [...runs].map((id) => this.rows.run(id));
    return {
      queue,
      changes,
      held: stuck,
      runs: found.filter((run) => run !== null),
      verdict: tree === null ? null : this.verdictFor(queue, tree),
    };
  }

  private live(run: RunId): readonly AttemptRow[] {
    const sql = "SELECT row FROM attempt INDEXED BY attempt_live WHERE run = ? AND live = 1";
    return this.rows.sawAttempts(this.sql.rows<AttemptRow>(sql, run));
  }

  private attemptOf(needs: Needs): AttemptRow | null {
    if (needs.attempt !== null) return this.rows.attempt(needs.attempt);
    if (!needs.latestAttempt || needs.task === null) return null;
    const sql = "SELECT row FROM attempt WHERE run = ? AND task = ? ORDER BY number DESC LIMIT 1";
    return this.sql.firstRow<AttemptRow>(sql, needs.run, needs.task);
  }

  private readTasks(sql: string, ...values: Value[]): TaskRow[] {
    return this.rows.sawTasks(this.sql.rows<TaskRow>(sql, ...values));
  }

  private tasks({ run, tasks }: Needs): TaskRow[] {
    if (tasks === "none") return [];
    const open = tasks === "open" ? "AND status NOT IN ('completed', 'failed', 'cancelled') " : "";
    return this.readTasks(`SELECT row FROM task WHERE run = ? ${open}ORDER BY ord`, run);
  }

  private dependants(run: RunId, task: string): TaskRow[] {
    // CROSS: by the few that need it, never through all tasks in their order.
    const sql =
      "SELECT task.row FROM dependency CROSS JOIN task ON task.run = dependency.run AND task.id = dependency.task " +
      "WHERE dependency.run = ? AND dependency.needs = ? ORDER BY task.ord";
    return this.readTasks(sql, run, task);
  }

  /** Those that may start, and before them the best of all where that one has to wait. */
  private ready({ id, workers }: Ready, inWay: readonly InWay[], now: number): Queued[] {
    const best = this.rows.sawTasks(readBest(this.sql, id, inWay.length === 0 ? workers : 1, now));
    const [first] = best;
    if (inWay.length === 0 || first === undefined) return best.map((task) => ({ task, waits: false }));
    const taken = inWay.flatMap(({ shares }) => shares);
    const waits = collide(first.shares ?? [], taken);
    // What is first is not passed over by one that would keep it waiting.
    const numbers = [...collidingWith(waits ? [...taken, ...(first.shares ?? [])] : taken)];
    const sql =
      "SELECT row FROM task WHERE run = ? AND status = 'queued' AND (not_before IS NULL OR not_before <= ?) " +
      "AND id NOT IN (SELECT task FROM share WHERE run = ? AND number IN (SELECT value FROM json_each(?))) " +
      "ORDER BY rank, ord " +
      givenLimit;
    const free = this.readTasks(sql, id, now, id, JSON.stringify(numbers), workers);
    return [...(waits ? [{ task: first, waits }] : []), ...free.map((task) => ({ task, waits: false }))];
  }

  private unstaffed({ id, settings: { workers } }: RunRow): TaskRow[] {
    const sql =
      "SELECT row FROM task WHERE run = ? AND status = 'blocked' AND not_before IS NOT NULL ORDER BY rank, ord " +
      givenLimit;
    return this.readTasks(sql, id, workers);
  }

  /** Other active runs with a task that could start now. */
  private rivals(run: RunId, now: number): Rival[] {
    const sql =
      "SELECT run.id AS run, json_extract(row, '$.repository') AS repository, created_at AS createdAt, " +
      "json_extract(row, '$.settings.workers') AS workers, " +
      "json_extract(row, '$.settings.budget.dayUsd') AS dayCapUsd, " +
      "(SELECT count(*) FROM attempt INDEXED BY attempt_live WHERE attempt.run = run.id AND " +
      holding +
      ") AS held, " +
      "(SELECT rank FROM task WHERE task.run = run.id AND task.status = 'queued' " +
      "AND (not_before IS NULL OR not_before <= ?) ORDER BY rank, ord LIMIT 1) AS rank " +
      "FROM run WHERE status = 'active' AND run.id <> ? AND NOT json_extract(row, '$.holdsBack')";
    const found = this.sql.all<Rival & { rank: number | null }>(sql, now - frozenSlotMs, now, run);
    return found.flatMap((rival) => {
      if (rival.rank === null) return [];
      const rank = this.freeRank(rival.run, rival.rank, now);
      return rank === null ? [] : [{ ...rival, rank }];
    });
  }

  /** Of the best task that nothing is in the way of, where `rank` is that of the best one; null where there is none. */
  private freeRank(run: RunId, rank: number, now: number): number | null {
    const inWay = readInWay(this.sql, run);
    if (inWay.length === 0) return rank;
    const free = this.ready({ id: run, workers: 1 }, inWay, now).find(({ waits }) => !waits);
    return free === undefined ? null : priorityRank(free.task.planned.priority);
  }

  private heldElsewhere(run: RunId, now: number): Record<string, number> {
    const sql =
      "SELECT json_extract(run.row, '$.repository') AS repository, count(*) AS held " +
      "FROM attempt INDEXED BY attempt_live JOIN run ON run.id = attempt.run WHERE attempt.run <> ? AND " +
      holding +
      " GROUP BY 1";
    const rows = this.sql.all<{ repository: string; held: number }>(sql, run, now - frozenSlotMs);
    return Object.fromEntries(rows.map(({ repository, held }) => [repository, held]));
  }

  private nextTime(run: RunId, now: number): number | null {
    const sql = "SELECT min(not_before) AS time FROM task WHERE run = ? AND status = 'queued' AND not_before > ?";
    return this.sql.all<{ time: number | null }>(sql, run, now)[0]?.time ?? null;
  }

  /** By the gate of the round; a repair's is its change's run's, and is looked for by whoever knows that. */
  private verdictFor({ round, repairs, promotion }: QueueRow, tree: string): VerdictRow | null {
    const promoted = promotion === null || promotion.state.status === "waiting" ? undefined : promotion.gateKey;
    const key = round?.gateKey ?? promoted ?? repairs[0]?.gateKey;
    return key === undefined ? null : this.verdict(tree, key);
  }

  private openChanges({ id, repository, target }: RunRow): ChangeRow[] {
    const sql = `SELECT row ${openOfRun} ORDER BY offered_at, id`;
    return this.sql.rows<ChangeRow>(sql, repository, target, id);
  }

  private changeCounts({ id, repository, target }: RunRow): ChangeCounts {
    const [offered, inQueue] = ["offered", "queue"].map((place) => `count(*) FILTER (WHERE place = '${place}')`);
    // Those that are held may be many.
    const sql = `SELECT ${offered} AS offered, ${inQueue} AS inQueue ${openOfRun} AND place IN ('offered', 'queue')`;
    return this.sql.all<ChangeCounts>(sql, repository, target, id)[0] ?? { offered: 0, inQueue: 0 };
  }

  private taken(repository: string, target: string): ChangeRow[] {
    return this.sql.rows<ChangeRow>(inPlace("queue"), repository, target);
  }

  /** Found by its index, however many wait. */
  private offered(repository: string, target: string): ChangeRow[] {
    const sql =
      "SELECT change.row FROM change CROSS JOIN run ON run.id = change.run " +
      "WHERE repository = ? AND target = ? AND place = 'offered' AND place <> 'done' AND run.status = 'active' " +
      "ORDER BY rank, offered_at, change.id " +
      givenLimit;
    return this.sql.rows<ChangeRow>(sql, repository, target, mostOffered);
  }

  private held(repository: string, target: string, whose: "active" | "all"): ChangeRow[] {
    const sql =
      "SELECT change.row FROM change JOIN run ON run.id = change.run " +
      "WHERE repository = ? AND target = ? AND place = 'held' AND place <> 'done' AND (run.status = 'active' OR ? = 'all') " +
      "ORDER BY rank, offered_at";
    return this.sql.rows<ChangeRow>(sql, repository, target, whose);
  }

  private verdict(tree: string, gate: string): VerdictRow | null {
    const row = this.sql.all<{ checks: string }>(
      "SELECT checks FROM verdict WHERE tree = ? AND gate = ?",
      tree,
      gate,
    )[0];
    return row === undefined ? null : { tree, gate, checks: JSON.parse(row.checks) as PassedCheck[] };
  }
}

interface Ready {
  readonly id: RunId;
  /** So many at most. */
  readonly workers: number;
}

interface Queued {
  readonly task: TaskRow;
  /** Something is in its way. */
  readonly waits: boolean;
}

/** Changes that have landed, and that the queue is busy with. */
function hostsOf({ round, watch, repairs, asked, promotion, halted }: QueueRow): RunId[] {
  const back = [...repairs, ...toTakeBack(halted)];
  const hosts = [round?.host, watch?.host, promotion?.host, ...[...back, ...asked].map(({ host }) => host)];
  return hosts.filter((host) => host !== undefined);
}

function landedIn({ watch, repairs, asked, halted }: QueueRow): AttemptId[] {
  const back = [...repairs, ...toTakeBack(halted)];
  const last = asked.flatMap(({ rollback }) => rollback);
  const links = [...(watch?.links ?? []), ...back.flatMap(({ rest }) => rest), ...last];
  const gone = back.flatMap(({ takenBack = [] }) => takenBack);
  return [...links, ...back, ...gone].map(({ change }) => change);
}

/** When the queue goes on. */
function toTakeBack(halted: QueueRow["halted"]): TakingBack[] {
  return halted?.reason === "stuck" && halted.again !== undefined ? [halted.again] : [];
}

/** How many tasks of a run are in each status. */
export function readStatusCounts(sql: Statements, run: RunId): Record<TaskStatus, number> {
  const counts: Record<TaskStatus, number> = { ...noCounts };
  const rows = sql.all<{ status: TaskStatus; count: number }>(
    "SELECT status, count FROM status_count WHERE run = ?",
    run,
  );
  for (const { status, count } of rows) counts[status] = count;
  return counts;
}

/** Tasks of a run that keep those from starting that collide with them. */
export function readInWay(sql: Statements, run: RunId): InWay[] {
  const found = sql.all<{ id: string; in_way: string }>(
    "SELECT id, in_way FROM task WHERE run = ? AND in_way IS NOT NULL",
    run,
  );
  return found.map(({ id, in_way: shares }) => ({ task: id, shares: JSON.parse(shares) as number[] }));
}

/** The queued tasks that are due, best first. */
export function readBest(sql: Statements, run: RunId, limit: number, now: number): TaskRow[] {
  const query =
    "SELECT row FROM task WHERE run = ? AND status = 'queued' AND (not_before IS NULL OR not_before <= ?) " +
    "ORDER BY rank, ord " +
    givenLimit;
  return sql.rows<TaskRow>(query, run, now, limit);
}

export function readQuotas(sql: Statements): QuotaRow[] {
  return sql.rows<QuotaRow>("SELECT row FROM quota");
}

/** USD, by all runs. */
export function readSpentOn(sql: Statements, day: number): number {
  return sql.all<{ usd: number }>("SELECT usd FROM day_spend WHERE day = ?", day)[0]?.usd ?? 0;
}

/** Attempts that hold a worker slot; the parameter is the time before which a frozen one has given it up. */
const holding = "live = 1 AND (frozen_since IS NULL OR frozen_since > ?)";

/** By the index of what is not done: what was done of a run may be much more. */
const openOfRun =
  "FROM change INDEXED BY change_in_place WHERE repository = ? AND target = ? AND run = ? AND place <> 'done'";

/** Of those that wait in a queue so many are looked at. */
const mostOffered = 64;

type Schedule = Omit<StoredSlice, "run" | "task" | "attempt" | "change" | "dependants" | "tasks" | "openChanges">;

const noCounts = { queued: 0, blocked: 0, running: 0, paused: 0, completed: 0, failed: 0, cancelled: 0 };

const nothingToSchedule: Schedule = {
  inWay: [],
  ready: [],
  unstaffed: [],
  nextTime: null,
  live: [],
  statusCounts: noCounts,
  changeCounts: { offered: 0, inQueue: 0 },
  rivals: [],
  heldElsewhere: {},
  quotas: [],
  spentTodayUsd: 0,
};

/** `place <> 'done'` says nothing new, but only with it SQLite sees that the partial index serves. */
function inPlace(place: string): string {
  return `SELECT row FROM change WHERE repository = ? AND target = ? AND place = '${place}' AND place <> 'done' ORDER BY rank, offered_at, id`;
}
