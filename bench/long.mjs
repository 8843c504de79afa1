// Whether a long run keeps its pace: what a task costs early and late in one run, and what grows meanwhile.
import fs from "node:fs";
import path from "node:path";
import { makeProject, runCrew, stopDaemon, taskFile, workers } from "./lib/crew-project.mjs";
import { line, median, printTable } from "./lib/figures.mjs";
import { progress } from "./lib/ground.mjs";

const goal = 1.15;
const files = 110;
/** Landings of one window; the median of some is compared with that of others. */
const windowSize = 100;
const comparedWindows = 5;
/** Runners and gits start in the first one. */
const firstWindow = 1;
const sampleMs = 1_000;
const limitMs = 6 * 60 * 60 * 1_000;
const mebibyte = 1024 * 1024;

const notesInFolder = 100;

/** Each writes a file of its own that is there, so that nothing conflicts and the project does not grow: git itself takes longer for more files. */
const agent = `#!/bin/sh
n=\${NIGHTCREW_TASK##*[!0-9]}
echo "$NIGHTCREW_TASK" > "notes/$((n / ${notesInFolder}))/$n.txt"
`;

function notesFor(tasks) {
  const paths = Array.from({ length: tasks }, (_, n) => `notes/${Math.floor((n + 1) / notesInFolder)}/${n + 1}.txt`);
  return Object.fromEntries(paths.map((path) => [path, "nothing yet\n"]));
}

export async function long(ground, { tasks = 2_000 }) {
  if (tasks < 3 * windowSize) throw new Error(`long: it takes at least ${3 * windowSize} tasks`);
  progress(`long: ${tasks} tasks, ${workers} at once`);
  const tracked = notesFor(tasks);
  const project = await makeProject(ground, { files, agent, tracked });
  const before = await freshCost(ground, tracked);
  const watched = watch(project);
  const { events } = await runCrew(ground, project, { source: taskFile(project, tasks), tasks, timeoutMs: limitMs });
  const samples = watched.stop();
  await stopDaemon(ground, project);
  const after = await freshCost(ground, tracked);
  const landings = timesOf(events, "change.landed");
  const costs = windowCosts(landings);
  const [early, late] = [costs.slice(firstWindow, firstWindow + comparedWindows), costs.slice(-comparedWindows)];
  printTable(`A long run: a task, ${tasks} tasks, ${workers} at once, medians of ${comparedWindows} × ${windowSize}`, [
    line(`around task ${tasks}`, median(late), { reference: "around task 100", referenceMs: median(early), goal }),
    // The machine may have become slower or faster meanwhile: the same early windows of a new project, before and after.
    line("a new project, after it", after, { reference: "before it", referenceMs: before }),
    line(`around task ${tasks}`, median(late), { reference: "a new project after it", referenceMs: after, goal }),
  ]);
  console.log(`\nmilliseconds a task, in tenths of the run: ${tenths(costs).join(", ")}`);
  console.log(`changes that waited to land: ${waitingAtMost(events)} at most`);
  printGrowth(samples, landings);
}

/** Milliseconds a task in the early windows of a project that is new. */
async function freshCost(ground, tracked) {
  const tasks = (firstWindow + 2) * windowSize;
  const project = await makeProject(ground, { files, agent, tracked });
  const { events } = await runCrew(ground, project, { source: taskFile(project, tasks), tasks });
  await stopDaemon(ground, project);
  return median(windowCosts(timesOf(events, "change.landed")).slice(firstWindow));
}

function timesOf(events, type) {
  return events.filter(({ body }) => body.type === type).map(({ at }) => at);
}

/** Changes that were offered and had not landed: one lands after another, and what waits grows stale. */
function waitingAtMost(events) {
  let [waiting, most] = [0, 0];
  for (const { body } of events) {
    if (body.type === "attempt.ended") waiting++;
    else if (body.type === "change.landed" || body.type === "change.rejected") waiting--;
    most = Math.max(most, waiting);
  }
  return most;
}

/** Of whole windows, in order: milliseconds a task. */
function windowCosts(landings) {
  const costs = [];
  for (let end = windowSize; end < landings.length; end += windowSize)
    costs.push((landings[end] - landings[end - windowSize]) / windowSize);
  return costs;
}

function tenths(costs) {
  const size = Math.max(1, costs.length / 10);
  return Array.from({ length: Math.min(10, costs.length) }, (_, n) =>
    median(costs.slice(Math.floor(n * size), Math.max(Math.floor(n * size) + 1, Math.floor((n + 1) * size)))).toFixed(
      1,
    ),
  );
}

/** Looks from time to time at what is on disk, without a process. */
function watch(project) {
  const samples = [];
  const timer = setInterval(() => samples.push({ at: Date.now(), ...sizes(project) }), sampleMs);
  return {
    stop() {
      clearInterval(timer);
      return samples;
    },
  };
}

function sizes({ repository, home }) {
  const git = path.join(repository, ".git");
  const runs = names(path.join(git, "refs/heads/nightcrew"));
  const looseRefs = runs.map((run) => names(path.join(git, "refs/heads/nightcrew", run)).length);
  return {
    // git's own way of guessing: one folder of 256.
    loose: names(path.join(git, "objects/17")).length * 256,
    packs: names(path.join(git, "objects/pack")).filter((name) => name.endsWith(".pack")).length,
    looseRefs: looseRefs.reduce((sum, count) => sum + count, 0),
    store: sizeOf(path.join(home, "store.db")),
    log: sizeOf(path.join(home, "store.db-wal")),
  };
}

function printGrowth(samples, landings) {
  const early = samples.find(({ at }) => at >= landings[windowSize]) ?? samples[0];
  const late = samples.findLast(({ at }) => at <= landings.at(-1)) ?? samples.at(-1);
  const words = ({ loose, packs, looseRefs, store, log }) =>
    `about ${loose} loose objects, ${packs} packs, ${looseRefs} loose branches, ` +
    `store ${(store / mebibyte).toFixed(1)} MiB, its log ${(log / mebibyte).toFixed(1)} MiB`;
  const most = (name) => Math.max(...samples.map((sample) => sample[name]));
  console.log(`around task 100: ${words(early)}`);
  console.log(`around task ${landings.length}: ${words(late)}`);
  console.log(
    `at most: about ${most("loose")} loose objects, ${most("packs")} packs, ${most("looseRefs")} loose branches`,
  );
}

function names(folder) {
  try {
    return fs.readdirSync(folder);
  } catch (error) {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return [];
    throw error;
  }
}

function sizeOf(file) {
  return fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
