import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildGraph } from "../../src/adapters/code/imports/build-graph.ts";
import { Grammars } from "../../src/adapters/code/imports/grammars.ts";
import { readTreeFiles } from "../../src/adapters/code/tree-files.ts";
import { Git, nulSeparated } from "../../src/adapters/git/git.ts";
import { collisionsOf } from "../../src/domain/collisions/collisions.ts";
import type { PlannedTask } from "../../src/domain/plan.ts";
import { Random } from "../../sim/random.ts";
import { aTask } from "../../test/rig/rows.ts";
import { playPlan, type Duty, type Until } from "./play-plan.ts";
import { Conflicts } from "./real-conflicts.ts";

/**
 * What write sets would have avoided in a repository's history: consecutive commits are the tasks of a plan, what each changed is
 * the truth, and its author said a part of that, and a little that is wrong. Usage: history.cjs GIT_DIR GRAMMARS [tasks] [plans] [seeds]
 */
async function main(gitDir: string, grammarFolder: string, numbers: readonly number[]): Promise<void> {
  const [tasks = 40, plans = 8, seeds = 5] = numbers;
  const folder = mkdtempSync(join(tmpdir(), "nightcrew-history-"));
  try {
    const history = await readHistory(gitDir, tasks * plans);
    const conflicts = new Conflicts(gitDir, folder);
    const totals = new Map<string, Totals>();
    let played = 0;
    for (let at = 0; at + tasks <= history.length; at += tasks) {
      const commits = history.slice(at, at + tasks);
      const place = { gitDir, grammarFolder, cacheFile: join(folder, "imports.json") };
      for (let seed = 1; seed <= seeds; seed++) await playAll(commits, place, { seed, conflicts, totals });
      played++;
    }
    console.log(JSON.stringify({ plans: played, tasks, seeds, totals: Object.fromEntries(totals) }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export interface Commit {
  readonly id: string;
  readonly subject: string;
  readonly body: string;
  readonly files: readonly string[];
}

interface Totals {
  collisions: number;
  conflicts: number;
  /** Minutes of agents at tasks that conflict with one that landed before them: that work is done again. */
  again: number;
  /** Summed over all plans; minutes, and without what is done again. */
  makespan: number;
}

/** What changes more than that is no task of an agent. */
const mostFiles = 20;

/** Oldest first. */
async function readHistory(gitDir: string, count: number): Promise<Commit[]> {
  const git = new Git({ gitDir });
  const format = "--format=%x01%H%x02%s%x02%b%x02";
  const args = ["log", "--no-merges", "--no-renames", "--name-only", "-z", `--max-count=${count * 2}`, format, "HEAD"];
  const text = (await git.text(args)).split("\x01").slice(1);
  const found = text.map((entry) => {
    const [id = "", subject = "", body = "", files = ""] = entry.split("\x02");
    return {
      id,
      subject,
      body,
      files: nulSeparated(files)
        .map((path) => path.trim())
        .filter((path) => path !== ""),
    };
  });
  const usable = found.filter(({ files }) => files.length > 0 && files.length <= mostFiles);
  return usable.slice(0, count).toReversed();
}

interface Playing {
  readonly seed: number;
  readonly conflicts: Conflicts;
  readonly totals: Map<string, Totals>;
}

type Place = Omit<Parameters<typeof buildGraph>[0], "commit"> & { readonly grammarFolder: string };

async function playAll(commits: readonly Commit[], place: Place, { seed, conflicts, totals }: Playing): Promise<void> {
  const random = new Random(seed);
  const base = `${commits[0]?.id ?? ""}^`;
  const { files } = await readTreeFiles(new Git({ gitDir: place.gitDir }), base);
  const tree = files.map(({ path }) => path);
  const planned = commits.map((commit, index) => taskOf(commit, index, { random, tree }));
  const { graph } = await buildGraph({ ...place, commit: base }, new Grammars(place.grammarFolder));
  const wider = planned.map((task) => ({
    ...task,
    files: [...task.files, ...task.files.flatMap((file) => graph.importersOf(file, near))],
  }));
  const truth = commits.map((commit, index) => aTask({ id: String(index), files: commit.files }));
  const minutes = commits.map(() => random.between(5, 30));
  const cases: readonly (readonly [
    name: string,
    tasks: readonly PlannedTask[],
    mode: "off" | "declared" | "strict",
    until: Until,
  ])[] = [
    ["none", planned, "off", "landed"],
    ["declared, until the attempt ends", planned, "declared", "ended"],
    ["declared, until it has landed", planned, "declared", "landed"],
    ["strict, until it has landed", planned, "strict", "landed"],
    ["declared and their importers, until it has landed", wider, "declared", "landed"],
    ["what was really changed, until it has landed", truth, "declared", "landed"],
  ];
  for (const [name, tasks, mode, until] of cases) {
    const { shares } = collisionsOf(tasks, tree, mode);
    const duties: Duty[] = tasks.map(({ id }, index) => ({
      minutes: minutes[index] ?? 0,
      shares: shares.get(id) ?? [],
    }));
    const { makespan, beside } = playPlan(duties, until);
    const meeting = beside.filter(([a, b]) => shareFile(commits[a], commits[b]));
    const real = await conflicts.among(commits, meeting);
    const again = [...new Set(real.map(([, later]) => later))].reduce((sum, index) => sum + (minutes[index] ?? 0), 0);
    add(totals, name, { collisions: meeting.length, conflicts: real.length, again, makespan });
  }
}

function add(totals: Map<string, Totals>, name: string, more: Totals): void {
  const { collisions, conflicts, again, makespan } = totals.get(name) ?? {
    collisions: 0,
    conflicts: 0,
    again: 0,
    makespan: 0,
  };
  totals.set(name, {
    collisions: collisions + more.collisions,
    conflicts: conflicts + more.conflicts,
    again: again + more.again,
    makespan: makespan + more.makespan,
  });
}

const near = { steps: 1, limit: 100 };

/** Of what an author knows beforehand so much is said; and one in so many tasks names a neighbour besides. */
const said = 0.7;
const wrong = 0.2;

function taskOf(
  { subject, body, files }: Commit,
  index: number,
  { random, tree }: { readonly random: Random; readonly tree: readonly string[] },
): PlannedTask {
  const declared = files.filter(() => random.chance(said));
  const [first = ""] = files;
  const folder = first.slice(0, first.lastIndexOf("/") + 1);
  const beside = tree.filter((path) => path.startsWith(folder) && !path.slice(folder.length).includes("/"));
  if (beside.length > 0 && random.chance(wrong)) declared.push(random.pick(beside));
  return aTask({ id: String(index), title: subject, description: body, files: declared });
}

function shareFile(a: Commit | undefined, b: Commit | undefined): boolean {
  return a !== undefined && b !== undefined && a.files.some((file) => b.files.includes(file));
}

const [gitDir = ".", grammarFolder = ".", ...numbers] = process.argv.slice(2);
main(gitDir, grammarFolder, numbers.map(Number)).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
