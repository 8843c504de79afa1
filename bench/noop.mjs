// What nightcrew itself costs: tasks that do next to nothing, queued to landed, beside the same steps as a shell script.
import fs from "node:fs";
import path from "node:path";
import { countGit, countsText, makeProject, runCrew, stationsText, taskFile, workers } from "./lib/crew-project.mjs";
import { line, median, printTable } from "./lib/figures.mjs";
import { progress, write } from "./lib/ground.mjs";

const manyFiles = 5_000;
const countedTasks = 8;

// Files are named after the run too, so that every run of one repository changes something.
const agent = `#!/bin/sh\necho "$NIGHTCREW_TASK" > "$NIGHTCREW_RUN-$NIGHTCREW_TASK.txt"\n`;

// A git that lists worktrees fails on one that another git is just making or removing; who runs several tries again. -B
// instead of -b, for the branch may have been made before.
const scriptStep = `set -e
again() { "$@" || "$@" || "$@" || "$@"; }
name="$NIGHTCREW_RUN-$1"
again git -C "$REPOSITORY" worktree add -q -B "work/$name" "$TREES/$name" main
cd "$TREES/$name"
NIGHTCREW_TASK="$1" "$AGENT"
git add -A
git commit -q -m "Write $name"
flock "$TREES/merge.lock" git -C "$LANDING" merge -q --no-ff -m "Merge $name" "work/$name"
cd "$REPOSITORY"
again git worktree remove "$TREES/$name"
`;

/** What is measured at a size: the script takes seconds a task where there are many files. */
function scopeOf(files, tasks) {
  if (files < manyFiles) return { files, goal: 1.5, tasks: tasks ?? 60, rounds: 4 };
  return { files, goal: 0.3, tasks: tasks ?? (files > 10 * manyFiles - 1 ? 8 : 24), rounds: 2 };
}

export async function noop(ground, { files = [110, manyFiles], tasks = null }) {
  for (const count of files) await measure(ground, scopeOf(count, tasks));
}

async function measure(ground, { files, goal, tasks, rounds }) {
  progress(`noop: ${tasks} tasks on ${files} files, ${rounds} rounds`);
  const project = await makeProject(ground, { files, agent });
  const script = await makeScript(ground, await makeProject(ground, { files, agent }));
  const crew = () => runCrew(ground, project, { source: taskFile(project, tasks), tasks });
  const cold = await crew();
  const [ours, theirs] = [[], []];
  for (let round = 0; round < rounds; round++) {
    theirs.push(await runScript(ground, script, tasks));
    ours.push(await crew());
    progress(
      `  round ${round + 1}: ${Math.round(ours.at(-1).runMs / tasks)} / ${Math.round(theirs.at(-1) / tasks)} ms`,
    );
  }
  const aTask = (values) => median(values) / tasks;
  const against = { reference: "script", referenceMs: aTask(theirs) };
  const warmMs = aTask(ours.map(({ runMs }) => runMs));
  printTable(`No-op tasks on ${files} files: a task, ${tasks} tasks, ${workers} at once, median of ${rounds} runs`, [
    line("warm: submitted → finished", warmMs, { ...against, goal }),
    line("warm: the whole command", aTask(ours.map(({ wallMs }) => wallMs)), against),
    line("cold (first run): submitted → finished", cold.runMs / tasks, against),
    line("cold: the whole command", cold.wallMs / tasks, against),
  ]);
  console.log(`\n${stationsText(ours.at(-1).events)}`);
  await printCounts(ground, project);
}

async function printCounts(ground, project) {
  const source = taskFile(project, countedTasks);
  const calls = await countGit(ground, project, (under) =>
    runCrew(ground, project, { source, tasks: countedTasks, under }),
  );
  const aTask = (calls.length / countedTasks).toFixed(1);
  console.log(`\ngit processes a task, of ${countedTasks}: ${aTask} (${countsText(calls, countedTasks)})`);
}

/** The target is checked out in a work tree of its own, as who merges by hand needs it. */
async function makeScript(ground, { folder, repository, script }) {
  const landing = path.join(folder, "landing");
  await ground.git(["worktree", "add", "-q", landing, "main"], { cwd: repository });
  const step = write(path.join(folder, "step.sh"), scriptStep);
  const trees = path.join(folder, "trees");
  fs.mkdirSync(trees);
  return { step, runs: 0, env: { REPOSITORY: repository, LANDING: landing, TREES: trees, AGENT: script } };
}

/** Milliseconds for all of them. */
async function runScript(ground, script, tasks) {
  const numbers = Array.from({ length: tasks }, (_, n) => n + 1).join("\n");
  const { ms } = await ground.run("xargs", [`-P${workers}`, "-I{}", "sh", script.step, "{}"], {
    env: { ...script.env, NIGHTCREW_RUN: `script-${++script.runs}` },
    input: numbers,
  });
  const merges = Number(await ground.git(["-C", script.env.LANDING, "rev-list", "--count", "--merges", "main"]));
  if (merges !== tasks * script.runs) throw new Error(`the script made ${merges} merges of ${tasks * script.runs}`);
  return ms;
}
