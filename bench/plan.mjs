// How long a person waits for a large plan: its checks and its estimate, beside a copy of it as JSON.
import path from "node:path";
import { buildEngine } from "./lib/engine-build.mjs";
import { bounded, line, printTable } from "./lib/figures.mjs";
import { progress } from "./lib/ground.mjs";

const checkGoalMs = 500;

export async function plan(ground, { tasks = 5_000 }) {
  progress(`plan: ${tasks} tasks`);
  const out = await buildEngine(ground);
  const { stdout } = await ground.run(process.execPath, [path.join(out, "check.cjs"), String(tasks)]);
  const { checkMs, estimateMs, copyMs } = JSON.parse(stdout.trim().split("\n").at(-1));
  const copy = { reference: "a copy as JSON", referenceMs: copyMs };
  printTable(`Plan: ${tasks} tasks, two dependencies and two files each`, [
    bounded("all checks of the plan", checkMs, checkGoalMs, copy),
    line("its estimate", estimateMs, copy),
  ]);
}
