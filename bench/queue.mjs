// The merge queue: its decisions in an ideal world, the same with real processes, and what a landing costs.
import path from "node:path";
import { baseHistory } from "./lib/base-history.mjs";
import { makeProject, nightcrew, stopDaemon, taskFile } from "./lib/crew-project.mjs";
import { buildEngine } from "./lib/engine-build.mjs";
import { bounded, line, printTable } from "./lib/figures.mjs";
import { progress } from "./lib/ground.mjs";

const seeds = 1_000;
const changes = 50;
const slots = 4;

/** What is to be reached: gate times, and runs of gates; and what a simulation of the strategy alone found: group-split, 4 slots. */
const goals = [
  { share: 0, warmed: true, makespan: 1.1, research: "1.0 (1)" },
  { share: 0.05, warmed: true, makespan: 8, gates: 20, research: "6.9 (17)" },
  { share: 0.2, warmed: true, makespan: 13, gates: 45, research: "11.2 (39)" },
  { share: 0, warmed: false, makespan: 2, research: "" },
  { share: 0.05, warmed: false, makespan: 9, research: "" },
  { share: 0.2, warmed: false, makespan: 15, research: "" },
];

export async function queue(ground, { files = [110, 5_000], samples = seeds }) {
  const out = await buildEngine(ground);
  const program = (name, ...args) => ground.run(process.execPath, [path.join(out, `${name}.cjs`), ...args.map(String)]);
  const told = async (...args) => JSON.parse((await program(...args)).stdout.trim().split("\n").at(-1));
  progress(`queue: ${changes} changes, ${slots} slots, ${samples} seeds`);
  printCases(await told("simulate", "all", samples), samples);
  for (const share of [0.05, 0.2])
    await real(ground, share, (bad) => told("simulate", "one", changes, slots, bad.join(",")));
  for (const count of files) await landing(ground, count, told);
}

/** Base checks and re-runs are counted: the research simulation has neither, nor flakes, and knows the share. */
function printCases(cases, samples) {
  const cell = (value, goal) =>
    `${value.toFixed(value < 10 ? 2 : 1)}${goal === undefined ? "" : ` ≤ ${goal} ${value <= goal ? "yes" : "NO"}`}`;
  const rows = cases.map((one) => {
    const goal = goals.find(({ share, warmed }) => share === one.share && warmed === one.warmed);
    const what = `${one.share * 100} % red, ${one.warmed ? "share known of 100 changes" : "nothing known"}`;
    const counts = [cell(one.base), cell(one.reruns), `${one.red}`, `${one.ejected}`];
    return [
      what,
      cell(one.makespan, goal.makespan),
      cell(one.late),
      cell(one.gates, goal.gates),
      ...counts,
      goal.research,
    ];
  });
  const head = [
    "",
    "makespan",
    "p95",
    "gate runs",
    "of the base",
    "re-runs",
    "red targets",
    "good ejected",
    "research",
  ];
  const title = `Queue: ${changes} changes, ${slots} slots, simulated gate of 1: means of ${samples} seeds`;
  console.log(`\n### ${title}\n\n| ${head.join(" | ")} |\n|${" ---: |".repeat(head.length)}`);
  for (const row of rows) console.log(`| ${row.join(" | ")} |`);
}

const gateSeconds = 2;
const realGoal = 1.15;

/** Every task is done first, and waits; then all of them are to be landed at once. */
async function real(ground, share, simulate) {
  progress(`queue: ${changes} changes with real processes, ${share * 100} % red, a gate of ${gateSeconds} s`);
  // Spread evenly, and the same every time.
  const every = Math.round(1 / share);
  const isBad = (n) => n % every === every - 1;
  const bad = Array.from({ length: changes }, (_, n) => n).filter(isBad);
  const agent = `#!/bin/sh\nn=$(printf %s "$NIGHTCREW_TASK" | tr -dc 0-9)\n[ $(((n - 1) % ${every})) = ${every - 1} ] && what=bad || what=good\necho $what > "task-$n.txt"\n`;
  const check = `sleep ${gateSeconds}; ! grep -qs bad task-*.txt`;
  const project = await makeProject(ground, {
    files: 110,
    agent,
    more: `attempts: 1\nqueue: {slots: ${slots}}\n`,
    gate: check,
  });
  const args = [
    "run",
    taskFile(project, changes),
    "--yes",
    "--json",
    "--no-land",
    "--target",
    "main",
    "--workers",
    "4",
  ];
  await nightcrew(ground, project, args);
  const { stdout } = await nightcrew(ground, project, ["land", "--completed", "--json"], { mayFail: true });
  const events = stdout.split("\n").flatMap((text) => (text === "" ? [] : (JSON.parse(text).event ?? [])));
  await stopDaemon(ground, project);
  const at = (...types) => events.filter(({ body }) => types.includes(body.type)).map((event) => event.at);
  const decided = at("change.landed", "change.rejected");
  if (decided.length !== changes) throw new Error(`${decided.length} of ${changes} changes were decided`);
  const ms = Math.max(...decided) - Math.min(...at("change.built"));
  const { makespan, gates } = await simulate(bad);
  const referenceMs = makespan * gateSeconds * 1_000;
  printTable(`Queue with real processes: ${changes} changes, ${bad.length} of them red, nothing known of the share`, [
    line("first built → last decided", ms, {
      reference: `simulated, ${makespan} gates of ${gateSeconds} s,`,
      referenceMs,
      goal: realGoal,
    }),
  ]);
  console.log(`\n${gates} gate runs in the simulation; ${at("change.landed").length} landed`);
}

const landings = 30;

async function landing(ground, files, told) {
  progress(`queue: ${landings} landings on ${files} files`);
  const repository = path.join(ground.folder(`landing-${files}`), "repository");
  await ground.git(["init", "-q", "-b", "desk", repository]);
  await ground.git(["fast-import", "--quiet"], { cwd: repository, input: `${baseHistory(files)}${branches()}` });
  await ground.git(["branch", "-q", "raw", "main"], { cwd: repository });
  const { build, land, raw, undo, ref } = await told("land", path.join(repository, ".git"), landings);
  const against = { reference: "merge-tree, commit-tree, update-ref", referenceMs: raw };
  printTable(`Landing on ${files} files, the target not checked out: median of ${landings}`, [
    line("from the verdict to the durable ref", land, { ...against, goal: 1.2 }),
    line("with the merge, which comes before the gate", build + land, { ...against, goal: 1.2 }),
    bounded("a landing taken back, without its gate", undo, 5, { reference: "update-ref", referenceMs: ref }),
  ]);
}

/** One commit each on top of main, in a file of its own. */
function branches() {
  return Array.from({ length: landings }, (_, n) => {
    const from = `commit refs/heads/change-${n}\nmark :${100 + n}\ncommitter Bench <bench@example.com> 1700000100 +0000\ndata 4\nwork\nfrom refs/heads/main\n`;
    return `${from}M 100644 inline work-${n}.txt\ndata 5\nwork\n\n`;
  }).join("");
}
