import { SystemClock } from "../adapters/clock/system-clock.ts";
import { GitRepository } from "../adapters/git/git-repository.ts";
import { GitServers } from "../adapters/git/git-servers.ts";
import { openRepository, type FoundRepository } from "../adapters/git/open-repository.ts";
import { FileReports } from "../adapters/reports/file-reports.ts";
import { JobStarter } from "../adapters/runners/job-starter.ts";
import { LocalAttempts } from "../adapters/runners/local-attempts.ts";
import { LocalChecks } from "../adapters/runners/local-checks.ts";
import { RunFolders } from "../adapters/runners/run-folders.ts";
import { RunnerPool } from "../adapters/runners/runner-pool.ts";
import type { RoadmapReader } from "../adapters/sources/roadmap-reader.ts";
import { FileSources } from "../adapters/sources/tick-in-place.ts";
import { pick, type Environment } from "../domain/environment.ts";
import type { RunRow } from "../domain/run.ts";
import { Engine } from "../engine/loop.ts";
import type { Store } from "../engine/ports.ts";
import { takeOwnership } from "./owner-lock.ts";

export interface DriverParts {
  readonly home: string;
  readonly store: Store;
  readonly reader: RoadmapReader;
  readonly runnerFile: string;
  readonly onBug: (error: unknown) => void;
}

/** The deciding process of a home: the engine over its real ports, while it holds the home's lock. */
export class Driver {
  readonly engine: Engine;
  private readonly store: Store;
  private readonly pool: RunnerPool;
  private readonly jobs: JobStarter;
  private readonly folders: RunFolders;
  private readonly repositories = new Map<string, Promise<FoundRepository>>();
  private readonly giveUp: () => Promise<void>;

  private constructor(parts: DriverParts, giveUp: () => Promise<void>) {
    this.giveUp = giveUp;
    this.store = parts.store;
    this.pool = new RunnerPool(parts.runnerFile);
    this.folders = new RunFolders(parts.home);
    this.jobs = new JobStarter(this.pool, this.folders);
    const clock = new SystemClock();
    const repositoryOf = (run: RunRow): Promise<FoundRepository> => this.repositoryOf(run);
    const servers = new GitServers();
    const environmentOf = (): Promise<Environment> => Promise.resolve(pick(process.env, () => true));
    const local = { jobs: this.jobs, folders: this.folders, repositoryOf, environmentOf };
    this.engine = new Engine(
      {
        clock,
        store: parts.store,
        attempts: new LocalAttempts({ ...local, clock, servers }),
        checks: new LocalChecks(local),
        repository: new GitRepository(parts.reader, servers, async (run) => (await repositoryOf(run)).identity),
        sources: new FileSources(parts.reader),
        reports: new FileReports(this.folders.runs),
      },
      parts.onBug,
    );
  }

  static async start(parts: DriverParts): Promise<Driver> {
    return new Driver(parts, await takeOwnership(parts.home));
  }

  /** Starts runners while the rest is still being made ready. */
  warm(runners: number): void {
    this.pool.warm(runners);
  }

  /** Takes up what a process before this one left unfinished. */
  async recover(): Promise<void> {
    for (const effect of this.store.pendingEffects()) {
      if (effect.kind !== "start-attempt") continue;
      const attempt = this.store.attempt(effect.attempt);
      const run = attempt && this.store.run(attempt.run);
      if (!attempt || !run) continue;
      await this.jobs.reserve(this.folders.attempt(run.id, attempt.task, attempt.number), run.repository);
    }
    this.engine.recover();
  }

  async stop(): Promise<void> {
    await this.engine.stop();
    this.pool.close();
    await this.giveUp();
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
