import { isRunId, type AttemptId, type RunId, type RunRow } from "../domain/run.ts";
import type { QueueKey } from "../domain/queue/queue-row.ts";
import type { AttemptRow } from "../domain/rows.ts";
import type { SqliteStore } from "../adapters/store/sqlite-store.ts";
import { OperationalError } from "../std/operational-error.ts";
import { nearest } from "../std/text.ts";

/** How far back runs are looked up that no id names; those that are not finished are found however old they are. */
const runsLookedAt = 200;
/** For one that has a name like one that is not there. */
const tasksLookedAt = 5_000;

function unknownRun(id: string, store: SqliteStore): OperationalError {
  const known = store.runs(runsLookedAt).map((run) => run.id as string);
  if (known.length === 0) return noRunYet();
  const what = `There is no run ${id}`;
  const task = taskNamed(store, id);
  if (task !== null) {
    const why = `${task.id} is a task of run ${task.run}`;
    return new OperationalError({ code: "unknown-run", what, why, next: `nightcrew report ${task.run}` });
  }
  const near = nearest(id, known);
  return new OperationalError({
    code: "unknown-run",
    what,
    ...(near.length > 0 ? { why: `there is: ${near.join(", ")}` } : {}),
    next: "nightcrew runs",
  });
}

/** `RUN/TASK`, or a task of the newest run. */
function taskNamed(store: SqliteStore, id: string): { readonly run: RunId; readonly id: string } | null {
  const slash = id.indexOf("/");
  const [run, task] = slash === -1 ? [newestRun(store)?.id, id] : [id.slice(0, slash), id.slice(slash + 1)];
  if (run === undefined || !isRunId(run)) return null;
  return store.task(run, task) === null ? null : { run, id: task };
}

function noRunYet(where = ""): OperationalError {
  const what = `There is no run yet ${where}`.trim();
  return new OperationalError({ code: "no-run", what, next: "nightcrew run ROADMAP.md" });
}

/** The run meant by an id or the unique end of one; without an id the newest that is not finished, else the newest. */
export function findRun(store: SqliteStore, id: string | undefined): RunRow {
  if (id === undefined) {
    const run = newestRun(store);
    if (run === null) throw noRunYet();
    return run;
  }
  if (isRunId(id)) {
    const run = store.run(id);
    if (run !== null) return run;
  }
  const ends = runsEndingWith(store, id);
  if (ends.length === 1 && ends[0] !== undefined) return ends[0];
  throw unknownRun(id, store);
}

/** The run meant by an id; without one the newest of the repository around `cwd`, else the newest of all. */
export function findRunHere(store: SqliteStore, id: string | undefined, cwd: string): RunRow {
  const here = id === undefined ? newestRunAt(store, cwd) : null;
  return here ?? findRun(store, id);
}

/** The newest run of a repository, by its common git directory, or of those onto one branch. */
export function newestRunIn(store: SqliteStore, repository: string, target: string | undefined): RunRow {
  const here = runsOfInterest(store).filter((one) => one.repository === repository);
  const run = newestOf(here.filter((one) => target === undefined || one.target === target));
  if (run === null) throw noRunYet(target === undefined ? "in this repository" : `onto ${target}`);
  return run;
}

/** The newest run onto a branch of a repository; null where there was none. */
export function newestRunOnto(store: SqliteStore, { repository, target }: QueueKey): RunRow | null {
  const onto = runsOfInterest(store).filter((run) => run.repository === repository && run.target === target);
  return newestOf(onto);
}

function runsEndingWith(store: SqliteStore, id: string): RunRow[] {
  return id.length < 4 ? [] : store.runsEndingWith(id, runsLookedAt);
}

/** All that are not finished, and then the newest. */
function runsOfInterest(store: SqliteStore): RunRow[] {
  return [...store.openRuns(runsLookedAt), ...store.runs(runsLookedAt)];
}

/** What a command is about. */
export type Subject =
  | { readonly kind: "run"; readonly run: RunRow }
  | { readonly kind: "task"; readonly run: RunRow; readonly task: string };

/** `RUN` or its end, `RUN/TASK`, and `TASK` in the newest run, of the repository around `cwd` where that has one. A task's name goes before the end of a run's. */
export function findSubject(store: SqliteStore, id: string, cwd?: string): Subject {
  if (isRunId(id)) return { kind: "run", run: findRun(store, id) };
  const slash = id.indexOf("/");
  const run = slash === -1 ? (newestRunAt(store, cwd) ?? newestRun(store)) : findRun(store, id.slice(0, slash));
  const task = slash === -1 ? id : id.slice(slash + 1);
  if (run !== null && store.task(run.id, task) !== null) return { kind: "task", run, task };
  if (slash === -1 && runsEndingWith(store, id).length > 0) return { kind: "run", run: findRun(store, id) };
  if (run === null) throw noRunYet();
  throw unknownTask(store, run, task);
}

function newestRunAt(store: SqliteStore, cwd: string | undefined): RunRow | null {
  if (cwd === undefined) return null;
  const here = (folder: string): boolean => cwd === folder || cwd.startsWith(`${folder}/`);
  return newestOf(runsOfInterest(store).filter(({ checkout }) => here(checkout)));
}

function newestRun(store: SqliteStore): RunRow | null {
  return newestOf([...store.openRuns(1), ...store.runs(1)]);
}

function newestOf(runs: readonly RunRow[]): RunRow | null {
  return runs.find(({ state }) => state.status !== "finished") ?? runs[0] ?? null;
}

export type LogSubject =
  { readonly kind: "run"; readonly run: RunRow } | { readonly kind: "attempt"; readonly attempt: AttemptRow };

/** `RUN` or its end, `RUN/TASK`, `RUN/TASK-N`, and without the run's id in the newest run; a task means its last attempt. */
export function findLog(store: SqliteStore, id: string): LogSubject {
  const slash = id.indexOf("/");
  if (slash === -1 && isRunId(id)) return { kind: "run", run: findRun(store, id) };
  const run = findRun(store, slash === -1 ? undefined : id.slice(0, slash));
  const rest = slash === -1 ? id : id.slice(slash + 1);
  // A task's id may look like another task's attempt: what is a task is meant as one.
  const attempt = lastAttempt(store, run.id, rest) ?? store.attempt(`${run.id}/${rest}` as AttemptId);
  if (attempt !== null) return { kind: "attempt", attempt };
  if (slash === -1 && store.task(run.id, rest) === null && runsEndingWith(store, rest).length > 0)
    return { kind: "run", run: findRun(store, rest) };
  throw unknownTask(store, run, rest);
}

function lastAttempt(store: SqliteStore, run: RunId, task: string): AttemptRow | null {
  const row = store.task(run, task);
  return row === null || row.attempts === 0 ? null : store.attempt(`${run}/${task}-${row.attempts}` as AttemptId);
}

function unknownTask(store: SqliteStore, run: RunRow, id: string): OperationalError {
  if (store.task(run.id, id) !== null) {
    return new OperationalError({
      code: "not-started",
      what: `Task ${id} has not been started`,
      next: `nightcrew tasks ${run.id}`,
    });
  }
  const near = nearest(id, store.taskIds(run.id, tasksLookedAt));
  return new OperationalError({
    code: "unknown-task",
    what: `There is no task or attempt ${id} in run ${run.id}`,
    ...(near.length > 0 ? { why: `there is: ${near.join(", ")}` } : {}),
    next: `nightcrew tasks ${run.id}`,
  });
}
