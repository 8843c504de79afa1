import { join } from "node:path";
import type { AlertHook } from "../adapters/alerts/alert-hook.ts";
import { SystemClock } from "../adapters/clock/system-clock.ts";
import { GitRepository } from "../adapters/git/git-repository.ts";
import { GitServers } from "../adapters/git/git-servers.ts";
import { openRepository, type FoundRepository } from "../adapters/git/open-repository.ts";
import type { Fetched } from "../adapters/git/remote.ts";
import { Remotes } from "../adapters/git/remotes.ts";
import { Git } from "../adapters/git/git.ts";
import { branchRef, targetTip } from "../adapters/git/target.ts";
import { replacementsDone } from "../adapters/files/replace-file.ts";
import { FileReports } from "../adapters/reports/file-reports.ts";
import { placeOf } from "../adapters/runners/job-starter.ts";
import { RunFolders } from "../adapters/runners/run-folders.ts";
import type { CodeReader } from "../adapters/code/imports/code-graph.ts";
import type { RoadmapReader } from "../adapters/sources/roadmap-reader.ts";
import { FileSources } from "../adapters/sources/tick-in-place.ts";
import { openDatabase } from "../adapters/store/open-database.ts";
import { SqliteStore } from "../adapters/store/sqlite-store.ts";
import { isOver } from "../domain/task-state.ts";
import { placeKey, type IssueRef } from "../domain/issue.ts";
import { IssueTrackers } from "../adapters/trackers/issue-trackers.ts";
import { loginNames } from "../domain/environment.ts";
import type { PastWork } from "../domain/estimate.ts";
import type { Event } from "../domain/event.ts";
import type { WorkerLimits } from "../domain/rows.ts";
import type { RemoteTold } from "../domain/input.ts";
import type { ControlCommand, RepositoryPlace } from "../domain/job.ts";
import type { AttemptRow } from "../domain/rows.ts";
import type { RunRow } from "../domain/run.ts";
import { Engine } from "../engine/loop.ts";
import { crashPoint } from "../engine/crash-point.ts";
import type { Ports } from "../engine/ports.ts";
import type { Beat } from "./beat.ts";
import { LocalMachine } from "./local-machine.ts";
import type { Ownership } from "./owner-lock.ts";
import { reserveSlots } from "./reserve-slots.ts";
import { SpareSlots } from "./spare-slots.ts";
import { interruptAll, StopFile } from "./stop-file.ts";
import type { Means } from "./submission/prepare.ts";
import type { RunEnvironments } from "./run-environments.ts";

export interface DeciderParts {
  readonly home: string;
  /** The home is this process's: nobody else has its store open for writing. */
  readonly ownership: Ownership;
  readonly reader: RoadmapReader;
  readonly code: CodeReader;
  readonly environments: RunEnvironments;
  readonly alerts: AlertHook;
  readonly beat: Beat;
  readonly runnerFile: string;
  readonly limits: WorkerLimits;
  readonly onBug: (error: unknown) => void;
  /** For the log: what went wrong, and matters to nobody who waits. */
  readonly onProblem: (text: string) => void;
}

function storeFileIn(home: string): string {
  return join(home, "store.db");
}

/** Runners and gits that stay are let go when nothing was to be done for so long. */
const lingerMs = 10_000;
/** Enough to tell what is usual. */
const pastTasks = 500;

const mostOpenRuns = 1_000;

function keyOf(issue: IssueRef): string {
  return `${placeKey(issue)} ${issue.id}`;
}

/** What decides in a home: the engine over its real ports, while the home's lock is held. */
export class Decider {
  readonly engine: Engine;
  readonly store: SqliteStore;
  readonly folders: RunFolders;
  readonly stopFile: StopFile;
  private readonly remotes: Remotes;
  private readonly repository: GitRepository;
  private readonly parts: DeciderParts;
  private readonly clock = new SystemClock();
  readonly trackers: IssueTrackers;
  private readonly servers = new GitServers();
  private readonly repositories = new Map<string, Promise<FoundRepository>>();
  private readonly spares: SpareSlots;
  private machine: LocalMachine | null = null;
  private idleTimer: NodeJS.Timeout | null = null;
  private stopped = false;

  private constructor(parts: DeciderParts, store: SqliteStore) {
    this.parts = parts;
    this.store = store;
    this.folders = new RunFolders(parts.home);
    this.stopFile = new StopFile(this.folders.stopFile);
    this.trackers = new IssueTrackers((run, names) => parts.environments.of(run.id, names), parts.onProblem);
    this.remotes = new Remotes((run) => parts.environments.of(run.id, loginNames));
    this.repository = new GitRepository({
      reader: parts.reader,
      servers: this.servers,
      remotes: this.remotes,
      identityOf: async (run) => (await this.repositoryOf(run)).identity,
    });
    this.engine = new Engine(this.ports(), parts.limits, (error) => {
      // What is still under way when the store is closed finds it closed; the next daemon takes it up.
      if (!this.stopped) parts.onBug(error);
    });
    this.spares = new SpareSlots({
      store,
      servers: this.servers,
      jobs: () => this.local().jobs,
      repositoryOf: (run) => this.repositoryOf(run),
      onProblem: parts.onProblem,
    });
    this.engine.subscribe((events) => this.heard(events));
  }

  /** Opens the store as its one writer. */
  static async start(parts: DeciderParts): Promise<Decider> {
    const database = await openDatabase(storeFileIn(parts.home));
    const store = new SqliteStore(database);
    crashPoint("daemon/store-opened");
    store.fence(parts.ownership.generation);
    return new Decider(parts, store);
  }

  get storeFile(): string {
    return storeFileIn(this.parts.home);
  }

  /** Takes up what was left unfinished: every active run goes on, unless everything is to stand still. */
  async recover(): Promise<void> {
    const stop = (): void => void interruptAll(this).catch((error: unknown) => this.parts.onBug(error));
    this.stopFile.watch(stop, this.parts.beat);
    if (this.stopFile.isThere) await interruptAll(this);
    const { jobs, checks } = this.local();
    await reserveSlots({ store: this.store, folders: this.folders, jobs, checks }, this.store.pendingEffects());
    this.engine.recover();
    this.lingerIfIdle();
  }

  /** For reading and checking before a run; what stays from it is let go when nothing is asked for a while. */
  means(): Means {
    this.lingerIfIdle();
    const { reader, code, home } = this.parts;
    const past = (repository: string): PastWork[] => this.store.pastWork(repository, pastTasks);
    const runsWithIssues = (): ReturnType<Decider["runsWithIssues"]> => this.runsWithIssues();
    return { reader, code, servers: this.servers, remotes: this.remotes, home, past, runsWithIssues };
  }

  /** Which run that is not finished has an issue to do. */
  runsWithIssues(): (issue: IssueRef) => string | null {
    const found = new Map<string, string>();
    for (const { id, settings } of this.store.openRuns(mostOpenRuns)) {
      if (!settings.sources.some(({ tracker }) => tracker !== undefined)) continue;
      for (const { planned, state: of } of this.store.tasks(id))
        if (planned.issue !== undefined && !isOver(of)) found.set(keyOf(planned.issue), id);
    }
    return (issue) => found.get(keyOf(issue)) ?? null;
  }

  /** Starts runners while the rest is still being made ready. */
  warm(runners: number): void {
    this.local().warm(runners);
  }

  /** Makes a branch that was not there; one that somebody made meanwhile stays as it is. */
  async makeBranch(repository: string, { branch, commit }: { branch: string; commit: string }): Promise<void> {
    const { refs, objects } = this.servers.of(repository);
    const ref = branchRef(branch);
    try {
      await refs.swap(ref, commit, null);
    } catch (error) {
      const [there] = await objects.commits([ref]);
      if (there == null) throw error;
    }
  }

  /** Brings the target of a run that is about to begin to where its remote was just seen; returns what is to be told of it. */
  async follow(run: RunRow, seen: Fetched): Promise<RemoteTold | null> {
    const { remote } = run.settings.queue;
    const following = await this.repository.follow(run, seen);
    if (remote === undefined || following.kind !== "followed") return null;
    const { id: host, repository, target } = run;
    return { type: "remote.told", repository, target, host, remote, news: following };
  }

  /** What was just found out about a checkout counts from now on. */
  knows(repository: FoundRepository): void {
    this.repositories.set(repository.checkout, Promise.resolve(repository));
  }

  /** Where a run's target stands, and what its workspaces are made by. `tip`: null where the target is gone. */
  async groundOf(run: RunRow): Promise<{ readonly tip: string | null; readonly place: RepositoryPlace }> {
    const { objects } = this.servers.of(run.repository);
    const on = await targetTip(new Git({ gitDir: run.repository }), objects, run.target);
    return { tip: on?.tip ?? null, place: placeOf(await this.repositoryOf(run), run) };
  }

  /** A word to the agent that is at work. Not kept: it is for the one who waits for it. False where it was not taken. */
  tell({ run, task, number }: AttemptRow, command: ControlCommand): Promise<boolean> {
    return this.local().jobs.control(this.folders.attempt(run, task, number), command);
  }

  /** Decides nothing more. Whatever is under way stays pending in the store; runners and agents go on. */
  async stop(): Promise<void> {
    this.stopped = true;
    if (this.idleTimer !== null) clearTimeout(this.idleTimer);
    this.spares.close();
    this.stopFile.close();
    this.parts.alerts.close();
    this.trackers.close();
    this.clock.close();
    this.machine?.close();
    this.servers.close();
    this.store.close();
    await replacementsDone();
    this.parts.ownership.giveUp();
  }

  private ports(): Ports {
    const { clock, folders, store } = this;
    const { reader } = this.parts;
    return {
      clock,
      store,
      attempts: {
        start: (spec, observer) => this.local().attempts.start(spec, observer),
        tell: (run, attempt, message) => this.local().attempts.tell(run, attempt, message),
        setFrozen: (run, attempt, frozen) => this.local().attempts.setFrozen(run, attempt, frozen),
        finish: (run, attempt) => this.local().attempts.finish(run, attempt),
        stop: (run, attempt) => this.local().attempts.stop(run, attempt),
      },
      checks: {
        start: (spec) => this.local().checks.start(spec),
        stop: (run, id) => this.local().checks.stop(run, id),
      },
      repository: this.repository,
      sources: new FileSources(reader),
      reports: new FileReports(folders.runs),
      alerts: this.parts.alerts,
      trackers: this.trackers,
    };
  }

  private local(): LocalMachine {
    if (this.idleTimer !== null) clearTimeout(this.idleTimer);
    this.idleTimer = null;
    this.machine ??= new LocalMachine({
      runnerFile: this.parts.runnerFile,
      folders: this.folders,
      clock: this.clock,
      servers: this.servers,
      repositoryOf: (run) => this.repositoryOf(run),
      environmentOf: (run, names) => this.parts.environments.of(run.id, names),
    });
    return this.machine;
  }

  private heard(events: readonly Event[]): void {
    this.spares.heard(events);
    for (const { body } of events) {
      if (body.type === "run.finished" || body.type === "run.interrupted") this.lingerIfIdle();
    }
  }

  /** Looked at again as long as something is pending: an interrupted run's agents take a while to end. */
  private lingerIfIdle(): void {
    if (this.idleTimer !== null) clearTimeout(this.idleTimer);
    this.idleTimer = setTimeout(() => {
      this.idleTimer = null;
      if (this.stopped) return;
      if (this.store.pendingEffects().length > 0) return this.lingerIfIdle();
      this.machine?.close();
      this.machine = null;
      this.servers.close();
      this.repositories.clear();
    }, lingerMs).unref();
  }

  private repositoryOf(run: RunRow): Promise<FoundRepository> {
    let found = this.repositories.get(run.checkout);
    if (found === undefined) {
      found = openRepository(run.checkout);
      this.repositories.set(run.checkout, found);
      // A repository that is gone now may be there again the next time.
      found.catch(() => this.repositories.delete(run.checkout));
    }
    return found;
  }
}
