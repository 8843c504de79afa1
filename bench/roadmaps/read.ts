import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { RoadmapReader } from "../../src/adapters/sources/roadmap-reader.ts";

/** Reads every Markdown document of a folder as the daemon does, twice, and tells how long that took and held it up. */
const [threadFile = "", folder = ""] = process.argv.slice(2);
const names = readdirSync(folder).filter((name) => name.endsWith(".md"));
const texts = names.map((name) => readFileSync(join(folder, name), "utf8"));
const reader = new RoadmapReader(threadFile);

interface Told {
  readonly ms: number;
  /** Of all threads: what a busy machine does not change. */
  readonly processorMs: number;
  readonly tasks: number;
  readonly heldUpMs: number;
}

async function readAll(): Promise<Told> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const start = performance.now();
  const before = process.cpuUsage();
  let tasks = 0;
  for (const text of texts) tasks += (await reader.read(text)).tasks.length;
  const ms = performance.now() - start;
  delay.disable();
  const { user, system } = process.cpuUsage(before);
  return { ms, processorMs: (user + system) / 1_000, tasks, heldUpMs: delay.max / 1e6 };
}

async function main(): Promise<void> {
  const cold = await readAll();
  const kept = await readAll();
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  console.log(JSON.stringify({ documents: names.length, bytes, tasks: cold.tasks, cold, kept }));
}

void main();
