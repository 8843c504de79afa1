import { randomBytes } from "node:crypto";
import type { Usage } from "../../domain/agent-event.ts";
import { protocolVersion, type ChecksJob, type JournalBody, type Verification } from "../../domain/job.ts";
import type { Environment } from "../../domain/environment.ts";
import type { RunRow } from "../../domain/run.ts";
import type { Check, CheckResult } from "../../domain/verdict.ts";
import { verifyFile } from "../../domain/present/verify-file.ts";
import { makeRedactor } from "../../domain/redact.ts";
import { addUsage } from "../../domain/usage.ts";
import type { Checks, ChecksEnd, ChecksSpec, VerifySpec } from "../../engine/ports.ts";
import { messageOf } from "../../std/operational-error.ts";
import { Git } from "../git/git.ts";
import type { GitServers } from "../git/git-servers.ts";
import { targetTip } from "../git/target.ts";
import type { FoundRepository } from "../git/open-repository.ts";
import { placeOf, type JobPlace, type JobStarter } from "./job-starter.ts";
import type { RunFolders } from "./run-folders.ts";
import type { JobEnd } from "./runner-pool.ts";

export interface LocalChecksParts {
  readonly jobs: JobStarter;
  readonly folders: RunFolders;
  readonly servers: GitServers;
  readonly repositoryOf: (run: RunRow) => Promise<FoundRepository>;
  /** What checks of a run may see. */
  readonly environmentOf: (run: RunRow, names: readonly string[]) => Promise<Environment>;
}

/** How often the same checks are begun anew when their runner was lost: that says nothing about the tree. */
const maxGoes = 3;

/** Gates on this machine, in slots no agent ever uses. */
export class LocalChecks implements Checks {
  private readonly jobs: JobStarter;
  private readonly folders: RunFolders;
  private readonly servers: GitServers;
  private readonly repositoryOf: (run: RunRow) => Promise<FoundRepository>;
  private readonly environmentOf: (run: RunRow, names: readonly string[]) => Promise<Environment>;

  constructor({ jobs, folders, servers, repositoryOf, environmentOf }: LocalChecksParts) {
    this.jobs = jobs;
    this.folders = folders;
    this.servers = servers;
    this.repositoryOf = repositoryOf;
    this.environmentOf = environmentOf;
  }

  async start(spec: ChecksSpec): Promise<ChecksEnd> {
    try {
      const used = new Used();
      for (let go = 1; ; go++) {
        const end = await this.begin(spec, goId(spec.id, go), used.ofGo());
        if (end.type !== "lost" || go === maxGoes) return used.addTo(endOf(spec.checks, end));
      }
    } catch (error) {
      return { results: notStarted(spec.checks, messageOf(error)), tree: null };
    }
  }

  async stop(run: RunRow, id: string): Promise<void> {
    for (let go = 1; go <= maxGoes; go++) {
      await this.jobs.control(this.folders.gate(run.id, goId(id, go)), { type: "stop" });
    }
  }

  /** Before anything new is started: the slots of checks that may still be running are not free. */
  async reserve(run: RunRow, id: string): Promise<void> {
    for (let go = 1; go <= maxGoes; go++) {
      await this.jobs.reserve(this.folders.gate(run.id, goId(id, go)), run.repository);
    }
  }

  /** A job that was begun before is followed; one that was lost before says so again. */
  private begin(
    { run, verify, ...what }: ChecksSpec,
    id: string,
    onEntry: (body: JournalBody) => void,
  ): Promise<JobEnd> {
    const { sandbox, setup } = run.settings;
    const about = { protocol: protocolVersion, kind: "checks", id: `${run.id}/gate/${id}` } as const;
    const { makes } = what;
    const find = async (): Promise<JobPlace> => ({
      // Of what is made anew nothing may be missing.
      repository:
        makes === undefined ? placeOf(await this.repositoryOf(run), run) : (await this.repositoryOf(run)).place,
      // Checks see nothing of it but settings; keys are those agents' that verify.
      environment: await this.environmentOf(
        run,
        what.checks.flatMap(({ verifier }) => verifier?.agent.env ?? []),
      ),
    });
    const makeJob = async (): Promise<ChecksJob> => {
      const job = {
        ...what,
        ...about,
        sandbox,
        ...(verify === undefined ? {} : { verify: verification(what.checks, verify) }),
      };
      // Nothing can be installed by lock files that do not fit yet.
      if (setup === undefined || makes !== undefined) return job;
      const target = await tipOf(run, this.servers);
      return { ...job, setup, ...(target === null ? {} : { target }) };
    };
    const folder = this.folders.gate(run.id, id);
    return this.jobs.run({ folder, commonDir: run.repository, frozen: false, find, makeJob, onEntry });
  }
}

// Nobody knows the secrets' values here; those of a known shape go no further.
const { redact } = makeRedactor({ values: [] });

function verification(checks: readonly Check[], { tasks, ...spent }: VerifySpec): Verification {
  const asked = checks.filter(({ verifier }) => verifier !== undefined);
  const file = `evidence-${randomBytes(8).toString("hex")}.json`;
  const texts = asked.map((check) => [check.name, redact(verifyFile({ check, tasks, file }))] as const);
  return { ...spent, tasks: tasks.length, file, texts: Object.fromEntries(texts) };
}

/** What agents used, also those whose runner was lost: it is charged all the same. */
class Used {
  private readonly goes: Map<string, Usage>[] = [];

  /** Each go tells all of its own. */
  ofGo(): (body: JournalBody) => void {
    const own = new Map<string, Usage>();
    this.goes.push(own);
    return (body) => {
      if (body.type === "usage" && body.check !== undefined) own.set(body.check, body.usage);
    };
  }

  addTo({ results, tree }: ChecksEnd): ChecksEnd {
    const withUsage = results.map((result) => {
      const all = this.goes.map((own) => own.get(result.name)).filter((usage) => usage !== undefined);
      return all.length === 0 ? result : { ...result, usage: all.reduce(addUsage) };
    });
    return { results: withUsage, tree };
  }
}

/** Null: the branch is gone. */
async function tipOf({ repository, target }: RunRow, servers: GitServers): Promise<string | null> {
  const tip = await targetTip(new Git({ gitDir: repository }), servers.of(repository).objects, target);
  return tip?.tip ?? null;
}

function goId(id: string, go: number): string {
  return go === 1 ? id : `${id}.${go}`;
}

function endOf(checks: readonly Check[], end: JobEnd): ChecksEnd {
  const tree = end.type === "checks-ended" ? (end.tree ?? null) : null;
  return { results: resultsOf(checks, end), tree };
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
