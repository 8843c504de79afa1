// What the daemon costs: with a large store, after a kill, and when it only waits.
import fs from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { makeProject, nightcrew, runCrew, taskFile } from "./lib/crew-project.mjs";
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
const quietAgents = 8;
/** V8 tidies its heap some seconds after the last work. */
const settleMs = 30_000;
const watchedMs = 20_000;
const agent = `#!/bin/sh\necho work > "$NIGHTCREW_TASK.txt"\n`;
const quiet = `#!/bin/sh\nsleep 60\n`;

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
  await idling(ground);
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

async function pidOf(ground, project) {
  return JSON.parse((await nightcrew(ground, project, ["daemon", "status", "--json"])).stdout).pid;
}

async function memoryOf(ground, project) {
  const status = fs.readFileSync(`/proc/${await pidOf(ground, project)}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)[1]) * 1024;
}

/** From the start of the next daemon to its first answer: everything that was unfinished is decided about before it. */
async function restartMs(ground, project) {
  await nightcrew(ground, project, ["daemon", "start"]);
  process.kill(await pidOf(ground, project), "SIGKILL");
  return (await nightcrew(ground, project, ["daemon", "start"])).ms;
}

/** How much a daemon does while its agents are silent. */
async function idling(ground) {
  const project = await makeProject(ground, { files: 10, agent: quiet });
  const fixed = ["--yes", "--detach", "--gate", "none", "--target", "main", "--workers", String(quietAgents)];
  await nightcrew(ground, project, ["run", taskFile(project, quietAgents), ...fixed]);
  const pid = await pidOf(ground, project);
  await delay(settleMs);
  const before = usageOf(pid);
  await delay(watchedMs);
  const after = usageOf(pid);
  await nightcrew(ground, project, ["cancel", "--all"]);
  const cpu = ((after.ticks - before.ticks) * 10 * 100) / watchedMs;
  const wakeUps = ((after.switches - before.switches) * 1_000) / watchedMs;
  console.log(
    `\nidle with ${quietAgents} quiet agents: ${cpu.toFixed(2)} % CPU (goal 0.1), ${wakeUps.toFixed(1)} wake-ups a second (goal 2)`,
  );
}

function usageOf(pid) {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  let switches = 0;
  for (const thread of fs.readdirSync(`/proc/${pid}/task`)) {
    const status = fs.readFileSync(`/proc/${pid}/task/${thread}/status`, "latin1");
    switches += Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(status)[1]);
  }
  return { ticks: Number(fields[11]) + Number(fields[12]), switches };
}
