import { realpath } from "node:fs/promises";
import { dirname, extname, relative, resolve } from "node:path";
import type { Params } from "../api/contract.ts";
import type { PlanView } from "../api/views.ts";
import { planFileText, readPlanFile } from "../adapters/sources/plan-file.ts";
import { assemblePlan } from "../domain/assemble.ts";
import type { Plan, PlannedTask } from "../domain/plan.ts";
import { statedTasks } from "../domain/roadmap.ts";
import { diffSince } from "../domain/plan-diff.ts";
import type { RunRow } from "../domain/run.ts";
import type { SqliteStore } from "../adapters/store/sqlite-store.ts";
import { errnoOf, OperationalError } from "../std/operational-error.ts";
import type { Prepared } from "./submission/prepare.ts";
import { readText } from "./submission/source-text.ts";

const runsLookedAt = 1_000;

/** The plan as it is shown: with its file and what it is compared with, where these are asked for. */
export async function planAnswer(
  { view, run, stated }: Prepared,
  { cwd, fileAt, diff }: Pick<Params<"plan">, "cwd" | "fileAt" | "diff">,
  store: SqliteStore,
): Promise<PlanView> {
  return {
    ...view,
    ...(fileAt === undefined ? {} : { file: await fileText(stated.tasks, await realpath(cwd), fileAt) }),
    ...(diff === undefined ? {} : { diff: await differenceTo(diff, { run, stated, cwd, store }) }),
  };
}

/** Boxes are called by their way from the folder of the file. */
async function fileText(tasks: readonly PlannedTask[], cwd: string, fileAt: string): Promise<string> {
  const folder = await realpath(dirname(fileAt)).catch(() => dirname(fileAt));
  const format = extname(fileAt).toLowerCase() === ".json" ? "json" : "yaml";
  return planFileText(tasks, format, (path) => relative(folder, resolve(cwd, path)).split("\\").join("/"));
}

interface Comparing {
  readonly run: RunRow;
  readonly stated: Plan;
  readonly cwd: string;
  readonly store: SqliteStore;
}

async function differenceTo(
  { to }: { readonly to?: string | undefined },
  { run, stated, cwd, store }: Comparing,
): Promise<NonNullable<PlanView["diff"]>> {
  const before = to === undefined ? lastRun(run, store) : await fromFile(to, cwd);
  return { to: before.name, ...diffSince(before.tasks, stated) };
}

interface Earlier {
  readonly name: string;
  readonly tasks: readonly PlannedTask[];
}

function lastRun({ repository, settings }: RunRow, store: SqliteStore): Earlier {
  const files = new Set(settings.sources.map(({ file }) => file));
  const found = store
    .runs(runsLookedAt)
    .find((run) => run.repository === repository && run.settings.sources.some(({ file }) => files.has(file)));
  if (found !== undefined) return { name: found.id, tasks: store.tasks(found.id).map((task) => task.planned) };
  throw new OperationalError({
    code: "no-earlier-plan",
    what: "There is no run of these sources to compare with",
    next: "write the plan down, and compare with that: nightcrew plan … -o plan.yaml; later: nightcrew plan … --against plan.yaml",
  });
}

async function fromFile(name: string, cwd: string): Promise<Earlier> {
  const parsed = await readPlanFile(await textOf(name, cwd));
  const why = parsed.ok ? null : parsed.fault.why;
  const reading = parsed.ok ? parsed.reading : statedTasks([]);
  const tasks = reading.tasks.map((task) => ({ ...task, anchor: null }));
  const assembled = assemblePlan([{ kind: "plan-file", name, path: name, reading: { ...reading, tasks } }]);
  if (why === null && assembled.ok) return { name, tasks: assembled.plan.tasks };
  throw new OperationalError({
    code: "invalid-plan",
    what: `${name} is not a plan that can be compared with`,
    why: why ?? "no plan can be made of its tasks",
    next: `look at it: nightcrew plan ${name}`,
  });
}

async function textOf(name: string, cwd: string): Promise<string> {
  try {
    return await readText(name, resolve(cwd, name));
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
    throw new OperationalError({
      code: "source-not-found",
      what: `There is no file ${name} to compare with`,
      next: "check the name, or compare with the last run: nightcrew plan … --diff",
    });
  }
}
