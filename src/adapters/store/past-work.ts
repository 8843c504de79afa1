import { sizeOf, type PastWork } from "../../domain/estimate.ts";
import type { PlannedTask } from "../../domain/plan.ts";
import type { AttemptRow } from "../../domain/rows.ts";
import type { RunRow } from "../../domain/run.ts";
import { givenLimit, type Statements } from "./statements.ts";

const runsLookedAt = 200;
/** Of each repository, when its runs are removed. */
const mostKept = 500;

interface Columns {
  readonly planned: string;
  readonly ended: number | null;
  readonly attempts: string;
}

type Part = Pick<AttemptRow, "agent" | "startedAt" | "endedAt"> & { readonly usd: number | null };

/** What tasks that landed took, newest first: of the newest runs of a repository, then of those that were removed. */
export function readPastWork(sql: Statements, repository: string, limit: number): PastWork[] {
  const runs =
    "SELECT id, created_at FROM run WHERE row ->> '$.repository' = ? ORDER BY created_at DESC LIMIT " + runsLookedAt;
  const there = workOfRuns(sql, runs, [repository, limit]);
  const removed = "SELECT row FROM past_work WHERE repository = ? ORDER BY at DESC " + givenLimit;
  return [...there, ...sql.rows<PastWork>(removed, repository, limit - there.length)];
}

/** Only inside a transaction, before the run is removed: estimates are made from it for longer than its run is kept. */
export function keepPastWork(sql: Statements, { id, repository, createdAt }: RunRow): void {
  const work = workOfRuns(sql, "SELECT id, created_at FROM run WHERE id = ?", [id, mostKept]);
  for (const one of work)
    sql.exec("INSERT INTO past_work VALUES (?, ?, ?)", repository, createdAt, JSON.stringify(one));
  const newest = "SELECT rowid FROM past_work WHERE repository = ? ORDER BY at DESC, rowid DESC LIMIT " + mostKept;
  sql.exec(`DELETE FROM past_work WHERE repository = ? AND rowid NOT IN (${newest})`, repository, repository);
}

function workOfRuns(sql: Statements, runs: string, values: readonly [of: string, limit: number]): PastWork[] {
  const attempts =
    "SELECT json_group_array(json_object('agent', row ->> '$.agent', 'startedAt', row -> '$.startedAt', " +
    "'endedAt', row -> '$.endedAt', 'usd', row -> '$.spend.amountUsd')) " +
    "FROM (SELECT row FROM attempt WHERE attempt.run = task.run AND attempt.task = task.id ORDER BY number)";
  return sql
    .all<Columns>(
      `SELECT task.row -> '$.planned' AS planned, task.row ->> '$.endedAt' AS ended, (${attempts}) AS attempts
       FROM (${runs}) AS run JOIN task ON task.run = run.id WHERE task.status = 'completed'
       ORDER BY run.created_at DESC, task.ord ${givenLimit}`,
      ...values,
    )
    .flatMap((columns) => workOf(columns) ?? []);
}

/** Null where it has no attempts that came to an end. */
function workOf({ planned, ended, attempts }: Columns): PastWork | null {
  const task = JSON.parse(planned) as PlannedTask;
  const parts = JSON.parse(attempts) as Part[];
  const last = parts.at(-1);
  if (last === undefined || ended === null) return null;
  const costs = parts.flatMap(({ usd }) => usd ?? []);
  return {
    type: task.type,
    size: sizeOf(task),
    agent: last.agent,
    workMs: parts.reduce((sum, { startedAt, endedAt }) => sum + Math.max(0, (endedAt ?? startedAt) - startedAt), 0),
    landMs: Math.max(0, ended - (last.endedAt ?? ended)),
    costUsd: costs.length < parts.length ? null : costs.reduce((sum, usd) => sum + usd, 0),
  };
}
