import type { DatabaseSyncInstance, StatementSyncInstance } from "@photostructure/sqlite";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { openDatabase } from "../../src/adapters/store/open-database.ts";
import { SqliteStore } from "../../src/adapters/store/sqlite-store.ts";
import { bareResult, type AttemptResult } from "../../src/domain/attempt-state.ts";
import type { Candidate } from "../../src/domain/change-state.ts";
import type { ToldInput } from "../../src/domain/input.ts";
import type { AttemptRow } from "../../src/domain/rows.ts";
import { makeRunId, type RunRow } from "../../src/domain/run.ts";
import { Engine } from "../../src/engine/loop.ts";
import type { AttemptSpec, BuildPart, Ports } from "../../src/engine/ports.ts";
import { runRow, taskRows } from "./rows.ts";

/** Loads the store and the engine alone. Prints one JSON object: what was measured, in milliseconds for one. */
async function main(folder: string, tasks: number, dependencies: number, changes: number): Promise<void> {
  const database = await openDatabase(join(folder, "engine.sqlite"));
  const store = new SqliteStore(database);
  const run = runRow(makeRunId(0, "00000000"), "/r");
  const started: AttemptRow[] = [];
  const engine = new Engine(quickPorts(store, started), { total: 64, perRepository: 64 }, (error) => {
    throw error;
  });
  const plannedMs = await timed(() =>
    engine.submit({ type: "run.submit", run, tasks: taskRows(run, tasks, dependencies) }),
  );
  database.exec("CREATE TABLE raw (seq INTEGER PRIMARY KEY, body TEXT NOT NULL)");
  const insert = database.prepare("INSERT INTO raw (body) VALUES (?)");
  const body = JSON.stringify({ type: "attempt.progressed", attempt: 1, percent: 1, message: "half of it is done" });
  const wide = new WideTable(database);
  const first = await begun(started);
  const about = { run: run.id, task: first.task, attempt: first.id };
  const progress: ToldInput = {
    type: "attempt.progressed",
    ...about,
    percent: 1,
    message: "half of it is done",
    asks: null,
  };
  const times: Record<"raw" | "single" | "claim" | "wide", number[]> = { raw: [], single: [], claim: [], wide: [] };
  const pages: number[] = [];
  for (let done = 0; done < changes; done++) {
    times.raw.push(
      await timed(() => {
        database.exec("BEGIN IMMEDIATE");
        insert.run(body);
        database.exec("COMMIT");
      }),
    );
    times.single.push(await timed(() => engine.submit(progress)));
    const attempt = await begun(started);
    const before = wide.pagesLogged();
    times.claim.push(await timed(() => engine.submit(endOf(run, attempt), `start-attempt:${attempt.id}`)));
    const written = wide.pagesLogged() - before;
    // Where the log was begun anew meanwhile it tells nothing: as many as the last time.
    const many = written > 0 ? written : (pages.at(-1) ?? 1);
    pages.push(many);
    times.wide.push(await timed(() => wide.write(many)));
    await landed(store, attempt);
  }
  const many = changes * 20;
  const groupMs = await timed(() => Promise.all(Array.from({ length: many }, () => engine.submit(progress))));
  console.log(
    JSON.stringify({
      plannedMs,
      rawMs: mean(times.raw),
      singleMs: mean(times.single),
      rawMedianMs: median(times.raw),
      claimMedianMs: median(times.claim),
      claimPages: median(pages),
      wideMedianMs: median(times.wide),
      groupMs: groupMs / many,
    }),
  );
  store.close();
  // Nothing else is to be waited for: the agents of this load never end.
  process.exit(0);
}

/** Bare transactions that write as many pages as something else did. */
class WideTable {
  private readonly database: DatabaseSyncInstance;
  private readonly update: StatementSyncInstance;
  private readonly log: StatementSyncInstance;
  private writes = 0;

  constructor(database: DatabaseSyncInstance) {
    this.database = database;
    database.exec("CREATE TABLE wide (seq INTEGER PRIMARY KEY, body TEXT NOT NULL)");
    const insert = database.prepare("INSERT INTO wide (body) VALUES (?)");
    // A page has room for one of them.
    for (let row = 0; row < mostPages; row++) insert.run("x".repeat(3_000));
    this.update = database.prepare("UPDATE wide SET body = ? WHERE seq = ?");
    this.log = database.prepare("PRAGMA wal_checkpoint(NOOP)");
  }

  pagesLogged(): number {
    return (this.log.get() as { log: number }).log;
  }

  write(pages: number): void {
    this.database.exec("BEGIN IMMEDIATE");
    // What stays the same SQLite does not write.
    const body = String(++this.writes).padEnd(3_000, "x");
    for (let row = 1; row <= Math.min(pages, mostPages); row++) this.update.run(body, row);
    this.database.exec("COMMIT");
  }
}

const mostPages = 64;

async function timed(work: () => unknown): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** How long one waits; the mean tells what a machine that does other things, too, was kept from as well. */
function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[values.length >> 1] ?? 0;
}

/** The end of an agent: its change is offered, and the next task is found and claimed. */
function endOf(run: RunRow, attempt: AttemptRow): ToldInput {
  const counts = { agentCommits: 0, filesCreated: 1, filesChanged: 0, filesDeleted: 0, insertions: 1, deletions: 0 };
  const work = { base: "b", tip: "t", branch: "x", ...counts, paths: [], notes: [] };
  const result = { ...bareResult({ kind: "done" }), work };
  return { type: "attempt.ended", run: run.id, task: attempt.task, attempt: attempt.id, result };
}

/** The agents that were started first are over first. */
async function begun(started: AttemptRow[]): Promise<AttemptRow> {
  // What the engine asks for after a commit has been asked for then.
  await turn();
  const attempt = started.shift();
  if (attempt === undefined) throw new Error("nothing was started");
  return attempt;
}

/** What an agent did is merged, and lands, before the next one ends. */
async function landed(store: SqliteStore, { id }: AttemptRow): Promise<void> {
  for (let turns = 0; turns < mostTurns; turns++) {
    if (store.change(id)?.state.status === "landed") return;
    await turn();
  }
  throw new Error(`${id} has not landed`);
}

const mostTurns = 1_000;

/** Merges and lands at once. Agents never end by themselves: `started` takes up those that were asked for. */
function quickPorts(store: SqliteStore, started: AttemptRow[]): Ports {
  const never = <T>(): Promise<T> => new Promise<T>(() => undefined);
  const start = ({ attempt }: AttemptSpec): Promise<AttemptResult> => {
    started.push(attempt);
    return never();
  };
  return {
    store,
    clock: { now: Date.now, wait: never, close: () => undefined },
    attempts: { start, finish: never, setFrozen: never, tell: never, stop: never },
    checks: { start: never, stop: never },
    repository: {
      build: ({ parts }) => Promise.resolve({ kind: "built", candidate: candidateOf(parts), left: [] }),
      keepMerge: never,
      buildRevert: never,
      buildPromotion: never,
      follow: never,
      land: () => Promise.resolve({ kind: "landed", place: { on: "target" } }),
      deliver: never,
    },
    sources: { tickInPlace: never },
    reports: { write: never },
    alerts: { send: never },
    trackers: { claim: never, tell: never },
  };
}

function candidateOf(parts: readonly BuildPart[]): Candidate {
  const links = parts.map(({ change }) => ({ change: change.id, commit: change.tip, tick: "not-asked" as const }));
  return { commit: "c", tree: "t", on: { target: "b", waiting: null, tip: "b" }, links };
}

const [folder = ".", ...numbers] = process.argv.slice(2);
const [tasks = 1, dependencies = 0, changes = 1] = numbers.map(Number);
main(folder, tasks, dependencies, changes).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
