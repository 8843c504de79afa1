import { writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { findSandbox } from "../adapters/sandbox/find-sandbox.ts";
import { collect, WorkRefused, type Collected } from "../adapters/workspace/collect.ts";
import { keepByStayingGit } from "../adapters/workspace/keep-under.ts";
import { bringTree, checkOut, prepareAgentRepository, slotPaths, type SlotPaths } from "../adapters/workspace/slot.ts";
import { takeReady } from "../adapters/workspace/ready.ts";
import { clearSlot } from "../adapters/workspace/salvage.ts";
import { nothingShown, type ShownFolders } from "../adapters/setup/kept-folders.ts";
import type { NamedLease } from "../adapters/leases/named-leases.ts";
import type { Lease } from "../adapters/setup/kept-sets.ts";
import { bareResult, type AttemptResult, type WorkFacts } from "../domain/attempt-state.ts";
import type { Failure } from "../domain/failure.ts";
import { partsWithoutEvidence } from "../domain/parts.ts";
import { judgeAttempt, type Evidence } from "../domain/judge-attempt.ts";
import type { AttemptJob, Handoff } from "../domain/job.ts";
import type { Usage } from "../domain/agent-event.ts";
import type { Redactor } from "../domain/redact.ts";
import { crashPoint } from "../engine/crash-point.ts";
import { messageOf } from "../std/operational-error.ts";
import type { Journal } from "./journal.ts";
import { limitOf } from "./limit-of.ts";
import { keepOutOf, lookAtWork } from "./look-at-work.ts";
import { redacted } from "./redacted.ts";
import type { Control } from "./control.ts";
import { takeLeases } from "./leases.ts";
import { runAgent, type Observed } from "./run-agent.ts";
import { giveFolders, setUp } from "./set-up.ts";

/** One git for all attempts of this process. */
const keepUnder = keepByStayingGit();

/** One agent, once, on one task: prepare the workspace, run it, end all it started, keep what it left. */
export async function runAttempt(
  job: AttemptJob,
  handoff: Handoff,
  journal: Journal,
  control: Control,
): Promise<AttemptResult> {
  const slot = slotPaths(handoff.slot);
  // Looked for once in the life of this process, which takes long: meanwhile git works.
  if (job.sandbox.name !== "none") void findSandbox((handoff.environment ?? process.env)["PATH"] ?? "");
  try {
    const cleared = await clearSlot(slot, handoff.repository, job.commit);
    if (cleared !== null) journal.write({ type: "message", text: cleared });
    if (!(await takeReady(slot, handoff.repository, job.start))) await checkOut(slot, handoff.repository, job.start);
    writeFileSync(slot.busy, JSON.stringify({ run: job.run, task: job.task, number: job.number, base: job.base }));
    await prepareAgentRepository(slot, handoff.repository, job.branch, job.start);
    if (job.conflicted !== undefined) await bringTree(slot, handoff.repository, job.start, job.conflicted);
    crashPoint("runner/workspace-ready");
  } catch (error) {
    return failedResult({ reason: "workspace", step: "preparing", detail: messageOf(error) });
  }
  return withSetup(job, { handoff, journal, control }, async (kept) => {
    await control.untilThawed();
    if (control.stopped) {
      await rm(slot.busy, { force: true });
      return bareResult({ kind: "stopped" });
    }
    return withLeases(job, { handoff, journal, control }, async (leases) => {
      const observed = await runAgent({ ...job, keepsHome: true }, handoff, slot, { journal, control, kept, leases });
      return resultOf(job, handoff, slot, observed);
    });
  });
}

interface Around {
  readonly handoff: Handoff;
  readonly journal: Journal;
  readonly control: Control;
}

/** What the project has to have installed is in the workspace before the agent is. That it cannot be is not the agent's fault. */
async function withSetup(
  { id, setup, sandbox, base }: AttemptJob,
  { handoff, journal, control }: Around,
  work: (kept: ShownFolders) => Promise<AttemptResult>,
): Promise<AttemptResult> {
  if (setup === undefined) return work(nothingShown);
  const slot = slotPaths(handoff.slot);
  const tell = (message: string): void => journal.write({ type: "progress", percent: null, message });
  let lease: Lease;
  let kept: ShownFolders;
  try {
    const done = await setUp({ id, setup, sandbox, handoff, control, commit: base, target: base, tell });
    if (done.kind !== "ready") {
      await rm(slot.busy, { force: true });
      if (done.kind === "stopped") return bareResult({ kind: "stopped" });
      return failedResult({ reason: "workspace", step: "setup", detail: done.detail, log: done.log });
    }
    ({ lease } = done);
    kept = await giveFolders(lease, slot, { sandbox, handoff });
  } catch (error) {
    return failedResult({ reason: "workspace", step: "setup", detail: messageOf(error) });
  }
  try {
    return await work(kept);
  } finally {
    await lease.release();
  }
}

/** The agent begins when it has them. What it did after they were lost does not count, whatever became of it. */
async function withLeases(
  job: AttemptJob,
  { handoff, journal, control }: Around,
  work: (leases: readonly NamedLease[]) => Promise<AttemptResult>,
): Promise<AttemptResult> {
  const { run, task, number: attempt, agent } = job;
  const use = { run, task, attempt, agent: agent.name, what: "agent" };
  const tell = (message: string): void => journal.write({ type: "progress", percent: null, message });
  const waitMs = agent.limits.totalMs;
  const taken = await takeLeases({ names: agent.leases ?? [], handoff, use, waitMs, control, tell });
  if (taken.kind !== "taken") {
    await rm(slotPaths(handoff.slot).busy, { force: true });
    if (taken.kind === "stopped") return bareResult({ kind: "stopped" });
    return failedResult({ reason: "workspace", step: "waiting for a lease", detail: taken.detail });
  }
  try {
    const result = await work(taken.leases.leases);
    const lost = taken.leases.lost();
    return lost === null ? result : { ...result, outcome: { kind: "lost", detail: lost } };
  } finally {
    taken.leases.release();
  }
}

async function resultOf(
  job: AttemptJob,
  handoff: Handoff,
  slot: SlotPaths,
  observed: Observed,
): Promise<AttemptResult> {
  const { watch, sinceThawMs } = observed;
  const { usage, sessionUsage, session, turns, refused, claim } = watch;
  const about = { usage, sessionUsage, session, turns, refused, claim, sinceThawMs };
  let collected: Collected;
  try {
    crashPoint("runner/before-collect");
    collected = await collect({
      slot,
      place: handoff.repository,
      base: job.base,
      ref: `refs/heads/${job.branch}`,
      commit: withCost(job, usage),
      protectedPaths: job.protectedPaths,
      attic: join(handoff.folder, "nested"),
      keepOut: keepOutOf(job, observed.secrets),
      keepUnder,
      parts: (job.parts ?? []).map(({ id }) => id),
    });
    await rm(slot.busy, { force: true });
  } catch (error) {
    // What is there stays in the slot, still marked busy: it is salvaged or set aside before the slot is used again.
    const detail = messageOf(error);
    const refusal = error instanceof WorkRefused;
    return {
      ...failedResult(
        refusal ? { reason: "work-refused", detail } : { reason: "workspace", step: "keeping the work", detail },
      ),
      ...redacted(about, observed.secrets),
    };
  }
  const judged = outcomeOf(job, observed, collected);
  const { outcome, warnings } = await withPolicy(job, judged, { handoff, slot, collected, secrets: observed.secrets });
  // Nobody goes on with the session of one that has finished.
  if (outcome.kind === "done") await observed.forgetHome();
  const { paths, notes } = collected.work;
  const { work, ...result } = redacted({ outcome, ...about, warnings, work: { paths, notes } }, observed.secrets);
  return { ...result, work: { ...collected.work, ...work } };
}

interface Kept {
  readonly handoff: Handoff;
  readonly slot: SlotPaths;
  readonly collected: Collected;
  readonly secrets: Redactor;
}

/** Work that would be offered is looked at first: what it must not do fails it, and its branch stays. */
async function withPolicy(
  job: AttemptJob,
  outcome: AttemptResult["outcome"],
  { handoff, slot, collected: { work, leftOut }, secrets }: Kept,
): Promise<Pick<AttemptResult, "outcome" | "warnings">> {
  const { tip } = work;
  if (outcome.kind !== "done" || tip === null) return { outcome, warnings: [] };
  try {
    const verdict = await lookAtWork(job, { handoff, slot, tip, leftOut, secrets });
    const { violations: findings, warnings, more } = verdict;
    if (findings.length === 0) return { outcome, warnings };
    return { outcome: { kind: "failed", failure: { reason: "policy-violated", findings, more } }, warnings };
  } catch (error) {
    const failure = { reason: "workspace", step: "looking at the change", detail: messageOf(error) } as const;
    return { outcome: { kind: "failed", failure }, warnings: [] };
  }
}

function withCost(job: AttemptJob, usage: Usage): AttemptJob["commit"] {
  const cost = usage.cost === null ? "unknown" : `${usage.cost} ${usage.currency ?? ""}`.trim();
  return { ...job.commit, trailers: [...job.commit.trailers, `Nightcrew-Cost: ${cost}`] };
}

function outcomeOf(
  job: AttemptJob,
  { ending, driver, watch, log }: Observed,
  { work, nested, named }: Collected,
): AttemptResult["outcome"] {
  const { saysFinal } = driver.traits;
  return judgeAttempt({
    ending,
    final: watch.final,
    saysFinal,
    limit: limitOf(watch, { ending, saysFinal, log }),
    hasWork: work.tip !== null,
    ...missingParts(job, named, work),
    nested,
    log,
    program: job.agent.command[0] ?? "",
  });
}

function missingParts(
  { parts }: AttemptJob,
  named: ReadonlySet<string>,
  { paths }: WorkFacts,
): Pick<Evidence, "missing"> {
  if (parts === undefined) return {};
  const missing = partsWithoutEvidence(parts, { named, paths: new Set(paths) });
  return { missing: { parts: missing, of: parts.length } };
}

export function failedResult(failure: Failure): AttemptResult {
  return bareResult({ kind: "failed", failure });
}
