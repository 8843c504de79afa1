import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { bareResult } from "../../domain/attempt-state.ts";
import type { Effect } from "../../domain/effect.ts";
import { aChange, anAttempt, aRun, aTask, someSettings } from "../../../test/rig/rows.ts";
import { needs } from "../../domain/needs.ts";
import { newTask } from "../../domain/new-task.ts";
import type { TaskRow } from "../../domain/rows.ts";
import { newQueue, type Repair } from "../../domain/queue/queue-row.ts";
import { makeRunId, type AttemptId, type RunId, type RunRow } from "../../domain/run.ts";
import { openDatabase } from "./open-database.ts";
import { FencedError } from "./fenced-error.ts";
import { emptyDecision } from "../../domain/decide/draft.ts";
import { SqliteStore } from "./sqlite-store.ts";

const root = mkdtempSync(join(tmpdir(), "nightcrew-store-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

it("refuses every write of an owner that was replaced, in the middle of whatever it was doing", async () => {
  const file = join(root, "fence.sqlite");
  const [older, younger] = [new SqliteStore(await openDatabase(file)), new SqliteStore(await openDatabase(file))];
  const claim = { tree: "t", gate: "g", checks: [] };
  const write = (store: SqliteStore): unknown =>
    store.transaction(() => store.apply({ ...emptyDecision, verdicts: [claim] }, 1));
  older.fence(1);
  write(older);
  younger.fence(2);
  expect(() => write(older)).toThrow(FencedError);
  expect(() => older.fence(1)).toThrow("generation 1 was replaced by 2");
  write(younger);
  // Reading is no harm.
  expect(older.pendingEffects()).toEqual([]);
  older.close();
  younger.close();
});

it("leaves nothing in its log when it is closed, also while somebody reads", async () => {
  const file = join(root, "closed.sqlite");
  const logged = (): number => (existsSync(`${file}-wal`) ? statSync(`${file}-wal`).size : 0);
  const [store, reader] = [new SqliteStore(await openDatabase(file)), await openDatabase(file)];
  const claim = { tree: "t", gate: "g", checks: [] };
  store.transaction(() => store.apply({ ...emptyDecision, verdicts: [claim] }, 1));
  expect(logged()).toBeGreaterThan(0);
  store.close();
  expect(logged()).toBe(0);
  const another = new SqliteStore(await openDatabase(file));
  reader.exec("BEGIN");
  reader.prepare("SELECT * FROM verdict").all();
  another.transaction(() => another.apply({ ...emptyDecision, verdicts: [claim] }, 2));
  // Its reader is waited for, but not for long.
  another.close();
  expect(logged()).toBeGreaterThan(0);
  reader.exec("ROLLBACK");
  reader.close();
});

describe("a transaction", () => {
  it("that SQLite has rolled back by itself tells what was wrong, not that there is nothing to roll back", async () => {
    const database = await openDatabase(":memory:");
    const store = new SqliteStore(database);
    const full = (): never => {
      database.exec("ROLLBACK");
      throw new Error("database or disk is full");
    };
    expect(() => store.transaction(full)).toThrow("database or disk is full");
    expect(store.transaction(() => "goes on")).toBe("goes on");
    store.close();
  });
});

it("has in a queue's slice the run whose gate judges a repair, also where its change is of another run", async () => {
  const store = new SqliteStore(await openDatabase(":memory:"));
  const host = aRun({ id: makeRunId(1, "11111111") });
  const { id, repository, target } = aRun();
  const change = aChange("t", { run: id });
  const repair: Repair = {
    number: 1,
    change: change.id,
    commit: "c",
    why: { by: "person" },
    host: host.id,
    gateKey: "",
    rest: [],
    goes: 0,
    state: { status: "building" },
  };
  const queue = { ...newQueue({ repository, target }), repairs: [repair] };
  const rows = { ...emptyDecision, runs: [aRun(), host], changes: [change], queues: [queue] };
  store.transaction(() => store.apply(rows, 1));
  const { runs } = store.queueSlice({ repository, target, tree: null, held: "none", changes: [], hosts: [] });
  expect(runs.map((run) => run.id)).toContain(host.id);
  store.close();
});

describe("a run that is removed", () => {
  const run = (id: string, state: RunRow["state"]): RunRow =>
    aRun({ id: id as RunId, repository: "/repo/.git", checkout: "/repo", state, createdAt: 1 });
  const put = (store: SqliteStore, row: RunRow, effects: Effect[] = []): unknown =>
    store.transaction(() =>
      store.apply(
        { ...emptyDecision, runs: [row], effects, events: [{ run: row.id, task: null, body: { type: "run.paused" } }] },
        1,
      ),
    );

  it("leaves nothing behind but its repository, and only when it is finished and nothing is pending", async () => {
    const store = new SqliteStore(await openDatabase(":memory:"));
    const [old, other] = ["20250101-000000-aaaaaaaa", "20250101-000000-bbbbbbbb"] as RunId[];
    put(store, run(old ?? "", { status: "active" }));
    put(store, run(other ?? "", { status: "finished", at: 50 }));
    expect(store.removeRun(old as RunId)).toBe("not-at-rest");
    const wrapUp: Effect = { kind: "wrap-up", id: `wrap-up:${old}`, run: old as RunId };
    put(store, run(old ?? "", { status: "finished", at: 10 }), [wrapUp]);
    expect(store.removeRun(old as RunId)).toBe("not-at-rest");
    store.transaction(() => store.closeEffect(wrapUp.id));
    expect(store.runsFinishedBy(10).map(({ id }) => id)).toEqual([old]);
    expect(store.removeRun(old as RunId)).toBe("removed");
    expect(store.removeRun(old as RunId)).toBe("absent");
    expect(store.run(old as RunId)).toBeNull();
    expect(store.events(old as RunId, 0, 10)).toEqual([]);
    expect(store.events(other as RunId, 0, 10)).toHaveLength(1);
    expect(store.removeRun(other as RunId)).toBe("removed");
    expect(store.repositories()).toEqual([{ gitDir: "/repo/.git", checkout: "/repo", target: "main" }]);
    store.close();
  });
});

it("never gives the number of an event a second time, also where the newest run is removed and another one owns the store", async () => {
  const file = join(root, "numbers.sqlite");
  const first = new SqliteStore(await openDatabase(file));
  const happens = (store: SqliteStore, run: RunId): number[] =>
    store
      .transaction(() =>
        store.apply({ ...emptyDecision, events: [{ run, task: null, body: { type: "run.paused" } }] }, 1),
      )
      .events.map(({ seq }) => seq);
  const kept = aRun({ id: makeRunId(1, "11111111") });
  const removed = aRun({ id: makeRunId(2, "22222222"), state: { status: "finished", at: 1 } });
  first.transaction(() => first.apply({ ...emptyDecision, runs: [kept, removed] }, 1));
  expect([happens(first, kept.id), happens(first, removed.id)]).toEqual([[1], [2]]);
  expect(first.removeRun(removed.id)).toBe("removed");
  first.close();
  const second = new SqliteStore(await openDatabase(file));
  expect(happens(second, kept.id)).toEqual([3]);
  expect(second.events(kept.id, 1, 9).map(({ seq }) => seq)).toEqual([3]);
  second.close();
});

it("has what one decision put in the slices of the next ones, in the same transaction and later", async () => {
  const store = new SqliteStore(await openDatabase(":memory:"));
  const run = aRun({ settings: someSettings({ workers: 4 }) });
  const task = newTask(run.id, aTask({ id: "t", priority: "low" }), 3);
  const attempt = anAttempt({ run: run.id, task: "t" });
  const change = aChange("t", { run: run.id, id: attempt.id });
  const about = { type: "attempt.ended", run: run.id, task: "t", attempt: attempt.id } as const;
  const slice = (): unknown => {
    const found = store.slice(needs({ ...about, result: bareResult({ kind: "done" }) }), 1);
    return { run: found.run, task: found.task, attempt: found.attempt, change: found.change };
  };
  const states: readonly TaskRow[] = [
    task,
    { ...task, spentUsd: 1 },
    { ...task, state: { status: "running", stage: "working" } },
    { ...task, order: 7, planned: { ...task.planned, priority: "high", title: "other" } },
  ];
  store.transaction(() => {
    for (const [index, row] of states.entries()) {
      const rows = {
        run: { ...run, spentUsd: index },
        attempt: { ...attempt, number: 1 },
        change: { ...change, tip: `${index}` },
      };
      store.apply(
        { ...emptyDecision, runs: [rows.run], tasks: [row], attempts: [rows.attempt], changes: [rows.change] },
        1,
      );
      expect(slice()).toEqual({ ...rows, task: row });
    }
  });
  expect(store.transaction(slice)).toMatchObject({ run: { spentUsd: 3 }, task: states[3], change: { tip: "3" } });
  expect(store.tasks(run.id)).toEqual([states[3]]);
  // A number is written in many ways, an id in one.
  expect([store.attempt(attempt.id)?.id, store.attempt(`${run.id}/t-01` as AttemptId)]).toEqual([attempt.id, null]);
  // What did not come to be was never seen.
  const fails = (): never => {
    store.apply({ ...emptyDecision, runs: [{ ...run, spentUsd: 9 }] }, 1);
    throw new Error("in the middle");
  };
  expect(() => store.transaction(fails)).toThrow("in the middle");
  expect(store.transaction(slice)).toMatchObject({ run: { spentUsd: 3 } });
  store.close();
});

it("knows what tasks took that landed, also of runs that were removed, and of each once", async () => {
  const store = new SqliteStore(await openDatabase(":memory:"));
  const landedIn = (id: string, agent: string, createdAt: number): RunId => {
    const run = aRun({ id: makeRunId(createdAt, id), createdAt, state: { status: "finished", at: createdAt } });
    const task = newTask(run.id, aTask({ type: "testing" }), 0);
    const done: TaskRow = { ...task, state: { status: "completed", commit: "c" }, endedAt: createdAt + 90 };
    const attempt = anAttempt({ run: run.id, agent, startedAt: createdAt, endedAt: createdAt + 60 });
    store.transaction(() => store.apply({ ...emptyDecision, runs: [run], tasks: [done], attempts: [attempt] }, 1));
    return run.id;
  };
  const work = { type: "testing", size: "small", workMs: 60, landMs: 30, costUsd: null };
  const first = landedIn("11111111", "a", 1_000);
  landedIn("22222222", "b", 2_000);
  const both = [
    { ...work, agent: "b" },
    { ...work, agent: "a" },
  ];
  expect(store.pastWork("/r", 9)).toEqual(both);
  store.removeRun(first);
  expect(store.pastWork("/r", 9)).toEqual(both);
  expect(store.pastWork("/r", 1)).toEqual(both.slice(0, 1));
  expect(store.pastWork("/other", 9)).toEqual([]);
  store.close();
});

it("keeps apart what collides, also of a task that was put behind its peers since", async () => {
  const store = new SqliteStore(await openDatabase(":memory:"));
  const run = aRun({ settings: someSettings({ workers: 4 }) });
  const atWork: TaskRow["state"] = { status: "running", stage: "working" };
  const [one, two, three] = [["one", 1] as const, ["two", 1] as const, ["three", 2] as const].map(
    ([id, share], order) => newTask(run.id, aTask({ id }), order, [share]),
  );
  const put = (...tasks: (TaskRow | undefined)[]): unknown =>
    store.transaction(() =>
      store.apply({ ...emptyDecision, runs: [run], tasks: tasks.filter((task) => task !== undefined) }, 1),
    );
  const ready = (): string[] => {
    const { ready: found } = store.transaction(() => store.slice(needs({ type: "run.nudged", run: run.id }), 1));
    return found.map(({ id }) => id);
  };
  put(one, two, three);
  expect(ready()).toEqual(["one", "two", "three"]);
  if (one === undefined || two === undefined) throw new Error("there are three tasks");
  put({ ...one, state: atWork }, { ...two, order: 1_000_001 });
  expect(ready()).toEqual(["three"]);
  store.close();
});
