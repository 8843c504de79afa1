import { randomBytes } from "node:crypto";
import { availableParallelism } from "node:os";
import type { PlanView } from "../../api/views.ts";
import type { PlanRequest } from "../../api/contract.ts";
import type { Config } from "../../adapters/config/schema.ts";
import { Git } from "../../adapters/git/git.ts";
import type { FoundRepository } from "../../adapters/git/open-repository.ts";
import type { CodeReader } from "../../adapters/code/imports/code-graph.ts";
import type { GitServers } from "../../adapters/git/git-servers.ts";
import type { Remotes } from "../../adapters/git/remotes.ts";
import { RunFolders } from "../../adapters/runners/run-folders.ts";
import type { RoadmapReader } from "../../adapters/sources/roadmap-reader.ts";
import type { Agent } from "../../domain/agent.ts";
import { estimatePlan, type PastWork, type EstimatedPlan } from "../../domain/estimate.ts";
import type { Environment } from "../../domain/environment.ts";
import type { IssueRef } from "../../domain/issue.ts";
import { graphShape } from "../../domain/graph.ts";
import type { TaskRow } from "../../domain/rows.ts";
import { verifyingAgents } from "../../domain/verdict.ts";
import { OperationalError } from "../../std/operational-error.ts";
import { singleLine } from "../../std/text.ts";
import { makeRunId, type QueueRules, type RunRow, type RunSource } from "../../domain/run.ts";
import type { Setup } from "../../domain/setup.ts";
import type { Plan, PlanSource } from "../../domain/plan.ts";
import type { PlanFinding } from "../../domain/plan-check.ts";
import { newTask } from "../../domain/new-task.ts";
import { moneyRules } from "./budget.ts";
import { defaultCollisionMode, type CollisionMode } from "../../domain/collisions/collision-mode.ts";
import { chooseCollisions, type ChosenCollisions } from "./collisions.ts";
import { conflictRules } from "./conflicts.ts";
import { readPlan, type ReadPlan } from "./read-plan.ts";
import type { Staging } from "./staging.ts";
import { chooseGate, chooseValidation, type ChosenGate, type GatePlace } from "./gate.ts";
import { policyOf } from "./policy.ts";
import { chooseSetup, setupText } from "./setup.ts";
import { chooseRemote, type ChosenRemote } from "./remote.ts";
import { rosterOf } from "./roster.ts";
import type { Asked } from "./planning-folder.ts";
import type { PlanningMeans } from "./planning-means.ts";
import { sandboxFor } from "./sandbox.ts";
import {
  defaultAgentOf,
  missingTools,
  refuseMissingChecks,
  refuseUnknownAgents,
  type FoundTarget,
} from "./preflight.ts";

const defaultWorkers = 4;
const defaultAttempts = 3;

export interface Prepared {
  readonly run: RunRow;
  readonly tasks: readonly TaskRow[];
  /** The plan as it was stated, before small tasks were joined. */
  readonly stated: Plan;
  readonly view: PlanView;
  readonly repository: FoundRepository;
  readonly settings: Environment;
  /** Where its remote was seen; null: it has none. */
  readonly remote: ChosenRemote | null;
  /** A branch that is made when it begins; null: all are there. */
  readonly makes: { readonly branch: string; readonly commit: string } | null;
  /** By which trackers are reached; never written down. */
  readonly secrets: Environment;
  /** Why it may be shown, but not be run. */
  readonly refusal: OperationalError | null;
}

/** What reading is done with; kept from one plan to the next. */
export interface Means {
  readonly reader: RoadmapReader;
  readonly servers: GitServers;
  readonly remotes: Remotes;
  /** Tells which run that is not finished has an issue to do; null: none. */
  readonly runsWithIssues: () => (issue: IssueRef) => string | null;
  readonly home: string;
  readonly code: CodeReader;
  /** What tasks that landed in a repository took. */
  readonly past: (repository: string) => readonly PastWork[];
}

/** And what a model is asked with, where words are to become a plan. */
export type PlanMeans = Means & {
  readonly planning: PlanningMeans;
  /** The value of a secret of this name, wherever it is; undefined: nowhere. */
  readonly secretOf: (name: string) => Promise<string | undefined>;
};

/** Reads and checks everything a run needs; starts and writes nothing. */
export async function prepare(request: PlanRequest, means: PlanMeans, now: number): Promise<Prepared> {
  const read = await readPlan(request, means, now);
  const { repository, objects, config, settings, found, plan, made } = read;
  const { checkout } = repository;
  const { target } = found;
  const colliding = chooseCollisions(read, means.code, collisionModeOf(request, config));
  const agents = rosterOf(config, { checkout, settings, variables: new Set(request.variables ?? []) });
  const defaultAgent = defaultAgentOf(agents, request.agent, config);
  const used = new Set(plan.tasks.map((task) => task.agent ?? defaultAgent));
  const programs = { checkout, path: settings["PATH"] ?? "" };
  await refuseUnknownAgents(agents, used, programs);
  const { setup, gate } = await chooseChecks(request.gate, config, { ...programs, roster: { agents, defaultAgent } });
  const asked = new Set([...used, ...verifyingAgents(gate.gate)]);
  const sandbox = await sandboxFor(request, { config, settings, home: means.home });
  const remote = await chooseRemote(request, config, { ...means, repository, objects, found, settings });
  const run: RunRow = {
    id: makeRunId(now, request.key ?? randomBytes(4).toString("hex")),
    repository: repository.place.commonDir,
    checkout,
    target,
    state: { status: "active" },
    settings: {
      ...ownRules(request, config),
      sync: read.sync,
      gate: gate.gate,
      agents,
      defaultAgent,
      ...(await moneyRules(config, settings, checkout)),
      queue: queueRules(config, request.validate, remote),
      sandbox: sandbox.rules,
      ...workspaceRules(config, setup),
      ...sourceRules(read),
    },
    spentUsd: made?.spend.amountUsd ?? 0,
    holdsBack: false,
    createdAt: now,
    ...(made === null ? {} : { planning: made.spend }),
  };
  const collisions = await colliding;
  const notes = [
    ...read.notes,
    ...landingNotes(run, found, read.staging),
    ...[remote, plan, collisions, gate, sandbox].flatMap((part) => part?.notes ?? []),
    ...(await repositoryNotes(checkout, found)),
  ];
  const rules = { workers: run.settings.workers, defaultAgent, shares: collisions.found.shares };
  const estimate = estimatePlan(plan.tasks, rules, means.past(run.repository));
  const shown = {
    estimate,
    used: asked,
    made,
    notes,
    collisions,
    findings: read.findings,
    gateFrom: gate.from,
    setup: await shownSetupOf(run, settings, means.home),
  };
  return {
    run,
    tasks: taskRows(run, plan, collisions),
    stated: read.stated,
    view: planView(run, plan, shown),
    repository,
    settings,
    remote,
    secrets: read.secrets,
    makes: found.makes === null ? null : { branch: target, commit: found.makes.commit },
    refusal: read.refusal ?? sandbox.refusal ?? remote?.refusal ?? null,
  };
}

function taskRows({ id }: RunRow, { tasks }: Plan, { found: { shares } }: ChosenCollisions): TaskRow[] {
  return tasks.map((planned, order) => newTask(id, planned, order, shares.get(planned.id)));
}

/** What is not as usual about where, and when, its work lands. */
function landingNotes({ settings }: RunRow, { target, makes }: FoundTarget, staging: Staging | null): string[] {
  const byHand = settings.landing === "by-hand";
  const held = byHand ? ["nothing lands: what is done waits for nightcrew land --completed"] : [];
  if (staging === null || target !== staging.branch) return held;
  const made = makes === null ? [] : [`${target} is made from ${makes.from} (${makes.commit.slice(0, 10)})`];
  return [...held, ...made, `it lands on ${target}; nightcrew promote brings that to ${staging.main}`];
}

/** Those that the plan's tasks have, and whoever stands in for them. */
function mayWork(agents: readonly Agent[], used: ReadonlySet<string>): readonly Agent[] {
  const backups = new Set(agents.filter(({ name }) => used.has(name)).flatMap((agent) => agent.backups));
  return agents.filter(({ name }) => used.has(name) || backups.has(name));
}

/** What agents may not do by themselves. */
function permissionNotes(agents: readonly Agent[], used: ReadonlySet<string>): string[] {
  return mayWork(agents, used)
    .filter(({ permissions }) => permissions !== "allow")
    .map(({ name, permissions }) =>
      permissions === "deny"
        ? `${name} is denied what it would have to ask for (permissions: deny)`
        : `${name} waits for your answer where it asks for something, ten minutes at most (permissions: ask)`,
    );
}

/** What request and configuration say by themselves. */
function ownRules(
  request: PlanRequest,
  config: Config,
): Pick<RunRow["settings"], "workers" | "maxAttempts" | "onLimit" | "landing" | "policy" | "collisions"> &
  ReturnType<typeof conflictRules> {
  const { workers, land, onConflict } = request;
  return {
    workers: workers ?? config.workers ?? defaultWorkers,
    maxAttempts: config.attempts ?? defaultAttempts,
    onLimit: config.onLimit ?? "wait",
    landing: land === false ? "by-hand" : "at-once",
    ...conflictRules(config, onConflict),
    collisions: collisionModeOf(request, config),
    policy: policyOf(config),
  };
}

function collisionModeOf({ collisions: asked }: PlanRequest, config: Config): CollisionMode {
  return asked ?? config.collisions ?? defaultCollisionMode;
}

function workspaceRules(
  { workspace: { sparse } }: Config,
  setup: Setup | undefined,
): Pick<RunRow["settings"], "setup" | "sparse"> {
  return { ...(sparse === undefined ? {} : { sparse }), ...(setup === undefined ? {} : { setup }) };
}

/** Beyond so many tries, of all runs, an issue is left for a person. */
function sourceRules({
  sources,
  config,
  settings,
}: ReadPlan): Pick<RunRow["settings"], "sources" | "issueRetries" | "issueBoard"> {
  const hasIssues = sources.some(({ tracker }) => tracker !== undefined);
  const most = (hasIssues ? triesOf(settings["SWARM_MAX_RETRIES"]) : null) ?? config.trackers.retries;
  const { board } = config.trackers.github;
  return {
    sources,
    ...(most === undefined ? {} : { issueRetries: most }),
    ...(board === undefined ? {} : { issueBoard: board }),
  };
}

/** Null: it is not set. */
function triesOf(asked = ""): number | null {
  const word = asked.trim();
  if (word === "") return null;
  if (/^\d{1,4}$/.test(word)) return Number(word);
  throw new OperationalError({
    code: "invalid-amount",
    what: `SWARM_MAX_RETRIES is no number of tries: ${singleLine(word, 50)}`,
    why: "an issue would be opened again without end",
    next: "write a whole number such as 3, or unset it",
  });
}

interface ChosenChecks {
  readonly setup: Setup | undefined;
  readonly gate: ChosenGate;
}

async function chooseChecks(
  asked: string | undefined,
  config: Config,
  place: Omit<GatePlace, "setup">,
): Promise<ChosenChecks> {
  const setup = await chooseSetup(config, place.checkout);
  const gate = await chooseGate(asked, config, { ...place, setup });
  if (gate.gate !== null) await refuseMissingChecks(gate.gate.checks, place);
  await refuseUnknownAgents(place.roster.agents, new Set(verifyingAgents(gate.gate)), place);
  return { setup, gate: { ...gate, notes: [...gate.notes, ...missingTools(config.lockFiles, place)] } };
}

/** Half of the machine is the agents'. With less than two gates at once nothing could be speculated on. */
const defaultSlots = Math.max(2, Math.min(4, availableParallelism() >> 1));

function queueRules(config: Config, validate: string | undefined, remote: ChosenRemote | null): QueueRules {
  const { history = "batch", slots = defaultSlots, strategy = "auto" } = config.queue;
  const validation = chooseValidation(validate, config);
  return { history, slots, strategy, validation, ...(remote === null ? {} : { remote: remote.name }) };
}

interface Shown {
  /** Names of the agents that the plan's tasks will have, and of those that verify. */
  readonly used: ReadonlySet<string>;
  readonly made: Asked | null;
  readonly notes: readonly string[];
  readonly collisions: ChosenCollisions;
  readonly findings: readonly PlanFinding[];
  readonly estimate: EstimatedPlan;
  readonly gateFrom: string;
  readonly setup: string | null;
}

/** Null: there is none. */
async function shownSetupOf(run: RunRow, { PATH = "" }: Environment, home: string): Promise<string | null> {
  const { setup, sandbox } = run.settings;
  if (setup === undefined) return null;
  const slots = new RunFolders(home).slots(run.repository);
  return setupText(setup, { commonDir: run.repository, slots, target: run.target, sandbox, path: PATH });
}

function planView(
  { checkout, target, settings }: RunRow,
  plan: Plan,
  { used, made, notes, collisions, findings, estimate: estimated, gateFrom, setup }: Shown,
): PlanView {
  const { workers, sync, agents, gate, sandbox, budget, policy, queue } = settings;
  const { criticalPath, ...estimate } = estimated;
  return {
    version: 1,
    repository: checkout,
    target,
    workers,
    sync,
    remote: queue.remote ?? null,
    sources: plan.sources.map((source) => ({ ...source, ...ownSync(source, settings.sources) })),
    planning: made === null ? null : { by: made.by, spend: made.spend },
    agents: [...used],
    sandbox: sandbox.name,
    budget,
    policy,
    setup,
    environment: [...new Set(mayWork(agents, used).flatMap(({ env }) => env))],
    gate: gate === null ? null : { from: gateFrom, checks: gate.checks },
    tasks: plan.tasks,
    collisions: { mode: collisions.mode, apart: collisions.found.apart, told: collisions.found.told },
    ...graphShape(plan.tasks),
    criticalPath,
    findings: collisions.mode === "off" ? findings : findings.filter(({ kind }) => kind !== "shared-file"),
    estimate,
    notes: [...notes, ...permissionNotes(agents, used)],
  };
}

function ownSync({ name }: PlanSource, sources: readonly RunSource[]): Partial<Pick<RunSource, "sync">> {
  const { sync } = sources.find((source) => source.name === name) ?? {};
  return sync === undefined ? {} : { sync };
}

/** Things of the repository that a workspace leaves alone, said once. */
async function repositoryNotes(
  checkout: string,
  { target, hasSubmodules, hasAttributes }: FoundTarget,
): Promise<string[]> {
  const notes: string[] = [];
  if (hasSubmodules) {
    notes.push("submodules are left alone: their folders are empty in workspaces, and their commits are not moved");
  }
  if (!hasAttributes) return notes;
  const attributes = await new Git({ cwd: checkout }).text(["cat-file", "blob", `refs/heads/${target}:.gitattributes`]);
  if (/\bfilter=lfs\b/.test(attributes)) {
    notes.push(
      "Git LFS files are left alone: workspaces hold their pointers, and what agents add under its patterns lands as it is",
    );
  }
  return notes;
}
