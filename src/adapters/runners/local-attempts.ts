import { bareResult, type AttemptResult } from "../../domain/attempt-state.ts";
import { leftOf } from "../../domain/budget.ts";
import { gatePaths } from "../../domain/diff-policy/gate-paths.ts";
import { gateScripts } from "../../domain/diff-policy/gate-scripts.ts";
import type { Environment } from "../../domain/environment.ts";
import { protocolVersion, type AttemptJob, type JournalBody } from "../../domain/job.ts";
import { messagesBefore, type TaskMessage } from "../../domain/message.ts";
import { taskFile, type ConflictFacts } from "../../domain/present/task-file.ts";
import { makeRedactor } from "../../domain/redact.ts";
import { attemptBranch, type RunRow } from "../../domain/run.ts";
import type { AttemptRow, TaskRow } from "../../domain/rows.ts";
import type { AttemptObserver, Attempts, AttemptSpec, Clock } from "../../engine/ports.ts";
import { messageOf } from "../../std/operational-error.ts";
import { singleLine } from "../../std/text.ts";
import { Git } from "../git/git.ts";
import type { FoundRepository } from "../git/open-repository.ts";
import type { GitServers } from "../git/git-servers.ts";
import { mergeTrees } from "../git/build-chain.ts";
import { branchRef, resolveRef, targetTip } from "../git/target.ts";
import { placeOf, type JobPlace, type JobStarter } from "./job-starter.ts";
import type { RunFolders } from "./run-folders.ts";
import type { JobEnd } from "./runner-pool.ts";

export interface LocalAttemptsParts {
  readonly jobs: JobStarter;
  readonly folders: RunFolders;
  readonly clock: Clock;
  readonly servers: GitServers;
  /** Facts about a run's repository; kept, so that asking is cheap. */
  readonly repositoryOf: (run: RunRow) => Promise<FoundRepository>;
  /** What agents of a run may see; asked when an attempt starts, with the names its agent's configuration lists. */
  readonly environmentOf: (run: RunRow, names: readonly string[]) => Promise<Environment>;
}

const { redact } = makeRedactor({ values: [] });
const maxDiffBytes = 20_000;
/** Progress shown at most this often for one attempt. */
const progressPauseMs = 200;

/** Agents on this machine, each supervised by a runner of its own. */
export class LocalAttempts implements Attempts {
  private readonly parts: LocalAttemptsParts;

  constructor(parts: LocalAttemptsParts) {
    this.parts = parts;
  }

  async start(spec: AttemptSpec, observer: AttemptObserver): Promise<AttemptResult> {
    try {
      const folder = this.parts.folders.attempt(spec.run.id, spec.task.id, spec.attempt.number);
      const progress = new ProgressGate(observer, this.parts.clock);
      const find = async (): Promise<JobPlace> => ({
        repository: placeOf(await this.parts.repositoryOf(spec.run), spec.run),
        environment: await this.parts.environmentOf(spec.run, spec.agent.env),
      });
      const onEntry = (body: JournalBody): void => {
        if (body.type === "working") observer.working();
        else if (body.type === "progress") progress.show(body.percent, body.message, body.waits);
        else if (body.type === "message") progress.show(null, body.text);
        else if (body.type === "session") observer.session(body.id);
        else if (body.type === "told") observer.told(body.id);
        else if (body.type === "usage") observer.spent(body.usage);
      };
      const frozen = spec.attempt.state.status === "frozen";
      const makeJob = (): Promise<AttemptJob> => this.makeJob(spec);
      return resultOf(
        await this.parts.jobs.run({ folder, commonDir: spec.run.repository, frozen, find, makeJob, onEntry }),
      );
    } catch (error) {
      return bareResult({
        kind: "failed",
        failure: { reason: "workspace", step: "starting the runner", detail: messageOf(error) },
      });
    }
  }

  async finish(run: RunRow, attempt: AttemptRow): Promise<AttemptResult> {
    try {
      const folder = this.parts.folders.attempt(run.id, attempt.task, attempt.number);
      return resultOf(await this.parts.jobs.finish(folder, run.repository));
    } catch (error) {
      return bareResult({ kind: "lost", detail: messageOf(error) });
    }
  }

  setFrozen(run: RunRow, attempt: AttemptRow, frozen: boolean): Promise<boolean> {
    const folder = this.parts.folders.attempt(run.id, attempt.task, attempt.number);
    return this.parts.jobs.control(folder, { type: frozen ? "freeze" : "thaw" });
  }

  async tell(run: RunRow, attempt: AttemptRow, { id, text }: Pick<TaskMessage, "id" | "text">): Promise<void> {
    const folder = this.parts.folders.attempt(run.id, attempt.task, attempt.number);
    await this.parts.jobs.control(folder, { type: "message", id, text });
  }

  async stop(run: RunRow, attempt: AttemptRow): Promise<void> {
    const folder = this.parts.folders.attempt(run.id, attempt.task, attempt.number);
    await this.parts.jobs.control(folder, { type: "stop" });
  }

  private async makeJob({ run, task, attempt, agent, siblings }: AttemptSpec): Promise<AttemptJob> {
    const repository = await this.parts.repositoryOf(run);
    const git = new Git({ gitDir: run.repository });
    const tip = await targetTip(git, this.parts.servers.of(run.repository).objects, run.target);
    if (tip === null) throw new Error(`branch ${run.target} is gone`);
    const failures = task.failures;
    const previousDiff = await diffOfLast(git, run, task.id, failures.at(-1)?.attempt ?? null);
    const conflict = attempt.resumes === null ? await conflictToResolve(git, run, task, tip.tip) : null;
    const kept = run.settings.setup?.keep ?? [];
    const messages = messagesBefore(task, attempt.number);
    const about = { task: task.planned, number: attempt.number, scope: agent.files, kept, messages };
    const base = (attempt.resumes?.tip != null ? attempt.resumes.base : null) ?? tip.tip;
    return {
      protocol: protocolVersion,
      kind: "attempt",
      id: attempt.id,
      run: run.id,
      task: task.id,
      number: attempt.number,
      agent,
      resume: attempt.resumes,
      leftUsd: leftOf(run.settings.budget, { task: task.spentUsd, run: run.spentUsd }),
      sandbox: run.settings.sandbox,
      ...(run.settings.setup === undefined ? {} : { setup: run.settings.setup }),
      ...partsOf(task),
      hosts: agent.hosts,
      base,
      start: attempt.resumes?.tip ?? base,
      branch: attemptBranch(run.id, task.id, attempt.number),
      // Nobody knows the secrets' values here; those of a known shape go no further.
      taskText: redact(taskFile({ ...about, siblings, failures, previousDiff, conflict })),
      commit: {
        subject: redact(singleLine(task.planned.title, 72)),
        trailers: [
          `Nightcrew-Run: ${run.id}`,
          `Nightcrew-Task: ${task.id}`,
          `Nightcrew-Attempt: ${attempt.number}`,
          `Nightcrew-Agent: ${agent.name}`,
        ],
        ...repository.identity,
        at: Math.floor(attempt.startedAt / 1_000),
      },
      policy: {
        settings: run.settings.policy,
        task: {
          title: redact(task.planned.title),
          description: redact(task.planned.description),
          files: task.planned.files,
          filesGuessed: task.planned.filesGuessed === true,
          allow: task.planned.allow,
        },
        gatePaths: gatePaths(run.settings.gate),
        gateScripts: gateScripts(run.settings.gate),
      },
      ...(conflict === null ? {} : { conflicted: conflict.tree }),
      protectedPaths: run.settings.sources.flatMap(({ tracked }) => (tracked === null ? [] : [tracked])),
    };
  }
}

/** How many of what landed meanwhile are told of. */
const othersTold = 10;

/** Both sides of a conflict, merged as far as they can be, where an agent is to resolve it; null where there is none (any more). */
async function conflictToResolve(
  git: Git,
  run: RunRow,
  { id, failures }: TaskRow,
  tip: string,
): Promise<(ConflictFacts & { readonly tree: string }) | null> {
  const last = failures.at(-1);
  if (run.settings.onConflict !== "resolve" || last?.failure.reason !== "conflict") return null;
  const theirs = await resolveRef(git, branchRef(attemptBranch(run.id, id, last.attempt)));
  if (theirs === null) return null;
  const merged = await mergeTrees(git, tip, theirs);
  const { tree } = merged;
  const paths = merged.kind === "conflict" ? merged.paths : [];
  if (paths.length === 0) return null;
  const log = [
    "log",
    "--first-parent",
    `--max-count=${othersTold}`,
    "--format=%s",
    `${theirs}..${tip}`,
    "--",
    ...paths,
  ];
  const others = (await git.text(log)).split("\n").filter((line) => line !== "");
  return { tree, paths, others };
}

/** What the attempt before had changed, bounded; empty where it left nothing. */
function partsOf({ planned: { parts } }: TaskRow): Pick<AttemptJob, "parts"> {
  return parts === undefined ? {} : { parts: parts.map(({ id, files }) => ({ id, files })) };
}

async function diffOfLast(git: Git, run: RunRow, task: string, number: number | null): Promise<string> {
  if (number === null) return "";
  const branch = `refs/heads/${attemptBranch(run.id, task, number)}`;
  if ((await git.maybe(["rev-parse", "--verify", "--quiet", branch], { allow: [1, 128] })) === null) return "";
  const args = ["diff", "--no-ext-diff", "--no-textconv", "--stat", "--patch", `refs/heads/${run.target}...${branch}`];
  const { stdout, cut } = await git.call(args, { cutAt: maxDiffBytes });
  return `${stdout.toString()}${cut ? "\n[… cut …]" : ""}`;
}

function resultOf(end: JobEnd): AttemptResult {
  if (end.type === "attempt-ended") return end.result;
  if (end.type === "stopped") return bareResult({ kind: "stopped" });
  const detail = end.type === "lost" ? end.detail : `its journal ends with ${end.type}`;
  return bareResult({ kind: "lost", detail });
}

/** Lets through what a person can follow; the journal has the rest. */
class ProgressGate {
  private readonly observer: AttemptObserver;
  private readonly clock: Clock;
  private shownAt = -Infinity;

  constructor(observer: AttemptObserver, clock: Clock) {
    this.observer = observer;
    this.clock = clock;
  }

  /** What asks, and that it was answered, is shown at once. */
  show(percent: number | null, message: string, asks: boolean | null = null): void {
    const now = this.clock.now();
    if (asks === null && now - this.shownAt < progressPauseMs) return;
    this.shownAt = now;
    this.observer.progressed(percent, message, asks);
  }
}
