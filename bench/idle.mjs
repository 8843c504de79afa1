// What the daemon takes while it only waits.
import { spawn } from "node:child_process";
import fs from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { daemonPid, makeProject, nightcrew, taskFile } from "./lib/crew-project.mjs";
import { progress } from "./lib/ground.mjs";

const quietAgents = 8;
/** All agents are at work by then. */
const startMs = 10_000;
/** V8 tidies its heap some seconds after the last work, and an agent's first minute ends with a look for conflicts. */
const settleMs = 70_000;
/** Long enough for one more of these looks. */
const watchedMs = 120_000;
/** So often a daemon looks around. */
const beatMs = 5_000;
const quiet = `#!/bin/sh\nsleep 240\n`;

/** With quiet agents, beside a node that does nothing but wake as often. */
export async function idle(ground) {
  progress(`idle: ${quietAgents} quiet agents, for ${(settleMs + watchedMs) / 1_000} s`);
  const project = await makeProject(ground, { files: 10, agent: quiet });
  const fixed = ["--yes", "--detach", "--gate", "none", "--target", "main", "--workers", String(quietAgents)];
  await nightcrew(ground, project, ["run", taskFile(project, quietAgents), ...fixed]);
  const waker = spawn(process.execPath, ["-e", `setInterval(() => {}, ${beatMs})`], { stdio: "ignore" });
  try {
    const pids = { daemon: await daemonPid(ground, project), bare: waker.pid };
    await delay(startMs);
    // There is something to conflict with, as on any night on which work lands.
    await ground.git(["commit", "-q", "--allow-empty", "-m", "More"], { cwd: project.repository });
    await ground.git(["branch", "-f", "main", "desk"], { cwd: project.repository });
    await delay(settleMs - startMs);
    const before = usagesOf(pids);
    await delay(watchedMs);
    const after = usagesOf(pids);
    const shares = (name) => ({
      cpu: ((after[name].cpuMs - before[name].cpuMs) * 100) / watchedMs,
      wakeUps: ((after[name].switches - before[name].switches) * 1_000) / watchedMs,
    });
    const [own, bare] = [shares("daemon"), shares("bare")];
    console.log(
      `\nidle with ${quietAgents} quiet agents: ${own.cpu.toFixed(3)} % CPU (goal 0.1), ${own.wakeUps.toFixed(1)} wake-ups a second (goal 2); ` +
        `a bare node that wakes every ${beatMs / 1_000} s: ${bare.cpu.toFixed(3)} % CPU, ${bare.wakeUps.toFixed(1)} wake-ups a second`,
    );
  } finally {
    waker.kill();
    await nightcrew(ground, project, ["cancel", "--all"]);
  }
}

function usagesOf(pids) {
  return Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, usageOf(pid)]));
}

/** Of all threads; the processor's time by the scheduler's clock of nanoseconds, for a tick of /proc/PID/stat is half of the goal. */
function usageOf(pid) {
  const usage = { cpuMs: 0, switches: 0 };
  for (const thread of fs.readdirSync(`/proc/${pid}/task`)) {
    const folder = `/proc/${pid}/task/${thread}`;
    usage.cpuMs += Number(fs.readFileSync(`${folder}/schedstat`, "latin1").split(" ")[0]) / 1e6;
    usage.switches += Number(
      /^voluntary_ctxt_switches:\s+(\d+)/m.exec(fs.readFileSync(`${folder}/status`, "latin1"))[1],
    );
  }
  return usage;
}
