// How much the deciding itself costs: the engine over its store, without agents, beside bare transactions of the store.
import path from "node:path";
import { buildEngine } from "./lib/engine-build.mjs";
import { line, printTable } from "./lib/figures.mjs";
import { progress } from "./lib/ground.mjs";

/** A run of so many tasks makes as many claims: what its first thousand cost while the code is still being compiled says little. */
const changes = 5_000;
const dependenciesOfEach = 3;
const claimGoalMs = 0.5;
const groupGoal = 20_000;

export async function engine(ground, { tasks = 100_000 }) {
  const dependencies = tasks * dependenciesOfEach;
  progress(`engine: ${tasks} tasks, ${dependencies} dependencies, ${changes} changes`);
  const out = await buildEngine(ground);
  const folder = ground.folder("engine");
  const numbers = [tasks, dependencies, changes].map(String);
  const { stdout } = await ground.run(process.execPath, [path.join(out, "load.cjs"), folder, ...numbers]);
  const { plannedMs, rawMs, singleMs, rawMedianMs, claimMedianMs, claimPages, wideMedianMs, groupMs } = JSON.parse(
    stdout.trim().split("\n").at(-1),
  );
  const claim = "an agent's end, the next task found and claimed, median";
  const raw = { reference: "bare transaction", referenceMs: rawMs };
  printTable(`Engine: ${tasks} tasks, ${dependencies} dependencies, one change`, [
    line("a durable change through the engine", singleMs, { ...raw, goal: 2 }),
    line(claim, claimMedianMs, {
      reference: `bare transaction of its ${claimPages} pages + ${claimGoalMs} ms`,
      referenceMs: wideMedianMs + claimGoalMs,
      goal: 1,
    }),
    line(claim, claimMedianMs, {
      reference: `bare transaction of one row + ${claimGoalMs} ms`,
      referenceMs: rawMedianMs + claimGoalMs,
    }),
    line("a change in a group", groupMs, { reference: `1 s / ${groupGoal}`, referenceMs: 1_000 / groupGoal, goal: 1 }),
    line("the whole plan submitted", plannedMs),
  ]);
  console.log(
    `\n${Math.round(1_000 / groupMs)} changes a second in groups, ${Math.round(1_000 / singleMs)} one by one`,
  );
}
