// Required before the bundle of the runner, to see from within what no figure from outside tells: how long it waited for
// git, and how long its event loop was held up while the agent ran. Written to the file that BENCH_PROBE names.
const childProcess = require("node:child_process");
const { writeFileSync } = require("node:fs");
const { basename } = require("node:path");
const { monitorEventLoopDelay, performance } = require("node:perf_hooks");

const resolutionMs = 2;
const file = process.env.BENCH_PROBE;
delete process.env.BENCH_PROBE;
const { spawn } = childProcess;
let gitMs = 0;

childProcess.spawn = (command, args, options) => {
  // The first one of a job; what the job before did behind its agent belongs to no start.
  if (basename(command) === "git" && args.includes("checkout")) gitMs = 0;
  const startedAt = performance.now();
  const child = spawn(command, args, options);
  if (basename(command) === "git") child.once("close", () => (gitMs += performance.now() - startedAt));
  else if (basename(command) !== "bwrap" && basename(command) !== "env") watch(child);
  return child;
};

function watch(child) {
  const beforeMs = gitMs;
  const delays = monitorEventLoopDelay({ resolution: resolutionMs });
  delays.enable();
  const computed = computing();
  child.once("exit", () => {
    delays.disable();
    // What is recorded is the time between two ticks, the pause between them included.
    const blockedMs = Math.max(0, delays.max / 1e6 - resolutionMs);
    writeFileSync(file, JSON.stringify({ gitMs: beforeMs, blockedMs, computedMs: computed() }));
  });
}

/** The most it computed between two ticks: what it waited for other processes of a busy machine is no part of that. */
function computing() {
  let [most, last] = [0, process.cpuUsage()];
  const timer = setInterval(() => {
    const { user, system } = process.cpuUsage(last);
    last = process.cpuUsage();
    most = Math.max(most, (user + system) / 1_000);
  }, resolutionMs).unref();
  return () => {
    clearInterval(timer);
    return most;
  };
}
