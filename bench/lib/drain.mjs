// Runs a command and only drains its output: the least that a node process can do with it.
// Usage: node drain.mjs <report> <command> [<argument>…]
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";

const resolutionMs = 2;
const [report, command, ...args] = process.argv.slice(2);
const delays = monitorEventLoopDelay({ resolution: resolutionMs });
const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
child.stdout.resume();
delays.enable();
child.once("close", () => {
  delays.disable();
  writeFileSync(report, JSON.stringify({ blockedMs: Math.max(0, delays.max / 1e6 - resolutionMs) }));
});
