// What nightcrew itself costs: tasks that do next to nothing, queued to landed, beside the same steps as a shell script, and
// beside the fewest steps that leave the same in git.
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

// The floor: a pool of work trees, plumbing, and nothing that is written down but what git has in the end: the work's commit with
// its trailers, its raw diff looked at, merged and ticked, landed without a checkout.
const floorStep = `set -e
name="$NIGHTCREW_RUN-$1"
cd "$TREES/slot-$SLOT"
git checkout -q --force --detach main
git clean -ffdxq
base=$(git rev-parse HEAD)
NIGHTCREW_TASK="$1" "$AGENT"
git add -A
said="Write file $1

Nightcrew-Run: $NIGHTCREW_RUN
Nightcrew-Task: $1"
work=$(printf '%s\\n' "$said" | git commit-tree "$(git write-tree)" -p "$base")
git diff-tree -r --raw -z "$base" "$work" > /dev/null
git update-ref "refs/heads/done/$name" "$work"
exec 9> "$TREES/merge.lock"
flock 9
tip=$(git rev-parse refs/heads/main)
merged=$(git merge-tree --write-tree "$tip" "$work")
blob=$(git cat-file blob "$tip:$SOURCE" | sed "$1s/\\[ \\]/[x]/" | git hash-object -w --stdin)
ticked=$(git ls-tree "$merged" | sed "s/^100644 blob [0-9a-f]*\\(.\\)$SOURCE$/100644 blob $blob\\1$SOURCE/" | git mktree)
landed=$(printf '%s\\n' "$said" | git commit-tree "$ticked" -p "$tip" -p "$work")
git update-ref refs/heads/main "$landed" "$tip"
`;

/** What is measured at a size: the script takes seconds a task where there are many files. */
function scopeOf(files, tasks) {
  if (files < manyFiles) return { files, goal: 1.5, floorGoal: 1.6, tasks: tasks ?? 60, rounds: 4 };
  const most = files >= 10 * manyFiles;
  return { files, goal: 0.3, floorGoal: most ? 1.15 : 1.25, tasks: tasks ?? (most ? 8 : 24), rounds: 2 };
}

export async function noop(ground, { files = [110, manyFiles], tasks = null }) {
  for (const count of files) await measure(ground, scopeOf(count, tasks));
  await atOnce(ground);
}

const sourceOf = (round) => `ROADMAP-${round}.md`;

async function measure(ground, { files, goal, floorGoal, tasks, rounds }) {
  progress(`noop: ${tasks} tasks on ${files} files, ${rounds} rounds`);
  const boxes = Array.from({ length: tasks }, (_, n) => `- [ ] Write file ${n + 1}\n`).join("");
  const tracked = Object.fromEntries(Array.from({ length: rounds + 1 }, (_, round) => [sourceOf(round), boxes]));
  const project = await makeProject(ground, { files, agent, tracked });
  const script = await makeScript(ground, await makeProject(ground, { files, agent }));
  const floor = await makeFloor(ground, await makeProject(ground, { files, agent, tracked }));
  const crew = (round) => runCrew(ground, project, { source: sourceOf(round), tasks });
  const cold = await crew(0);
  await runFloor(ground, floor, { tasks, round: 0 });
  const [ours, theirs, floors] = [[], [], []];
  for (let round = 0; round < rounds; round++) {
    theirs.push(await runScript(ground, script, tasks));
    floors.push(await runFloor(ground, floor, { tasks, round: round + 1 }));
    ours.push(await crew(round + 1));
    progress(
      `  round ${round + 1}: ${Math.round(ours.at(-1).runMs / tasks)} / ${Math.round(theirs.at(-1) / tasks)} ms`,
    );
  }
  const aTask = (values) => median(values) / tasks;
  const against = { reference: "script", referenceMs: aTask(theirs) };
  const warmMs = aTask(ours.map(({ runMs }) => runMs));
  const onFloor = { reference: "floor", referenceMs: aTask(floors), goal: floorGoal };
  printTable(`No-op tasks on ${files} files: a task, ${tasks} tasks, ${workers} at once, median of ${rounds} runs`, [
    line("warm: submitted → finished", warmMs, { ...against, goal }),
    line(`the same, ${(1_000 / warmMs).toFixed(1)} tasks a second`, warmMs, onFloor),
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

/** One work tree for each that works at the same time; the target is checked out nowhere. */
async function makeFloor(ground, { folder, repository, script }) {
  const step = write(path.join(folder, "floor.sh"), floorStep);
  const trees = path.join(folder, "slots");
  for (let slot = 0; slot < workers; slot++)
    await ground.git(["worktree", "add", "-q", "--detach", path.join(trees, `slot-${slot}`), "main"], {
      cwd: repository,
    });
  return { step, repository, landed: 0, env: { TREES: trees, AGENT: script } };
}

/** Milliseconds for all of them. */
async function runFloor(ground, floor, { tasks, round }) {
  const numbers = Array.from({ length: tasks }, (_, n) => n + 1).join("\n");
  const before = await mergesOf(ground, floor.repository);
  const { ms } = await ground.run(
    "xargs",
    [`-P${workers}`, "--process-slot-var=SLOT", "-I{}", "sh", floor.step, "{}"],
    { env: { ...floor.env, NIGHTCREW_RUN: `floor-${round}`, SOURCE: sourceOf(round) }, input: numbers },
  );
  const merges = (await mergesOf(ground, floor.repository)) - before;
  const open = (await ground.git(["show", `main:${sourceOf(round)}`], { cwd: floor.repository })).match(/\[ \]/g) ?? [];
  if (merges !== tasks || open.length > 0)
    throw new Error(`the floor made ${merges} merges, ${open.length} boxes are open`);
  return ms;
}

async function mergesOf(ground, repository) {
  return Number(await ground.git(["rev-list", "--count", "--merges", "main"], { cwd: repository }));
}

const many = 16;

/** All of them end when the last one has begun. */
async function atOnce(ground) {
  progress(`noop: ${many} agents that finish at once`);
  const here = ground.folder("here");
  const waits = `touch '${here}'/$NIGHTCREW_TASK; until [ "$(ls '${here}' | wc -l)" -ge ${many} ]; do sleep 0.01; done\n`;
  const project = await makeProject(ground, { files: 110, agent: agent.replace("\n", `\n${waits}`) });
  const source = taskFile(project, many);
  const { runMs, events } = await runCrew(ground, project, { source, tasks: many, atOnce: many });
  const attempts = events.filter(({ body }) => body.type === "attempt.started").length;
  const ended = events.filter(({ body }) => body.type === "attempt.ended").map(({ at }) => at);
  const landed = events.filter(({ body }) => body.type === "change.landed").map(({ at }) => at);
  console.log(
    `\n${many} agents that finish at once: ${landed.length} landed, ${attempts - landed.length} attempts failed; first end → last landing ${Math.round(Math.max(...landed) - Math.min(...ended))} ms, whole run ${Math.round(runMs)} ms`,
  );
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
