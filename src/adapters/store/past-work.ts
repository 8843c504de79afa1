import { sizeOf, type PastWork } from "../../domain/estimate.ts";
import type { PlannedTask } from "../../domain/plan.ts";
import type { AttemptRow } from "../../domain/rows.ts";
import type { Statements } from "./statements.ts";

const runsLookedAt = 200;

interface Columns {
  readonly planned: string;
  readonly ended: number | null;
  readonly attempts: string;
}

type Part = Pick<AttemptRow, "agent" | "startedAt" | "endedAt"> & { readonly usd: number | null };

/** What tasks that landed took, of the newest runs of a repository, newest first. */
export function readPastWork(sql: Statements, repository: string, limit: number): PastWork[] {
  const attempts =
    "SELECT json_group_array(json_object('agent', row ->> '$.agent', 'startedAt', row -> '$.startedAt', " +
    "'endedAt', row -> '$.endedAt', 'usd', row -> '$.spend.amountUsd')) " +
    "FROM (SELECT row FROM attempt WHERE attempt.run = task.run AND attempt.task = task.id ORDER BY number)";
  const runs =
    "SELECT id, created_at FROM run WHERE row ->> '$.repository' = ? ORDER BY created_at DESC LIMIT " + runsLookedAt;
  return sql
    .all<Columns>(
      `SELECT task.row -> '$.planned' AS planned, task.row ->> '$.endedAt' AS ended, (${attempts}) AS attempts
       FROM (${runs}) AS run JOIN task ON task.run = run.id WHERE task.status = 'completed'
       ORDER BY run.created_at DESC, task.ord LIMIT ?`,
      repository,
      limit,
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
