// How fast commands start: each beside a bare `node -e 0`.
import { countGit, makeProject, nightcrew, runCrew, stopDaemon, taskFile } from "./lib/crew-project.mjs";
import { inTurns, line, median, printTable, time } from "./lib/figures.mjs";
import { progress } from "./lib/ground.mjs";

const tasks = 20;
const versionGoal = 1.35;
const statusGoal = 2.3;
const goal = 3;

const roadmap = `# Roadmap\n\n${Array.from(
  { length: tasks },
  (_, n) => `- [ ] **Build part ${n + 1}**\n  Of the thing.\n  **Files**: \`src/part-${n + 1}.js\`\n`,
).join("")}`;
const agent = `#!/bin/sh\necho work > "$NIGHTCREW_TASK.txt"\n`;

const commands = {
  help: ["help"],
  "plan ROADMAP.md": ["plan", "ROADMAP.md"],
  status: ["status"],
  tasks: ["tasks"],
  runs: ["runs"],
  report: ["report"],
  logs: ["logs", "1"],
  doctor: ["doctor"],
  "init --print": ["init", "--print"],
};

export async function start(ground, { samples = 15 }) {
  progress(`start: ${samples} samples of ${Object.keys(commands).length + 2} commands`);
  const project = await makeProject(ground, { files: 110, agent, tracked: { "ROADMAP.md": roadmap } });
  await runCrew(ground, project, { source: taskFile(project, tasks), tasks });
  const timed = async (args) => (await nightcrew(ground, project, args)).ms;
  const actions = {
    bare: async () => (await ground.run(process.execPath, ["-e", "0"])).ms,
    version: () => timed(["--version"]),
    ...Object.fromEntries(Object.entries(commands).map(([name, args]) => [name, () => timed(args)])),
  };
  const gits = await gitOf(ground, project, actions);
  const coldMs = [];
  for (let n = 0; n < 5; n++) {
    await stopDaemon(ground, project);
    coldMs.push(await timed(["status"]));
  }
  const times = await inTurns(samples, actions);
  const referenceMs = median(times.bare);
  const against = (most) => ({ reference: "node -e 0", referenceMs, goal: most });
  const goalOf = (name) => (name === "status" ? statusGoal : goal);
  const rows = Object.keys(commands).map((name) => line(name, median(times[name]), against(goalOf(name))));
  const heaviest = rows.reduce((most, row) => (row.ms > most.ms ? row : most));
  printTable(`Start: median of ${samples}`, [
    line("--version", median(times.version), against(versionGoal)),
    ...rows,
    line(`heaviest: ${heaviest.what}`, heaviest.ms, against(goal)),
    line("status that starts the daemon", median(coldMs), against(null)),
  ]);
  for (const [name, count] of gits) {
    const gitMs = median(times[`git of ${name}`]);
    const rest = `without it ${(median(times[name]) / referenceMs - gitMs / referenceMs).toFixed(2)}x`;
    console.log(`\n${name}: ${count} git processes, ${time(gitMs)} when run alone one after another; ${rest}`);
  }
}

/** Adds, for every command that calls git, an action that makes the same calls alone. Returns how many there are. */
async function gitOf(ground, project, actions) {
  const counts = [];
  for (const [name, args] of Object.entries(commands)) {
    const calls = await countGit(ground, project, (under) => nightcrew(ground, project, args, { under }));
    if (calls.length === 0) continue;
    counts.push([name, calls.length]);
    actions[`git of ${name}`] = () => replay(ground, calls);
  }
  return counts;
}

async function replay(ground, calls) {
  let ms = 0;
  for (const { cwd, args } of calls) ms += (await ground.run("git", args, { cwd, mayFail: true })).ms;
  return ms;
}
