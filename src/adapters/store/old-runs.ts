import type { RunId, RunRow } from "../../domain/run.ts";
import { forgetEvents } from "./event-log.ts";
import { keepPastWork } from "./past-work.ts";
import type { Statements } from "./statements.ts";

/** A repository of some run, also of one that was removed. */
export interface KnownRepository {
  /** Its common git directory. */
  readonly gitDir: string;
  /** A checkout of it. */
  readonly checkout: string;
  /** What its newest run landed on. */
  readonly target: string;
}

/** `not-at-rest`: it is not finished, or something that was asked for it is not answered yet. */
export type RunRemoval = "removed" | "not-at-rest" | "absent";

/** Finished at or before a time, oldest first. */
export function readRunsFinishedBy(sql: Statements, time: number): RunRow[] {
  const where = "status = 'finished' AND json_extract(row, '$.state.at') <= ?";
  return sql.rows<RunRow>(`SELECT row FROM run WHERE ${where} ORDER BY created_at, id`, time);
}

/** Common git directories of repositories with a run that is not finished, or was finished later than that. */
export function readRepositoriesSince(sql: Statements, time: number): string[] {
  const where = "status <> 'finished' OR json_extract(row, '$.state.at') > ?";
  const query = `SELECT DISTINCT json_extract(row, '$.repository') AS gitDir FROM run WHERE ${where}`;
  return sql.all<{ gitDir: string }>(query, time).map(({ gitDir }) => gitDir);
}

export function readRepositories(sql: Statements): KnownRepository[] {
  // SQLite takes the other columns from the row that has the greatest time.
  const ofRuns =
    "SELECT json_extract(row, '$.repository') AS gitDir, json_extract(row, '$.checkout') AS checkout, " +
    "json_extract(row, '$.target') AS target, max(created_at) FROM run GROUP BY gitDir";
  const removed = "SELECT git_dir AS gitDir, checkout, target FROM repository";
  const rows = [...sql.all<KnownRepository>(removed), ...sql.all<KnownRepository>(ofRuns)];
  const found = new Map(rows.map(({ gitDir, checkout, target }) => [gitDir, { gitDir, checkout, target }]));
  return [...found.values()].sort((a, b) => (a.gitDir < b.gitDir ? -1 : 1));
}

/** Only inside a transaction. Verdicts are of trees, not of runs: they go by their own time. */
export function deleteRun(sql: Statements, id: RunId): RunRemoval {
  const run = sql.firstRow<RunRow>("SELECT row FROM run WHERE id = ?", id);
  if (run === null) return "absent";
  // What an effect is about stands in its row by ids that begin with the run's.
  const pending = sql.all("SELECT 1 FROM effect WHERE instr(row, ?) > 0 LIMIT 1", id).length > 0;
  if (run.state.status !== "finished" || pending) return "not-at-rest";
  keepPastWork(sql, run);
  const { repository, checkout, target } = run;
  sql.exec("INSERT OR REPLACE INTO repository VALUES (?, ?, ?)", repository, checkout, target);
  forgetEvents(sql, id);
  for (const table of ["change", "attempt", "dependency", "share", "task", "status_count"])
    sql.exec(`DELETE FROM ${table} WHERE run = ?`, id);
  sql.exec("DELETE FROM run WHERE id = ?", id);
  return "removed";
}
