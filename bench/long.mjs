// Whether a long run keeps its pace: what a task costs early and late in one run, and what grows meanwhile.
import fs from "node:fs";
import path from "node:path";
import { makeProject, nightcrew, runCrew, stopDaemon, taskFile, workers } from "./lib/crew-project.mjs";
import { line, median, printTable } from "./lib/figures.mjs";
import { progress } from "./lib/ground.mjs";

const goal = 1.15;
const files = 110;
const windowSize = 100;
/** Windows of each side; the median is of these. */
const turns = 8;
/** Landings of a turn before its window: what was frozen goes on, and processes are started. */
const warmUp = 20;
/** What lands until a turn has ended, and so that all workers have something to do until the last one has. */
const rest = 20;
const tasksInTurns = (turns + 1) * (warmUp + windowSize + rest);
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

export async function long(ground, { tasks = 3_000 }) {
  if (tasks < 2 * tasksInTurns) throw new Error(`long: it takes at least ${2 * tasksInTurns} tasks`);
  progress(`long: ${tasks} tasks, ${workers} at once`);
  const tracked = notesFor(tasks);
  const old = await begin(ground, { tracked, tasks });
  await old.reaches(tasks - tasksInTurns);
  await old.pause();
  const young = await begin(ground, { tracked, tasks: windowSize + tasksInTurns });
  await young.reaches(windowSize);
  await young.pause();
  const [early, late] = await inTurns([young, old]);
  const youngUntil = young.landings.length;
  await Promise.all([young.end(), old.end()]);
  // The machine became slower or faster since this run was young: shown without a goal.
  const first = (old.landings[2 * windowSize] - old.landings[windowSize]) / windowSize;
  printTable(`A long run: a task, ${tasks} tasks, ${workers} at once, medians of ${turns} × ${windowSize}`, [
    line(`around task ${tasks}`, median(late), {
      reference: `tasks ${windowSize} to ${youngUntil} of another run, in turns`,
      referenceMs: median(early),
      goal,
    }),
    line(`around task ${tasks}`, median(late), {
      reference: `tasks ${windowSize} to ${2 * windowSize} of the same run`,
      referenceMs: first,
    }),
  ]);
  const alone = old.landings.slice(0, tasks - tasksInTurns);
  console.log(`\nturns, milliseconds a task: ${texts(late)}; in the other run: ${texts(early)}`);
  console.log(`before that, in tenths: ${texts(tenths(alone))}`);
  console.log(`changes that waited to land: ${old.waitedAtMost} at most`);
  printGrowth(old.samples, old.landings);
}

/** Starts a run of many tasks in a project of its own, which can be told to wait. */
async function begin(ground, { tracked, tasks }) {
  const project = await makeProject(ground, { files, agent, tracked });
  const watched = watch(project);
  const landings = [];
  let heard = () => {};
  const onEvent = ({ body, at }) => {
    if (body.type === "change.landed") landings.push(at);
    heard();
  };
  const source = taskFile(project, tasks);
  const running = runCrew(ground, project, { source, tasks, timeoutMs: limitMs, onEvent });
  // Whoever waits for it hears of it; while nobody does it must not end the bench before its ground is cleared.
  running.catch(() => {});
  const control = (...args) => nightcrew(ground, project, [...args, "--all", "--json"]);
  const run = {
    landings,
    samples: watched.samples,
    reaches: (count) =>
      Promise.race([
        running.then(() => Promise.reject(new Error(`long: it ended before ${count} landings were seen`))),
        new Promise((resolve) => {
          heard = () => landings.length >= count && resolve();
          heard();
        }),
      ]),
    pause: () => control("pause"),
    resume: () => control("resume", "--detach"),
    async end() {
      await run.resume();
      run.waitedAtMost = waitingAtMost((await running).events);
      watched.stop();
      await stopDaemon(ground, project);
    },
  };
  return run;
}

/** One works while the other waits, so that both have the same machine. Milliseconds a task, for each of them. */
async function inTurns(runs) {
  const costs = runs.map(() => []);
  for (let turn = 0; turn < turns; turn++) {
    for (const [index, run] of runs.entries()) {
      const begun = run.landings.length + warmUp;
      await run.resume();
      await run.reaches(begun + windowSize + 1);
      await run.pause();
      costs[index].push((run.landings[begun + windowSize] - run.landings[begun]) / windowSize);
    }
  }
  return costs;
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

/** Milliseconds a task in each tenth. */
function tenths(landings) {
  const size = Math.floor((landings.length - 1) / 10);
  return Array.from({ length: 10 }, (_, n) => (landings[(n + 1) * size] - landings[n * size]) / size);
}

function texts(costs) {
  return costs.map((cost) => cost.toFixed(1)).join(", ");
}

/** Looks from time to time at what is on disk, without a process. */
function watch(project) {
  const samples = [];
  const timer = setInterval(() => samples.push({ at: Date.now(), ...sizes(project) }), sampleMs);
  return { samples, stop: () => clearInterval(timer) };
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
