import { openDatabase } from "../../src/adapters/store/open-database.ts";
import { SqliteStore } from "../../src/adapters/store/sqlite-store.ts";
import { collisionsOf } from "../../src/domain/collisions/collisions.ts";
import { decide } from "../../src/domain/decide/decide.ts";
import type { Input } from "../../src/domain/input.ts";
import { needs } from "../../src/domain/needs.ts";
import { newTask } from "../../src/domain/new-task.ts";
import type { PlannedTask } from "../../src/domain/plan.ts";
import { makeRunId, type RunRow } from "../../src/domain/run.ts";
import { aTask } from "../../test/rig/rows.ts";
import { runRow } from "../engine/rows.ts";

/**
 * How long one decision takes that looks for what may start among many tasks with write sets: with all workers but one busy, so
 * that one is looked for. Prints one JSON object, milliseconds by shape of the plan.
 */
async function main(tasks: number, rounds: number): Promise<void> {
  const tree = Array.from({ length: 5_000 }, (_, index) => `src/part-${index % 50}/file-${index}.ts`);
  const found: Record<string, Measured> = {};
  for (const [shape, filesOf] of Object.entries(shapes)) {
    const planned = Array.from({ length: tasks }, (_, index) =>
      aTask({ id: `t${index}`, files: filesOf(index, tree) }),
    );
    found[shape] = await measured(planned, tree, rounds);
  }
  console.log(JSON.stringify(found));
}

interface Measured {
  /** To find which tasks collide; of the processor, like all of these: others may be at work. */
  readonly foundMs: number;
  readonly decisionMs: number;
  readonly worstMs: number;
}

const shapes: Readonly<Record<string, (index: number, tree: readonly string[]) => string[]>> = {
  "no write sets": () => [],
  "three files of 5,000 each": (index, tree) => [0, 1, 2].map((n) => tree[(index * 7 + n * 131) % tree.length] ?? ""),
  "three files of 60 each": (index, tree) => [0, 1, 2].map((n) => tree[(index * 7 + n * 13) % 60] ?? ""),
  "one file, named by all": (_, tree) => [tree[0] ?? ""],
  "a folder of 50 each": (index) => [`src/part-${index % 50}/`],
  "a file each, and one folder around them all": (index, tree) => [
    index === 0 ? "src/" : (tree[index % tree.length] ?? ""),
  ],
};

async function measured(planned: readonly PlannedTask[], tree: readonly string[], rounds: number): Promise<Measured> {
  const began = process.cpuUsage();
  const { shares } = collisionsOf(planned, tree, "declared");
  const foundMs = msSince(began);
  const database = await openDatabase(":memory:");
  const store = new SqliteStore(database);
  const run = runRow(makeRunId(0, "00000000"), "/r");
  const tasks = planned.map((task, order) => newTask(run.id, task, order, shares.get(task.id)));
  decideIn(store, { type: "run.submit", run: { ...run, settings: { ...run.settings, workers: 3 } }, tasks });
  // One more worker than there is work begun: every decision looks for what it may begin, and what it finds is not kept.
  const wider: RunRow = { ...run, settings: { ...run.settings, workers: 4 } };
  const times = Array.from({ length: rounds }, () => timed(store, wider));
  store.close();
  times.sort((a, b) => a - b);
  return { foundMs, decisionMs: times[times.length >> 1] ?? 0, worstMs: times.at(-1) ?? 0 };
}

const limits = { total: 64, perRepository: 64 };

function decideIn(store: SqliteStore, input: Input): void {
  store.transaction(() => {
    store.apply(decide({ ...store.slice(needs(input), 1), limits }, input, 1), 1);
  });
}

function timed(store: SqliteStore, run: RunRow): number {
  const input: Input = { type: "run.nudged", run: run.id };
  return store.transaction(() => {
    const began = process.cpuUsage();
    const slice = store.slice(needs(input), 1);
    decide({ ...slice, run, limits }, input, 1);
    return msSince(began);
  });
}

function msSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

const [tasks = 1, rounds = 1] = process.argv.slice(2).map(Number);
main(tasks, rounds).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
