import type { PlanRequest } from "../../api/contract.ts";
import { readTreePaths, type TreePaths } from "../../adapters/code/tree-files.ts";
import { loadConfig } from "../../adapters/config/load-config.ts";
import type { Config } from "../../adapters/config/schema.ts";
import type { ObjectServer } from "../../adapters/git/object-server.ts";
import { Git } from "../../adapters/git/git.ts";
import { openRepository, type FoundRepository } from "../../adapters/git/open-repository.ts";
import { assemblePlan } from "../../domain/assemble.ts";
import { isSetting, pick, type Environment } from "../../domain/environment.ts";
import { groupTasks, type GroupRules } from "../../domain/group-tasks.ts";
import { findCycle } from "../../domain/graph.ts";
import type { Plan } from "../../domain/plan.ts";
import type { PlanFinding } from "../../domain/plan-check.ts";
import type { RunSource, Sync } from "../../domain/run.ts";
import { inOrder } from "../../std/in-order.ts";
import { lazily } from "../../std/lazily.ts";
import type { OperationalError } from "../../std/operational-error.ts";
import { findingsOf, refuseErrors } from "./check-plan.ts";
import { loadSources } from "./load-sources.ts";
import { cycleError, planError } from "./plan-errors.ts";
import { commitOf, findTarget, type FoundTarget } from "./preflight.ts";
import { PlanningFolder, type Asked } from "./planning-folder.ts";
import type { PlanMeans } from "./prepare.ts";
import { restReader } from "./read-rest.ts";
import { wordsReader } from "./read-words.ts";
import { stagingOf, type Staging } from "./staging.ts";

/** What is to be done, and where: all that does not depend on who does it. */
export interface ReadPlan {
  readonly repository: FoundRepository;
  readonly objects: ObjectServer;
  readonly config: Config;
  readonly settings: Environment;
  readonly staging: Staging | null;
  readonly found: FoundTarget;
  /** The files that the target has; listed once. */
  readonly treeOf: () => Promise<TreePaths>;
  readonly sync: Sync;
  /** With small tasks joined, where that is asked for. */
  readonly plan: Plan;
  /** As it was stated. */
  readonly stated: Plan;
  readonly sources: readonly RunSource[];
  /** What was asked of a model; null: none was. */
  readonly made: Asked | null;
  readonly findings: readonly PlanFinding[];
  /** By which trackers are reached; never written down. */
  readonly secrets: Environment;
  /** About the sources. */
  readonly notes: readonly string[];
  /** Why it may be shown, but not be run. */
  readonly refusal: OperationalError | null;
}

/** Reads and checks the sources of a plan. Throws for one that is not sound. */
export async function readPlan(request: PlanRequest, means: PlanMeans, now: number): Promise<ReadPlan> {
  const [repository] = await inOrder<[FoundRepository, void]>([openRepository(request.cwd), preload(request.sources)]);
  const { checkout } = repository;
  const { config } = await loadConfig(checkout);
  const sync = request.sync ?? config.sync ?? null;
  const { objects } = means.servers.of(repository.place.commonDir);
  const settings = pick(request.environment ?? process.env, isSetting);
  const staging = stagingOf(config, settings);
  const onto = request.target ?? staging?.branch ?? config.target;
  const targeting = findTarget(repository, objects, onto, onto === staging?.branch ? staging?.main : null);
  // Asked early, told late: what is wrong with the sources comes first.
  targeting.catch(() => undefined);
  const treeOf = lazily(async () =>
    readTreePaths(new Git({ gitDir: repository.place.commonDir }), commitOf(await targeting)),
  );
  const place = { ...means, repository, objects, config, checkout, settings, targeting, treeOf, now };
  const reading = {
    ...means,
    cwd: request.cwd,
    repository,
    objects,
    sync,
    ask: request,
    settings,
    trackers: config.trackers,
    labels: request.labels ?? [],
    begins: request.key !== undefined,
    asTasks: request.asTasks === true,
    request: request.request ?? null,
    readWords: wordsReader(request, place),
    readRest: restReader(request, place),
  };
  const { inputs, sources, made, notes, secrets, refusal } = await loadSources(request.sources, reading);
  const { key } = request;
  const stated = planOf(inputs, request.normalise === true ? notes : []);
  const found = await targeting;
  const findings = await findingsOf(stated, treeOf);
  refuseErrors(findings);
  const plan = { ...stated, tasks: groupTasks(stated.tasks, groupRules(request, config)) };
  return {
    repository,
    objects,
    config,
    settings,
    staging,
    found,
    treeOf,
    sync: sync ?? "landing",
    plan,
    stated,
    sources,
    // A plan that was edited before it began was paid for as it was made.
    made: made ?? (key === undefined ? null : await PlanningFolder.askedUnder(means.home, key)),
    findings,
    notes,
    secrets,
    refusal,
  };
}

function groupRules({ group }: PlanRequest, { grouping }: Config): GroupRules {
  return { by: group ?? grouping.by ?? "off", most: grouping.most ?? 4 };
}

function planOf(inputs: Parameters<typeof assemblePlan>[0], notes: readonly string[]): Plan {
  const assembled = assemblePlan(inputs);
  const byModel = inputs.every(({ kind }) => kind === "request");
  if (!assembled.ok)
    throw planError(assembled.problems, { byModel, notes, kinds: new Set(inputs.map(({ kind }) => kind)) });
  const cycle = findCycle(assembled.plan.tasks);
  if (cycle !== null) throw cycleError(cycle, byModel);
  return assembled.plan;
}

/** Loads what reading will need while git is still answering. */
async function preload(sources: readonly string[]): Promise<void> {
  await import("../../adapters/config/schema.ts");
  await import("yaml");
  if (sources.some((word) => /\.(md|markdown)$/i.test(word))) await import("../../adapters/sources/markdown.ts");
}
