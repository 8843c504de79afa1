import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { ControlRequest, Params, PlanRequest, SubmitRequest } from "../api/contract.ts";
import type { Feed, Methods, Service } from "../api/service.ts";
import type {
  AgentsView,
  ControlView,
  DoneView,
  LogsView,
  ReportView,
  RunView,
  StatusView,
  SubmittedView,
  TasksView,
} from "../api/views.ts";
import type { Manner } from "../adapters/models/chat-body.ts";
import { readIfThere } from "../adapters/files/read-if-there.ts";
import type { AlertHook } from "../adapters/alerts/alert-hook.ts";
import type { RoadmapReader } from "../adapters/sources/roadmap-reader.ts";
import { dayOf } from "../domain/budget.ts";
import { isSetting, pick, type Environment } from "../domain/environment.ts";
import { isIssueWord } from "../domain/issue-word.ts";
import { eventText } from "../domain/present/event-text.ts";
import { buildReport, unsentOf, withIssues, type Report } from "../domain/report.ts";
import { attemptId, type RunId, type RunRow } from "../domain/run.ts";
import type { SqliteStore } from "../adapters/store/sqlite-store.ts";
import type { PlannedTask } from "../domain/plan.ts";
import type { AttemptRow, TaskRow } from "../domain/rows.ts";
import { verifyingAgents } from "../domain/verdict.ts";
import { OperationalError } from "../std/operational-error.ts";
import { parseJsonObject } from "../std/json-lines.ts";
import { singleLine } from "../std/text.ts";
import type { Depth } from "./agents/look-at.ts";
import { answer } from "./answer.ts";
import { control } from "./control.ts";
import type { Decider } from "./decider.ts";
import { followEvents } from "./follow-events.ts";
import { budgetView } from "./budget-view.ts";
import { findLog, findRun } from "./ids.ts";
import type { Keeper } from "./keeping/keeper.ts";
import { KeptPlans } from "./kept-plans.ts";
import { readAttemptLog } from "./read-logs.ts";
import { withCredentials, type RunEnvironments } from "./run-environments.ts";
import { interruptAll } from "./stop-file.ts";
import { taskViews } from "./task-views.ts";
import type { Prepared } from "./submission/prepare.ts";
import type { PlanningMeans } from "./submission/planning-means.ts";
import { PlanningLedger } from "./submission/planning-ledger.ts";
import { SharedAsking } from "./submission/shared-asking.ts";

export interface ServiceParts {
  readonly home: string;
  readonly decider: Decider;
  readonly alerts: AlertHook;
  readonly reader: RoadmapReader;
  readonly environments: RunEnvironments;
  readonly keeper: Keeper;
  /** Names whose values the daemon would have again after a restart, besides those of `<home>/env`. */
  readonly lasting: (name: string) => boolean;
  /** Aborts when the daemon is asked to end. */
  readonly stopping: AbortSignal;
}

type Asker = Pick<Params<"doctor">, "cwd" | "environment" | "variables">;

const eventsAtOnce = 1_000;
const openRunsShown = 50;
const tasksShown = 30;

/** What stands behind the API. What is rarely asked for is loaded when it is. */
export class DaemonService implements Service {
  readonly methods: Methods;
  private readonly parts: ServiceParts;
  private readonly decider: Decider;
  private readonly store: SqliteStore;
  private readonly plans = new KeptPlans();
  /** What models' endpoints were found to put up with. */
  private readonly manners = new Map<string, Manner>();
  private readonly asking = new SharedAsking();
  private submitting: Promise<unknown> = Promise.resolve();

  constructor(parts: ServiceParts) {
    const { decider } = parts;
    this.parts = parts;
    this.decider = decider;
    this.store = decider.store;
    this.methods = {
      plan: (request, left) => this.plan(request, AbortSignal.any([left, parts.stopping])),
      planSchema: async () => (await import("./plan-schema.ts")).planSchema(),
      planning: async (request) =>
        (await import("./planning-view.ts")).planningView(request.cwd, {
          ...(await this.asker(request)),
          model: request.model,
        }),
      submit: (request) => this.submit(request),
      control: (request) => this.control(request),
      answer: (request) => answer(this.decider, request),
      status: ({ run }) => this.status(run),
      runs: async ({ limit = 20 }) => ({ version: 1, runs: this.store.runs(limit).map((run) => this.runView(run)) }),
      tasks: async ({ run }) => this.tasksOf(findRun(this.store, run)),
      events: async ({ run, after, limit = eventsAtOnce }) => ({
        version: 1,
        events: this.store.events(findRun(this.store, run).id, after, limit),
      }),
      logs: ({ id, after = 0 }) => this.logs(id, after),
      report: ({ run }) => this.report(run),
      sync: ({ run, dry = false }) => this.sync(run, dry),
      reconcile: async (request) => (await import("./reconcile.ts")).reconcile(decider, request),
      budget: async ({ run }) => budgetView(this.store, run, { now: Date.now(), plansUsd: await this.spentOnPlans() }),
      land: async (request) => (await import("./land.ts")).land(decider, request),
      queue: async () => (await import("./queue-view.ts")).queueView(this.store),
      queueResume: async (request) => (await import("./queue-control.ts")).resumeQueues(decider, request),
      promote: async (request) => (await import("./promote.ts")).promote(decider, request, parts.stopping),
      validate: async (request) => (await import("./validate.ts")).validate(decider, request, parts.stopping),
      revert: async (request) => (await import("./queue-control.ts")).revert(decider, request, parts.stopping),
      doctor: async (request) =>
        (await import("./doctor.ts")).doctor({
          ...(await this.asker(request)),
          ...decider.means(),
          alerts: parts.alerts,
          login: request.login ?? {},
        }),
      agents: ({ names, versions = true, ...request }) => this.agents(request, names, versions ? "versions" : "facts"),
      agentsProbe: ({ names, ...request }) => this.agents(request, names, "probe"),
      alert: async ({ test }) => (await import("./alert.ts")).alert(parts.alerts, test),
      scan: async (request) => (await import("./scan.ts")).scan(decider.means(), request),
      init: async (request) => (await import("./init-project.ts")).initProject(request),
      ...parts.keeper.methods((run) => this.reportOf(run)),
    };
  }

  /** When the daemon stops: resolves once nobody is asked any more. */
  async askedOut(): Promise<void> {
    await this.asking.settled();
  }

  findRun(id: string): string {
    return findRun(this.store, id).id;
  }

  follow(feed: Feed): Promise<void> {
    return followEvents(this.decider, findRun(this.store, feed.run).id, feed);
  }

  private async agents(asked: Asker, names: readonly string[] = [], depth: Depth): Promise<AgentsView> {
    const { store } = this;
    const { home, stopping: signal } = this.parts;
    const { agentsView } = await import("./agents.ts");
    return agentsView({ ...(await this.asker(asked)), home, names, depth, store, signal });
  }

  /** Keys may also be in the home and with the daemon: a run will find them there. */
  private async asker({ cwd, environment, variables = [] }: Asker): Promise<{
    readonly cwd: string;
    readonly settings: Environment;
    readonly variables: ReadonlySet<string>;
  }> {
    const kept = Object.keys(await this.parts.environments.kept());
    const names = new Set([...variables, ...kept, ...Object.keys(process.env)]);
    return { cwd, settings: pick(environment ?? process.env, isSetting), variables: names };
  }

  private async plan(
    { fileAt, diff, ...request }: Params<"plan">,
    signal: AbortSignal,
  ): Promise<SubmittedView["plan"]> {
    const prepared = await this.prepare(request, signal);
    if (request.key !== undefined) {
      // It is asked for by whoever is about to run it.
      if (prepared.refusal !== null) throw prepared.refusal;
      this.plans.keep(request.key, prepared);
    }
    if (fileAt === undefined && diff === undefined) return prepared.view;
    const { planAnswer } = await import("./plan-answer.ts");
    return planAnswer(prepared, { cwd: request.cwd, fileAt, diff }, this.store);
  }

  private async prepare(request: PlanRequest, signal: AbortSignal): Promise<Prepared> {
    const secretOf = this.secretsBeside(request.login);
    const means = { ...this.decider.means(), planning: this.planningMeans(request, signal), secretOf };
    return (await import("./submission/prepare.ts")).prepare(request, means, Date.now());
  }

  /** Of those that the client gave, the home has, or the daemon was started with. */
  private secretsBeside(given: Environment = {}): (name: string) => Promise<string | undefined> {
    return async (name) => given[name] ?? (await this.parts.environments.kept())[name] ?? process.env[name];
  }

  private planningMeans({ keys, ...request }: PlanRequest, signal: AbortSignal): PlanningMeans {
    return {
      manners: this.manners,
      variables: async () => (await this.asker(request)).variables,
      keyOf: this.secretsBeside(keys),
      spentTodayUsd: async () => this.store.spentOn(dayOf(Date.now())) + (await this.spentOnPlans()),
      shared: this.asking,
      signal,
    };
  }

  /** Today, for plans that became no run. */
  private spentOnPlans(): Promise<number> {
    const ledger = new PlanningLedger(this.parts.home);
    return ledger.withoutRun(Date.now(), (key) => this.runWithKey(key) !== undefined);
  }

  /** One at a time, so that each sees the run that the one before it began. */
  private async submit(asked: SubmitRequest): Promise<SubmittedView> {
    const request = await this.planned(asked);
    const submitted = this.submitting.then(() => this.submitNow(request));
    this.submitting = submitted.catch(() => undefined);
    return submitted;
  }

  /** A model may take minutes for words: it is asked before it is this submission's turn. */
  private async planned(request: SubmitRequest): Promise<SubmitRequest> {
    const { key = randomBytes(4).toString("hex"), secrets: _, ...asked } = request;
    const [only = ""] = asked.sources;
    const isWords = asked.sources.length === 1 && !isIssueWord(only) && !existsSync(resolve(asked.cwd, only));
    const mayAsk = asked.request !== undefined || asked.normalise === true || isWords;
    if (!mayAsk || this.plans.has(key)) return request;
    await this.plan({ ...asked, key }, this.parts.stopping);
    return { ...request, key };
  }

  private async submitNow({ secrets = {}, ...request }: SubmitRequest): Promise<SubmittedView> {
    const { decider } = this;
    const { environments, lasting } = this.parts;
    const prepared =
      (request.key === undefined ? null : this.plans.take(request.key)) ??
      (await this.prepare(request, this.parts.stopping));
    const { run, tasks, view, repository, settings, remote, secrets: ofTrackers, refusal } = prepared;
    if (refusal !== null) throw refusal;
    const named = pick(secrets, (name) => view.environment.includes(name));
    const kept = await environments.kept();
    const unwritten = [...Object.keys(named), ...Object.keys(ofTrackers), ...withCredentials(settings)];
    const onlyInMemory = unwritten.filter((name) => !lasting(name) && !(name in kept));
    const answer = { version: 1, plan: view, onlyInMemory } as const;
    const before = request.key === undefined ? undefined : this.runWithKey(request.key);
    if (before !== undefined) return { ...answer, run: before };
    decider.stopFile.refuseWhileThere();
    this.refuseTwice(run);
    this.refuseSameIssue(tasks);
    decider.knows(repository);
    decider.warm(Math.min(run.settings.workers, tasks.length) + (run.settings.gate === null ? 0 : 1));
    if (prepared.makes !== null) await decider.makeBranch(run.repository, prepared.makes);
    await environments.keep(run.id, { settings, secrets: { ...named, ...ofTrackers, ...remote?.login } });
    const followed = remote === null ? null : await decider.follow(run, remote.seen);
    await decider.engine.submit({ type: "run.submit", run, tasks });
    if (followed !== null) await decider.engine.submit(followed);
    // Stopped while it was being submitted.
    if (decider.stopFile.isThere) await interruptAll(decider);
    return { ...answer, run: run.id };
  }

  /** The run that was begun by this very request, whose answer did not arrive. */
  private runWithKey(key: string): RunId | undefined {
    return this.store.runsEndingWith(`-${key}`, 1)[0]?.id;
  }

  /** A run of the same source that is not over would do the same tasks beside this one. */
  private refuseTwice(run: RunRow): void {
    const files = new Set(run.settings.sources.map(({ file }) => file).filter((file) => file !== null));
    const twin = this.store
      .openRuns(eventsAtOnce)
      .find((other) => other.settings.sources.some(({ file }) => file !== null && files.has(file)));
    if (twin === undefined) return;
    const goOn = twin.state.status === "active" ? "status --watch" : `resume ${twin.id}`;
    throw new OperationalError({
      code: "run-unfinished",
      what: `Run ${twin.id} of the same source is not finished`,
      why: "a second one would do its tasks again",
      next: `go on with it: nightcrew ${goOn}\nor end it: nightcrew cancel ${twin.id}`,
    });
  }

  /** Whose turn comes second would only find its issue taken. */
  private refuseSameIssue(tasks: readonly TaskRow[]): void {
    const runWith = this.decider.runsWithIssues();
    for (const { planned } of tasks) {
      const run = planned.issue === undefined ? null : runWith(planned.issue);
      if (run !== null) throw issueBusy(run, planned);
    }
  }

  /** Cancelling a run is over when nothing of it goes on any more. */
  private async control(request: ControlRequest): Promise<ControlView> {
    const { decider } = this;
    const view = await control(decider, request);
    const over = request.command.type === "cancel" ? view.results.filter(({ task }) => task === null) : [];
    const { stopping: signal } = this.parts;
    const feed = { after: 0, onEvents: () => Promise.resolve(), signal };
    for (const { run } of over) await followEvents(decider, run as RunId, feed);
    if (signal.aborted && over.length > 0) throw stoppedMeanwhile(over.map(({ run }) => run));
    return view;
  }

  /** As much as a person can take in: of a large run the tasks that go on, or that need somebody. */
  private async status(id: string | undefined): Promise<StatusView> {
    const { store } = this;
    const open = store.openRuns(openRunsShown);
    const shown = open.length > 0 ? open : store.runs(1);
    const runs = shown.map((run) => this.runView(run));
    const run = id === undefined ? shown[0] : findRun(store, id);
    if (run === undefined) return { version: 1, home: this.parts.home, runs, current: null };
    const rows = store.tasksOfInterest(run.id, tasksShown);
    const tasks = taskViews(rows, {
      stateOf: (need) => store.task(run.id, need)?.state,
      attemptOf: (task) => newestAttempt(store, task),
      way: store.wayOf(run.id, Date.now()),
    });
    const view = runs.find(({ id: shownId }) => shownId === run.id) ?? this.runView(run);
    return { version: 1, home: this.parts.home, runs, current: { version: 1, run: view, tasks } };
  }

  private async tasksOf(run: RunRow): Promise<TasksView> {
    const rows = this.store.tasks(run.id);
    const states = new Map(rows.map(({ id, state }) => [id, state]));
    const tasks = taskViews(rows, {
      stateOf: (need) => states.get(need),
      attemptOf: (task) => newestAttempt(this.store, task),
      way: this.store.wayOf(run.id, Date.now()),
    });
    return { version: 1, run: this.runView(run), tasks };
  }

  private runView(run: RunRow): RunView {
    const counts = this.store.statusCounts(run.id);
    return {
      id: run.id,
      status: run.state.status,
      repository: run.checkout,
      target: run.target,
      createdAt: run.createdAt,
      finishedAt: run.state.status === "finished" ? run.state.at : null,
      tasks: Object.values(counts).reduce((sum, count) => sum + count, 0),
      completed: counts.completed,
      spentUsd: run.spentUsd,
      budget: run.settings.budget,
      sandbox: run.settings.sandbox.name,
      verifiedBy: verifyingAgents(run.settings.gate),
      waitingOn: run.waitsOn ?? null,
    };
  }

  private async logs(id: string, after: number): Promise<LogsView> {
    const { store } = this;
    const subject = findLog(store, id);
    if (subject.kind === "attempt") {
      const { attempt } = subject;
      return readAttemptLog(this.decider.folders, { attempt, change: store.change(attempt.id) }, after);
    }
    const events = store.events(subject.run.id, after, eventsAtOnce);
    const text = events.map((event) => `${eventText(event)}\n`).join("");
    return {
      version: 1,
      id: subject.run.id,
      ended: subject.run.state.status === "finished",
      text,
      next: events.at(-1)?.seq ?? after,
    };
  }

  private async report(id: string | undefined): Promise<ReportView> {
    const run = findRun(this.store, id);
    return { version: 1, report: await this.reportOf(run) };
  }

  /** The one written at the run's end; null where there is none, or what is there is none: it can be made again. */
  private async keptReport(run: RunRow): Promise<Report | null> {
    if (run.state.status !== "finished") return null;
    const text = await readIfThere(join(this.decider.folders.runs, run.id, "report.json"));
    const report = parseJsonObject(text ?? "") as Report | null;
    if (report === null) return null;
    const now = withIssues(report, this.store.tasks(run.id));
    return { ...now, status: "finished", endedAt: run.state.at, ...unsentOf(run) };
  }

  private async reportOf(run: RunRow): Promise<Report> {
    const { store } = this;
    const { id } = run;
    const kept = await this.keptReport(run);
    if (kept !== null) return kept;
    const now = Date.now();
    const rows = { tasks: store.tasks(id), attempts: store.attempts(id), changes: store.changes(id) };
    return buildReport({ run, ...rows, spentTodayUsd: store.spentOn(dayOf(now)) }, now);
  }

  private async sync(id: string | undefined, dry: boolean): Promise<DoneView> {
    const run = findRun(this.store, id);
    const { syncMarks } = await import("./sync-marks.ts");
    const message = await syncMarks(run, this.store.tasks(run.id), { reader: this.parts.reader, dry });
    return { version: 1, run: run.id, message };
  }
}

function issueBusy(run: string, { id, title }: PlannedTask): OperationalError {
  return new OperationalError({
    code: "issue-busy",
    what: `Run ${run} has ${id} to do, and is not finished`,
    why: singleLine(title),
    next: `go on with it: nightcrew status ${run}\nor name other issues`,
  });
}

/** Who waited is told, instead of being left to start another daemon. */
function stoppedMeanwhile(runs: readonly string[]): OperationalError {
  return new OperationalError({
    code: "daemon-stopped",
    what: `The daemon was stopped; ${runs.join(", ")} will be cancelled to the end when there is one again`,
    why: "what was asked for is kept; agents that are being ended may still be there",
    next: "nightcrew status",
    exitCode: 1,
  });
}

function newestAttempt(store: SqliteStore, { run, id, attempts }: TaskRow): AttemptRow | null {
  return attempts === 0 ? null : store.attempt(attemptId(run, id, attempts));
}
