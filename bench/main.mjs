#!/usr/bin/env node
// Measures the built nightcrew: how fast it starts, what it adds to a task, how close a task graph comes to its bound.
// Usage: node bench/main.mjs [--only start,noop,dispatch,graph,engine,plan,collisions,queue,roadmaps,daemon,idle,unrest,agents,long] [--files 110,5000,50000] [--tasks N] [--samples N]
// Every figure stands beside a reference measured in the same run, in turns with it: only the ratios mean something, and
// only within one run. Everything happens in one folder: in memory, or where TMPDIR says. In memory fsync costs nothing;
// on a disk what was deleted there before costs much (see lib/ground.mjs).
import { availableParallelism, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { agents } from "./agents.mjs";
import { collisions } from "./collisions.mjs";
import { daemon } from "./daemon.mjs";
import { idle } from "./idle.mjs";
import { dispatch } from "./dispatch.mjs";
import { engine } from "./engine.mjs";
import { graph } from "./graph.mjs";
import { Ground, progress } from "./lib/ground.mjs";
import { long } from "./long.mjs";
import { noop } from "./noop.mjs";
import { plan } from "./plan.mjs";
import { queue } from "./queue.mjs";
import { roadmaps } from "./roadmaps.mjs";
import { start } from "./start.mjs";
import { unrest } from "./unrest.mjs";

const parts = {
  start,
  noop,
  dispatch,
  graph,
  engine,
  plan,
  collisions,
  queue,
  roadmaps,
  daemon,
  idle,
  unrest,
  agents,
  long,
};

function readOptions() {
  const text = { type: "string" };
  const { values } = parseArgs({ options: { only: text, files: text, tasks: text, samples: text } });
  const chosen = values.only?.split(",") ?? Object.keys(parts);
  const unknown = chosen.find((name) => !Object.hasOwn(parts, name));
  if (unknown !== undefined) throw new Error(`there is no part ${unknown}; there are ${Object.keys(parts).join(", ")}`);
  return {
    chosen,
    files: values.files?.split(",").map((word) => count(word, "--files")),
    tasks: values.tasks === undefined ? undefined : count(values.tasks, "--tasks"),
    samples: values.samples === undefined ? undefined : count(values.samples, "--samples"),
  };
}

function count(word, option) {
  const value = Number(word);
  if (Number.isInteger(value) && value > 0 && value <= 100_000) return value;
  throw new Error(`${option}: not a number from 1 to 100000: ${word}`);
}

async function main() {
  const { chosen, ...options } = readOptions();
  const ground = new Ground();
  let clearing = null;
  const clear = () => (clearing ??= ground.clear());
  for (const name of ["SIGINT", "SIGTERM"]) process.once(name, () => void clear().then(() => process.exit(130)));
  try {
    const { stdout } = await ground.run("git", ["--version"]);
    const load = loadavg()[0].toFixed(1);
    console.log(
      `Node ${process.version}, ${stdout.trim()}, ${availableParallelism()} cores, load ${load}, in ${ground.root}`,
    );
    for (const name of chosen) await parts[name](ground, options);
    progress(`load at the end ${loadavg()[0].toFixed(1)}`);
  } finally {
    await clear();
  }
}

await main();
