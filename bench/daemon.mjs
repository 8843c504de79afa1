// What the daemon costs: with a large store, and after a kill.
import fs from "node:fs";
import path from "node:path";
import { daemonPid, makeProject, nightcrew, runCrew, taskFile } from "./lib/crew-project.mjs";
import { buildEngine } from "./lib/engine-build.mjs";
import { inTurns, line, median, printTable } from "./lib/figures.mjs";
import { progress } from "./lib/ground.mjs";

const storedRuns = 500;
const tasksOfEach = 200;
const activeTasks = 1_000;
const statusGoal = 1.1;
const restartGoals = { active: 500, stored: 1_000 };
const mebibyte = 1024 * 1024;
const memoryGoals = { idle: 90, stored: 125 };
const agent = `#!/bin/sh\necho work > "$NIGHTCREW_TASK.txt"\n`;

export async function daemon(ground, { samples = 15 }) {
  progress(`daemon: ${storedRuns} runs with ${storedRuns * tasksOfEach} tasks, ${activeTasks} active tasks`);
  const out = await buildEngine(ground);
  const small = await makeProject(ground, { files: 110, agent });
  await runCrew(ground, small, { source: taskFile(small, 4), tasks: 4 });
  const large = await filled(ground, out, [storedRuns, tasksOfEach, 0]);
  const statusOf = (project) => async () => (await nightcrew(ground, project, ["status"])).ms;
  await statusOf(large)();
  const times = await inTurns(samples, { small: statusOf(small), large: statusOf(large) });
  const memory = { idle: await memoryOf(ground, small), stored: await memoryOf(ground, large) };
  const restart = {
    stored: await restartMs(ground, large),
    active: await restartMs(ground, await filled(ground, out, [1, 1, activeTasks])),
  };
  printTable(`Daemon: median of ${samples}`, [
    line(`status, ${storedRuns * tasksOfEach} tasks stored`, median(times.large), {
      reference: "of a nearly empty home",
      referenceMs: median(times.small),
      goal: statusGoal,
    }),
    ...["active", "stored"].map((what) =>
      line(
        `started again after kill -9, ${what === "active" ? activeTasks : storedRuns * tasksOfEach} ${what}`,
        restart[what],
        {
          reference: "goal",
          referenceMs: restartGoals[what],
          goal: 1,
        },
      ),
    ),
  ]);
  for (const [what, bytes] of Object.entries(memory))
    console.log(`\nresident memory, ${what}: ${(bytes / mebibyte).toFixed(0)} MiB (goal ${memoryGoals[what]})`);
}

async function filled(ground, out, numbers) {
  const project = await makeProject(ground, { files: 10, agent });
  fs.mkdirSync(project.home, { recursive: true, mode: 0o700 });
  await ground.run(process.execPath, [
    path.join(out, "fill.cjs"),
    project.home,
    project.repository,
    ...numbers.map(String),
  ]);
  return project;
}

async function memoryOf(ground, project) {
  const status = fs.readFileSync(`/proc/${await daemonPid(ground, project)}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)[1]) * 1024;
}

/** From the start of the next daemon to its first answer: everything that was unfinished is decided about before it. */
async function restartMs(ground, project) {
  await nightcrew(ground, project, ["daemon", "start"]);
  process.kill(await daemonPid(ground, project), "SIGKILL");
  return (await nightcrew(ground, project, ["daemon", "start"])).ms;
}
