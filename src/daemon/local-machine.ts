import type { Clock, Attempts } from "../engine/ports.ts";
import type { GitServers } from "../adapters/git/git-servers.ts";
import type { FoundRepository } from "../adapters/git/open-repository.ts";
import { JobStarter } from "../adapters/runners/job-starter.ts";
import { LocalAttempts } from "../adapters/runners/local-attempts.ts";
import { LocalChecks } from "../adapters/runners/local-checks.ts";
import type { RunFolders } from "../adapters/runners/run-folders.ts";
import { RunnerPool } from "../adapters/runners/runner-pool.ts";
import type { Environment } from "../domain/environment.ts";
import type { RunRow } from "../domain/run.ts";

export interface MachineParts {
  /** The bundled runner. */
  readonly runnerFile: string;
  readonly folders: RunFolders;
  readonly clock: Clock;
  readonly servers: GitServers;
  readonly repositoryOf: (run: RunRow) => Promise<FoundRepository>;
  readonly environmentOf: (run: RunRow, names: readonly string[]) => Promise<Environment>;
}

/** Runners on this machine, for as long as there is work: they are kept warm, and cost memory. */
export class LocalMachine {
  readonly jobs: JobStarter;
  readonly attempts: Attempts;
  readonly checks: LocalChecks;
  private readonly pool: RunnerPool;

  constructor({ runnerFile, ...parts }: MachineParts) {
    this.pool = new RunnerPool(runnerFile);
    this.jobs = new JobStarter(this.pool, parts.folders);
    const local = { ...parts, jobs: this.jobs };
    this.attempts = new LocalAttempts(local);
    this.checks = new LocalChecks(local);
  }

  warm(runners: number): void {
    this.pool.warm(runners);
  }

  /** Idle runners leave; busy ones finish what they have, and leave. */
  close(): void {
    this.pool.close();
  }
}
