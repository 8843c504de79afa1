import { protocolVersion, type ChecksJob } from "../../domain/job.ts";
import type { Environment } from "../../domain/environment.ts";
import type { RunRow } from "../../domain/run.ts";
import type { Check, CheckResult } from "../../domain/verdict.ts";
import type { Checks, ChecksSpec } from "../../engine/ports.ts";
import { messageOf } from "../../std/operational-error.ts";
import type { FoundRepository } from "../git/open-repository.ts";
import type { JobPlace, JobStarter } from "./job-starter.ts";
import type { RunFolders } from "./run-folders.ts";
import type { JobEnd } from "./runner-pool.ts";

export interface LocalChecksParts {
  readonly jobs: JobStarter;
  readonly folders: RunFolders;
  readonly repositoryOf: (run: RunRow) => Promise<FoundRepository>;
  /** What checks of a run may see. */
  readonly environmentOf: (run: RunRow, names: readonly string[]) => Promise<Environment>;
}

/** Gates on this machine, in slots no agent ever uses. */
export class LocalChecks implements Checks {
  private readonly jobs: JobStarter;
  private readonly folders: RunFolders;
  private readonly repositoryOf: (run: RunRow) => Promise<FoundRepository>;
  private readonly environmentOf: (run: RunRow, names: readonly string[]) => Promise<Environment>;

  constructor({ jobs, folders, repositoryOf, environmentOf }: LocalChecksParts) {
    this.jobs = jobs;
    this.folders = folders;
    this.repositoryOf = repositoryOf;
    this.environmentOf = environmentOf;
  }

  async start(spec: ChecksSpec): Promise<readonly CheckResult[]> {
    try {
      const { id, commit, checks } = spec;
      const jobId = `${spec.run.id}/gate/${id}`;
      const folder = this.folders.gate(spec.run.id, id);
      const job: ChecksJob = { protocol: protocolVersion, kind: "checks", id: jobId, commit, checks };
      const find = async (): Promise<JobPlace> => ({
        repository: (await this.repositoryOf(spec.run)).place,
        environment: await this.environmentOf(spec.run, []),
      });
      const makeJob = (): Promise<ChecksJob> => Promise.resolve(job);
      return resultsOf(checks, await this.jobs.run({ folder, frozen: false, find, makeJob, onEntry: () => undefined }));
    } catch (error) {
      return notStarted(spec.checks, messageOf(error));
    }
  }

  async stop(run: RunRow, id: string): Promise<void> {
    await this.jobs.control(this.folders.gate(run.id, id), { type: "stop" });
  }
}

function resultsOf(checks: readonly Check[], end: JobEnd): readonly CheckResult[] {
  if (end.type === "checks-ended") return end.results;
  if (end.type === "stopped")
    return checks.map(({ name }) => ({ name, exit: { kind: "stopped" }, durationMs: 0, tests: null, output: "" }));
  return notStarted(
    checks,
    end.type === "lost" ? `the runner was lost: ${end.detail}` : `its journal ends with ${end.type}`,
  );
}

function notStarted(checks: readonly Check[], detail: string): CheckResult[] {
  return checks.map(({ name }) => ({
    name,
    exit: { kind: "not-started", detail },
    durationMs: 0,
    tests: null,
    output: detail,
  }));
}
