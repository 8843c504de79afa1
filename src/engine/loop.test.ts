import { expect, it } from "vitest";
import { openDatabase } from "../adapters/store/open-database.ts";
import { SqliteStore } from "../adapters/store/sqlite-store.ts";
import { bareResult, type AttemptResult } from "../domain/attempt-state.ts";
import type { LandingOutcome } from "../domain/input.ts";
import { newTask } from "../domain/new-task.ts";
import { aRun, aTask, someSettings } from "../../test/rig/rows.ts";
import { Engine } from "./loop.ts";
import type { Ports } from "./ports.ts";

async function settled(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setImmediate(resolve));
}

it("a change that was cancelled while it landed, and whose queue halts by that, leaves the others held once", async () => {
  const store = new SqliteStore(await openDatabase(":memory:"));
  const bugs: unknown[] = [];
  const ends = new Map<string, () => void>();
  const lands: ((outcome: LandingOutcome) => void)[] = [];
  const counts = { filesCreated: 1, filesChanged: 0, filesDeleted: 0, insertions: 1, deletions: 0 };
  const work = { base: "b", tip: "t", branch: "x", agentCommits: 0, ...counts, paths: [], notes: [] };
  const result: AttemptResult = { ...bareResult({ kind: "stopped" }), outcome: { kind: "done" }, work };
  const ports = {
    store,
    clock: { now: () => 1, wait: () => new Promise(() => undefined), close: () => undefined },
    attempts: {
      start: ({ task }: { task: { id: string } }) => new Promise((resolve) => ends.set(task.id, () => resolve(result))),
      stop: async () => undefined,
    },
    repository: {
      follow: async () => ({ kind: "even" }),
      build: async ({ parts }: { parts: { change: { id: string } }[] }) => {
        const links = parts.map(({ change: { id } }) => ({ change: id, commit: `c ${id}`, tick: "not-asked" }));
        const commit = links.map((link) => link.commit).join(" + ");
        const on = { target: "base", waiting: null, tip: "base" };
        return { kind: "built", candidate: { commit, tree: commit, on, links }, left: [] };
      },
      land: () => new Promise((resolve) => lands.push(resolve)),
      deliver: async () => null,
    },
    reports: { write: async () => null },
    alerts: { send: async () => ({ kind: "none" }) },
  } as unknown as Ports;
  const engine = new Engine(ports, { total: 9, perRepository: 9 }, (bug) => bugs.push(bug));
  const queue = { history: "batch", slots: 2, strategy: "prefixes", validation: null, remote: "origin" } as const;
  const run = aRun({ settings: someSettings({ workers: 2, queue }) });
  await engine.submit({
    type: "run.submit",
    run,
    tasks: ["a", "b"].map((id, at) => newTask(run.id, aTask({ id }), at)),
  });
  await settled();
  ends.get("a")?.();
  await settled();
  for (let time = 1; time < 5; time++) {
    lands.shift()?.({ kind: "moved", rejectedBy: "origin" });
    await settled();
  }
  // It lands for the fifth time: meanwhile another one becomes ready, and a person cancels the one that lands.
  ends.get("b")?.();
  await settled();
  await engine.submit({ type: "task.control", run: run.id, task: "a", command: { type: "cancel" } });
  lands.shift()?.({ kind: "moved", rejectedBy: "origin" });
  await settled();
  expect(bugs).toEqual([]);
  expect(store.task(run.id, "b")?.state).toMatchObject({ status: "blocked", by: { reason: "held" } });
  store.close();
});
