import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { SubmitRequest } from "../api/contract.ts";
import type { Service } from "../api/server.ts";
import type { DoneView, ReportView, RunView, StatusView, SubmittedView, TasksView } from "../api/views.ts";
import { RoadmapReader } from "../adapters/sources/roadmap-reader.ts";
import { RunFolders } from "../adapters/runners/run-folders.ts";
import { whyBlocked } from "../domain/blocking.ts";
import type { Event } from "../domain/event.ts";
import { eventText } from "../domain/present/event-text.ts";
import { buildReport, type Report } from "../domain/report.ts";
import type { RunId, RunRow } from "../domain/run.ts";
import type { Store } from "../engine/ports.ts";
import { errnoOf, OperationalError } from "../std/operational-error.ts";
import { plural } from "../std/text.ts";
import type { Driver } from "./driver.ts";
import { workerLimits } from "./worker-limits.ts";
import { findLog, findRun } from "./ids.ts";
import { ownerAlive } from "./owner-lock.ts";
import { readAttemptLog } from "./read-logs.ts";
import { StoreAccess } from "./store-access.ts";
import type { Prepared } from "./submission/prepare.ts";

export interface ServiceParts {
  readonly home: string;
  /** Bundled runner and reader thread. */
  readonly runnerFile: string;
  readonly threadFile: string;
  readonly onBug: (error: unknown) => void;
}

const eventsAtOnce = 1_000;
const followPauseMs = 300;

/** What stands behind the API. Reading needs only the store; driving runs needs the home's lock. */
export class DaemonService {
  readonly methods: Service;
  private readonly parts: ServiceParts;
  private readonly access: StoreAccess;
  private readonly reader: RoadmapReader;
  private readonly folders: RunFolders;
  private driver: Driver | null = null;

  constructor(parts: ServiceParts) {
    this.parts = parts;
    this.access = new StoreAccess(parts.home);
    this.reader = new RoadmapReader(parts.threadFile);
    this.folders = new RunFolders(parts.home);
    this.methods = {
      plan: async (request) => (await this.prepare(request)).view,
      submit: (request) => this.submit(request),
      resume: ({ run }) => this.resume(run),
      interrupt: ({ run }) => this.interrupt(run),
      cancel: ({ run }) => this.cancel(run),
      status: ({ run }) => this.status(run),
      runs: async ({ limit = 20 }) => ({ version: 1, runs: await this.runViews(limit) }),
      tasks: async ({ run }) => this.tasksOf(findRun(await this.access.ifThere(), run)),
      events: async ({ run, after, limit = eventsAtOnce }) => {
        const store = await this.access.ifThere();
        return { version: 1, events: store?.events(findRun(store, run).id, after, limit) ?? [] };
      },
      logs: ({ id, after = 0 }) => this.logs(id, after),
      report: ({ run }) => this.report(run),
      sync: ({ run }) => this.sync(run),
      doctor: async ({ cwd }) => (await import("./doctor.ts")).doctor(cwd, parts.home),
      init: async (request) => (await import("./init-project.ts")).initProject(request),
    };
  }

  /** The run's events as they come, until it is finished, or was interrupted and has come to rest. */
  async follow(id: string, after: number, onEvents: (events: readonly Event[]) => void): Promise<void> {
    const store = await this.access.ifThere();
    const run = findRun(store, id).id;
    if (store === null) return;
    let seen = after;
    const catchUp = (): void => {
      for (
        let events = store.events(run, seen, eventsAtOnce);
        events.length > 0;
        events = store.events(run, seen, eventsAtOnce)
      ) {
        seen = events.at(-1)?.seq ?? seen;
        onEvents(events);
      }
    };
    const news = new Signal();
    const unsubscribe = this.driver?.engine.subscribe(() => news.raise());
    try {
      for (;;) {
        catchUp();
        const status = store.run(run)?.state.status;
        if (status === "finished" || (status === "interrupted" && this.driver === null)) return;
        if (status === "interrupted") {
          await this.driver?.engine.stop();
          catchUp();
          return;
        }
        // Driven by another process: its events are only seen in the store.
        await news.wait(this.driver === null ? followPauseMs : null);
      }
    } finally {
      unsubscribe?.();
    }
  }

  async close(): Promise<void> {
    await this.driver?.stop();
    this.driver = null;
    await this.access.close();
  }

  /** Loaded when it is needed, like all that reading commands do without. */
  private async prepare(request: SubmitRequest): Promise<Prepared> {
    return (await import("./submission/prepare.ts")).prepare(request, this.reader, Date.now());
  }

  private async submit(request: SubmitRequest): Promise<SubmittedView> {
    const prepared = await this.prepare(request);
    const store = await this.access.open();
    this.refuseTwice(store, prepared.run);
    const driver = await this.drive(store);
    driver.warm(
      Math.min(prepared.run.settings.workers, prepared.tasks.length) + (prepared.run.settings.gate === null ? 0 : 1),
    );
    await driver.recover();
    await driver.engine.submit({ type: "run.submit", run: prepared.run, tasks: prepared.tasks });
    return { version: 1, run: prepared.run.id, plan: prepared.view };
  }

  /** A run of the same source that is not over would do the same tasks beside this one. */
  private refuseTwice(store: Store, run: RunRow): void {
    const files = new Set(run.settings.sources.map(({ file }) => file).filter((file) => file !== null));
    const twin = store
      .runs(eventsAtOnce)
      .find(
        (other) =>
          other.state.status !== "finished" &&
          other.settings.sources.some(({ file }) => file !== null && files.has(file)),
      );
    if (twin === undefined) return;
    throw new OperationalError({
      code: "run-unfinished",
      what: `Run ${twin.id} of the same source is not finished`,
      why: "a second one would do its tasks again",
      next: `go on with it: nightcrew resume ${twin.id}\nor end it: nightcrew cancel ${twin.id}`,
    });
  }

  private async drive(store: Store): Promise<Driver> {
    const { home, runnerFile, onBug } = this.parts;
    const { Driver } = await import("./driver.ts");
    this.driver ??= await Driver.start({
      home,
      store,
      reader: this.reader,
      runnerFile,
      limits: workerLimits(process.env),
      onBug,
    });
    return this.driver;
  }

  private async resume(id: string | undefined): Promise<DoneView> {
    const store = await this.access.ifThere();
    const run = findRun(store, id);
    if (store === null || run.state.status === "finished") {
      throw new OperationalError({
        code: "run-finished",
        what: `Run ${run.id} is finished`,
        next: `nightcrew report ${run.id}`,
      });
    }
    const driver = await this.drive(store);
    driver.warm(run.settings.workers);
    await driver.recover();
    await driver.engine.submit({ type: "run.control", run: run.id, command: { type: "resume" } });
    return { version: 1, run: run.id, message: "resumed" };
  }

  private async interrupt(id: string): Promise<DoneView> {
    const run = findRun(await this.access.ifThere(), id);
    if (this.driver === null) {
      throw new OperationalError({
        code: "not-driven-here",
        what: `Run ${run.id} is not driven by this process`,
        next: "press Ctrl-C where it was started",
      });
    }
    // What this process drives ends with it: the run that is shown, and others it had taken up.
    const store = await this.access.open();
    for (const { id: other, state } of store.runs(eventsAtOnce)) {
      if (state.status === "active")
        await this.driver.engine.submit({ type: "run.control", run: other, command: { type: "interrupt" } });
    }
    return { version: 1, run: run.id, message: "interrupted" };
  }

  private async cancel(id: string): Promise<DoneView> {
    const store = await this.access.ifThere();
    const run = findRun(store, id);
    if (store === null || run.state.status === "finished")
      return { version: 1, run: run.id, message: "it was finished already" };
    const driver = await this.drive(store);
    // Cancelled first: what is taken up after it is only brought to its end.
    await driver.engine.submit({ type: "run.control", run: run.id, command: { type: "cancel" } });
    await driver.recover();
    await this.follow(run.id, 0, () => undefined);
    return { version: 1, run: run.id, message: "cancelled; what had landed stays, and every branch is kept" };
  }

  private async status(id: string | undefined): Promise<StatusView> {
    const store = await this.access.ifThere();
    const runs = await this.runViews(50);
    const open = runs.filter((run) => run.status !== "finished");
    const shown = open.length > 0 ? open : runs.slice(0, 1);
    const current =
      id !== undefined || shown.length > 0 ? await this.tasksOf(findRun(store, id ?? shown[0]?.id)) : null;
    return { version: 1, home: this.parts.home, runs: shown, current };
  }

  private async runViews(limit: number): Promise<RunView[]> {
    const store = await this.access.ifThere();
    if (store === null) return [];
    const driven = await this.isDriven();
    return Promise.all(store.runs(limit).map((run) => this.runView(store, run, driven)));
  }

  private async tasksOf(run: RunRow): Promise<TasksView> {
    const store = await this.access.open();
    const rows = store.tasks(run.id);
    const states = new Map(rows.map(({ id, state }) => [id, state]));
    const tasks = rows.map(({ id, planned, state, attempts, startedAt, endedAt }) => {
      const { title, priority, dependsOn } = planned;
      const blockedBy = state.status === "blocked" ? whyBlocked(planned, state.by, (need) => states.get(need)) : null;
      return { id, title, priority, dependsOn, state, blockedBy, attempts, startedAt, endedAt };
    });
    return { version: 1, run: await this.runView(store, run, await this.isDriven()), tasks };
  }

  private async runView(store: Store, run: RunRow, driven: boolean): Promise<RunView> {
    const counts = store.statusCounts(run.id);
    return {
      id: run.id,
      status: run.state.status,
      repository: run.checkout,
      target: run.target,
      createdAt: run.createdAt,
      finishedAt: run.state.status === "finished" ? run.state.at : null,
      tasks: Object.values(counts).reduce((sum, count) => sum + count, 0),
      completed: counts.completed,
      waitingOn: (await this.keptReport(run))?.waiting?.branch ?? null,
      driven: driven && run.state.status === "active",
    };
  }

  private isDriven(): Promise<boolean> {
    return ownerAlive(this.parts.home);
  }

  private async logs(id: string, after: number): Promise<Awaited<ReturnType<Service["logs"]>>> {
    const store = await this.access.ifThere();
    const subject = findLog(store, id);
    if (subject.kind === "attempt") {
      const { attempt } = subject;
      return readAttemptLog(this.folders, { attempt, change: store?.change(attempt.id) ?? null }, after);
    }
    const events = store?.events(subject.run.id, after, eventsAtOnce) ?? [];
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
    const store = await this.access.ifThere();
    const run = findRun(store, id);
    return { version: 1, report: (await this.keptReport(run)) ?? this.freshReport(await this.access.open(), run.id) };
  }

  /** The one written at the run's end. */
  private async keptReport(run: RunRow): Promise<Report | null> {
    if (run.state.status !== "finished") return null;
    try {
      const report = JSON.parse(await readFile(join(this.folders.runs, run.id, "report.json"), "utf8")) as Report;
      return { ...report, status: "finished", endedAt: run.state.at };
    } catch (error) {
      if (errnoOf(error) === "ENOENT") return null;
      throw error;
    }
  }

  private freshReport(store: Store, id: RunId): Report {
    const run = findRun(store, id);
    return buildReport(
      { run, tasks: store.tasks(id), attempts: store.attempts(id), changes: store.changes(id) },
      Date.now(),
    );
  }

  /** `--sync request`: ticks, in the user's own files, the boxes of what has landed. */
  private async sync(id: string | undefined): Promise<DoneView> {
    const store = await this.access.ifThere();
    const run = findRun(store, id);
    if (run.settings.sync !== "request") {
      throw new OperationalError({
        code: "nothing-to-sync",
        what: `Run ${run.id} was started with --sync ${run.settings.sync}`,
        why:
          run.settings.sync === "none"
            ? "its boxes are left alone"
            : "its boxes are ticked in the commits that land its tasks",
        next: `nightcrew report ${run.id}`,
      });
    }
    const { FileSources } = await import("../adapters/sources/tick-in-place.ts");
    const sources = new FileSources(this.reader);
    const problems: string[] = [];
    let ticked = 0;
    for (const task of store?.tasks(run.id) ?? []) {
      const { box } = task.planned;
      const file = run.settings.sources.find(({ name }) => name === box?.path)?.file;
      if (task.state.status !== "completed" || box === null || file == null) continue;
      const outcome = await sources.tickInPlace(file, box);
      if (outcome.ticked) ticked++;
      if (outcome.problem !== null) problems.push(`${task.id}: ${outcome.problem}`);
    }
    const done =
      ticked === 0
        ? "no open box was left to tick"
        : `${plural(ticked, "box", "boxes")} ticked in your files; commit them when you like`;
    return { version: 1, run: run.id, message: [done, ...problems].join("\n") };
  }
}

/** Wakes one waiter; a raise that nobody waits for is remembered. */
class Signal {
  private raised = false;
  private wake: (() => void) | null = null;

  raise(): void {
    this.raised = true;
    this.wake?.();
  }

  /** Resolves at the next raise, or after `timeoutMs` where one is given. */
  async wait(timeoutMs: number | null): Promise<void> {
    if (!this.raised) {
      await new Promise<void>((resolve) => {
        const timer = timeoutMs === null ? null : setTimeout(resolve, timeoutMs);
        this.wake = () => {
          if (timer !== null) clearTimeout(timer);
          resolve();
        };
      });
    }
    this.raised = false;
    this.wake = null;
  }
}
