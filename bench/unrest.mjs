// What agents do to the daemon: how much of it those take that print much, and how soon the task of a runner that died is queued again.
import fs from "node:fs";
import { request } from "node:http";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { makeProject, nightcrew, stopDaemon, taskFile } from "./lib/crew-project.mjs";
import { bounded, median, printTable } from "./lib/figures.mjs";
import { progress } from "./lib/ground.mjs";

const count = 8;
const printedBytes = 10 * 1024 * 1024;
const memoryGoalMib = 0.5;
const requeueGoalMs = 500;
/** V8 tidies its heap some seconds after the last work. */
const settleMs = 30_000;
const pollMs = 10;
const limitMs = 120_000;
const mebibyte = 1024 * 1024;

const begun = `: > "\${0%/*}/begun-$NIGHTCREW_TASK-$NIGHTCREW_ATTEMPT"\n`;
const quiet = `#!/bin/sh\n${begun}exec sleep 120\n`;
const loud = `#!/bin/sh\nhead -c ${printedBytes} /dev/zero | tr '\\0' x | fold -w 100\n${begun}exec sleep 120\n`;

export async function unrest(ground) {
  progress(`unrest: ${count} agents`);
  await printing(ground);
  await dying(ground);
}

/** Beside as many agents that print nothing; each with a daemon of its own, which grows with what it has done before. */
async function printing(ground) {
  const project = await makeProject(ground, { files: 10, agent: quiet });
  const still = await memoryWith(ground, project, quiet);
  await stopDaemon(ground, project);
  const noisy = await memoryWith(ground, project, loud);
  const each = (noisy - still) / count / mebibyte;
  console.log(
    `\nresident memory with ${count} agents that print nothing ${(still / mebibyte).toFixed(1)} MiB, with ${count} that printed ` +
      `${printedBytes / mebibyte} MB each ${(noisy / mebibyte).toFixed(1)} MiB: ${each.toFixed(2)} MiB an agent (goal ${memoryGoalMib})`,
  );
}

async function memoryWith(ground, project, agent) {
  fs.writeFileSync(project.script, agent);
  await begin(ground, project);
  for (let task = 1; task <= count; task++) await appeared(path.join(project.folder, `begun-${task}-1`));
  await delay(settleMs);
  const { stdout } = await nightcrew(ground, project, ["daemon", "status", "--json"]);
  const status = fs.readFileSync(`/proc/${JSON.parse(stdout).pid}/status`, "utf8");
  await nightcrew(ground, project, ["cancel", "--all"]);
  for (let task = 1; task <= count; task++) fs.rmSync(path.join(project.folder, `begun-${task}-1`));
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)[1]) * 1024;
}

/** From the kill to the event that tells of the task in the queue. It stays there for a moment: the next death may be of the same cause. */
async function dying(ground) {
  const project = await makeProject(ground, { files: 10, agent: quiet });
  const run = await begin(ground, project);
  const killedAt = new Map();
  for (let task = 1; task <= count; task++) {
    await appeared(path.join(project.folder, `begun-${task}-1`));
    const claim = path.join(project.home, "runs", run, "attempts", `${task}-1`, "claim");
    killedAt.set(String(task), Date.now());
    process.kill(JSON.parse(fs.readFileSync(claim, "utf8")).pid, "SIGKILL");
    await appeared(path.join(project.folder, `begun-${task}-2`));
  }
  const events = await eventsOf(project, run);
  await nightcrew(ground, project, ["cancel", "--all"]);
  const queued = events.filter(({ body }) => body.type === "task.requeued");
  const times = queued.map(({ task, at }) => at - killedAt.get(task));
  if (times.length !== count) throw new Error(`${times.length} of ${count} tasks were queued again`);
  printTable(`Unrest: ${count} deaths`, [
    bounded("from a runner's death to its task in the queue, median", median(times), requeueGoalMs),
    bounded("the longest", Math.max(...times), requeueGoalMs),
  ]);
}

function eventsOf({ home }, run) {
  return new Promise((resolve, reject) => {
    const place = { socketPath: path.join(home, "daemon.sock"), path: "/v1/events", method: "POST" };
    const sent = request(place, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (chunk) => (text += chunk));
      answer.once("end", () => resolve(JSON.parse(text).events));
    });
    sent.once("error", reject);
    sent.end(JSON.stringify({ run, after: 0 }));
  });
}

/** Returns the run's id. */
async function begin(ground, project) {
  const fixed = ["--yes", "--detach", "--gate", "none", "--target", "main", "--workers", String(count)];
  return (await nightcrew(ground, project, ["run", taskFile(project, count), ...fixed])).stdout.trim();
}

async function appeared(file) {
  for (let waited = 0; !fs.existsSync(file); waited += pollMs) {
    if (waited > limitMs) throw new Error(`${file} did not appear`);
    await delay(pollMs);
  }
}
