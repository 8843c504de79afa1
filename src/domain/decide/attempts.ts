import { assertDefined } from "../../std/assert.ts";
import { othersCan } from "../assign.ts";
import type { AttemptEvent, AttemptOutcome, AttemptResult } from "../attempt-state.ts";
import { isLive } from "../attempt-state.ts";
import type { Cap } from "../budget.ts";
import { failureSignature, type Failure } from "../failure.ts";
import type { Foreseen } from "../foreseen.ts";
import type { Input } from "../input.ts";
import { asksForNoChange, priorityRank } from "../plan.ts";
import { parked } from "../quota.ts";
import { recover } from "../recovery.ts";
import type { AttemptRow, ChangeRow, CountedFailure, Resumable, TaskRow } from "../rows.ts";
import { isOver } from "../task-state.ts";
import { foreseenFailure } from "./foreseen.ts";
import { keepBack } from "./keep-back.ts";
import { completeTask, needAgain, tellDependants } from "./dependants.ts";
import type { Draft } from "./draft.ts";
import { takenUp, tellWaiting } from "./messages.ts";
import { agentOf, charge, stopAtCaps } from "./spending.ts";

export function attemptWorking(draft: Draft): void {
  const attempt = draft.attempt();
  const { state } = attempt;
  if (state.status !== "preparing" && !(state.status === "frozen" && state.was === "preparing")) return;
  draft.moveAttempt(attempt, { type: "worked" });
  if (isOver(draft.task(attempt.task).state)) return;
  draft.moveTask(attempt.task, { type: "staged", stage: "working" });
  draft.emit(attempt.task, { type: "task.staged", stage: "working" });
  tellWaiting(draft, attempt);
}

export function attemptProgressed(draft: Draft, input: Extract<Input, { type: "attempt.progressed" }>): void {
  const { percent, message, asks } = input;
  const attempt = draft.attempt();
  const about = { attempt: attempt.number, percent, message, ...(asks === null ? {} : { asks }) };
  draft.emit(input.task, { type: "attempt.progressed", ...about });
  if (asks === null) return;
  if (asks) draft.alert(input.task, { kind: "agent-asks", message });
  if (!isLive(attempt.state)) return;
  // Told twice after a crash, it is one question.
  const question = withoutAnswer(message);
  const others = (attempt.asks ?? []).filter((one) => one !== question);
  draft.putAttempt({ ...attempt, asks: asks ? [...others, question].slice(-mostQuestions) : others });
}

/** Of each the row is written anew; nobody reads more. */
const mostQuestions = 10;

function withoutAnswer(message: string): string {
  return message.replace(/ \((waiting|granted|denied)\)$/, "");
}

export function attemptSession(draft: Draft, session: string): void {
  const attempt = draft.attempt();
  if (isLive(attempt.state)) draft.putAttempt({ ...attempt, session });
}

export function attemptTold(draft: Draft, message: string): void {
  takenUp(draft, draft.attempt(), message);
}

/** Asked again where a person changed their mind while the runner was being told. */
export function freezeSent(draft: Draft, frozen: boolean): void {
  const attempt = draft.attempt();
  if (!isLive(attempt.state) || (attempt.state.status === "frozen") === frozen) return;
  draft.ask({ kind: "set-frozen", id: `set-frozen:${attempt.id}`, attempt: attempt.id });
}

/** An attempt's end frees its slot; what it left is offered, tried again, or left for a person. */
export function attemptEnded(draft: Draft, result: AttemptResult): void {
  const attempt = draft.attempt();
  if (!isLive(attempt.state)) return;
  const charged = charge(draft, attempt, result.usage);
  const session = result.session ?? attempt.session;
  const ended = draft.moveAttempt(charged, endOf(result), { result, session, endedAt: draft.now });
  draft.emit(attempt.task, { type: "attempt.ended", attempt: attempt.number, result });
  // What it told at its very end may be too much for the others.
  stopAtCaps(draft, null);
  // Its task was cancelled meanwhile: what it left is on its branch, and offered to nobody.
  if (isOver(draft.task(attempt.task).state)) return;
  const { outcome } = result;
  if (outcome.kind === "stopped" || outcome.kind === "lost") return brokenOff(draft, ended, outcome);
  return finished(draft, ended, outcome, result);
}

function finished(draft: Draft, ended: AttemptRow, outcome: AttemptOutcome, result: AttemptResult): void {
  switch (outcome.kind) {
    case "done":
      liftPause(draft, ended.task);
      return offerChange(draft, ended, assertDefined(result.work, `attempt ${ended.id} is done without work`));
    case "nothing-changed":
      if (asksForNoChange(draft.task(ended.task).planned.type)) return completeUnchanged(draft, ended.task);
      return failTask(draft, ended, { reason: "nothing-changed", claim: result.claim, log: "" });
    case "partial":
    case "failed":
      return failTask(draft, ended, outcome.failure, brokenByFreeze(result));
    case "refused":
      return failTask(draft, ended, { reason: "refused", message: outcome.message });
    case "limited":
      return limited(draft, ended, outcome);
  }
}

/** It did not come to an end of its own. */
function brokenOff(
  draft: Draft,
  ended: AttemptRow,
  outcome: Extract<AttemptResult["outcome"], { kind: "stopped" | "lost" }>,
): void {
  const { stopping } = ended;
  if (outcome.kind === "stopped" && stopping?.reason === "parked") return requeue(draft, ended, null, null);
  if (outcome.kind === "stopped" && stopping?.reason === "budget") return overBudget(draft, ended, stopping.cap);
  if (outcome.kind === "stopped" && stopping?.reason === "conflict") return doAgain(draft, ended, stopping.foreseen);
  if (outcome.kind === "stopped" && draft.run.state.status === "interrupted") return requeue(draft, ended, null, null);
  // Nobody asked for it, or not any more: it is bounded like a loss.
  const detail = outcome.kind === "lost" ? outcome.detail : "it was stopped from outside";
  return failTask(draft, ended, { reason: "runner-lost", detail });
}

/** An attempt that cost too much counts as a failed one; under a wider cap it is to go on when the cap is raised. */
function overBudget(draft: Draft, ended: AttemptRow, cap: Cap): void {
  if (cap.scope === "attempt") return failTask(draft, ended, { reason: "budget", ...cap });
  if (cap.scope !== "task") return requeue(draft, ended, { reason: "budget", ...cap }, null);
  rememberSession(draft, ended);
  draft.moveTask(ended.task, { type: "blocked", by: { reason: "budget", cap } });
  draft.emit(ended.task, { type: "task.blocked", by: { reason: "budget", cap } });
  tellDependants(draft, ended.task);
}

/** Attempts that limits may end for one task, beside those that may fail: a provider may name times that mean nothing. */
const mostLimited = 30;

/** The provider's clock starts; the task goes on with another agent, or when that clock has run out. */
function limited(
  draft: Draft,
  ended: AttemptRow,
  { until, message }: Extract<AttemptOutcome, { kind: "limited" }>,
): void {
  const { provider } = agentOf(draft, ended.agent);
  const failure = { reason: "limited", agent: ended.agent, until, message } as const;
  const tooOften = draft.task(ended.task).attempts >= draft.run.settings.maxAttempts + mostLimited;
  if (draft.run.settings.onLimit === "fail" || tooOften) return failTask(draft, ended, failure);
  const before = draft.quotas.find((row) => row.provider === provider);
  const quota = parked(provider, { until, message }, before, draft.now);
  draft.putQuota(quota);
  draft.emit(ended.task, { type: "quota.reached", provider, until: quota.until, message });
  requeue(draft, ended, { ...failure, until: quota.until }, null);
}

/** Nothing is to land: that nothing was changed is what was asked for. */
function completeUnchanged(draft: Draft, task: string): void {
  liftPause(draft, task);
  completeTask(draft, task, null);
}

/** A pause that came when the agent had finished holds nothing back any more. */
function liftPause(draft: Draft, task: string): void {
  if (draft.task(task).state.status !== "paused") return;
  draft.moveTask(task, { type: "resumed" });
  draft.emit(task, { type: "task.resumed" });
}

/** An agent that fails so soon after it was thawed most likely lost a connection by the freeze. */
const thawGraceMs = 60_000;

function brokenByFreeze({ sinceThawMs }: AttemptResult): boolean {
  return sinceThawMs !== null && sinceThawMs < thawGraceMs;
}

function endOf(result: AttemptResult): AttemptEvent {
  const { outcome } = result;
  if (outcome.kind === "stopped") return { type: "stopped" };
  if (outcome.kind === "lost") return { type: "lost", detail: outcome.detail };
  return { type: "finished", outcome };
}

function offerChange(draft: Draft, attempt: AttemptRow, work: NonNullable<AttemptResult["work"]>): void {
  const { planned } = draft.task(attempt.task);
  const change: ChangeRow = {
    id: attempt.id,
    run: attempt.run,
    task: attempt.task,
    repository: draft.run.repository,
    target: draft.run.target,
    priorityRank: priorityRank(planned.priority),
    offeredAt: draft.now,
    tip: assertDefined(work.tip, `attempt ${attempt.id} offers no commit`),
    base: work.base,
    judgements: [],
    state: { status: "offered" },
  };
  draft.putChange(change);
  if (draft.run.settings.landing === "by-hand") return keepBack(draft, change);
  draft.nudgeQueue();
  draft.moveTask(attempt.task, { type: "staged", stage: "queued to land" });
  draft.emit(attempt.task, { type: "task.staged", stage: "queued to land" });
}

/** What comes of a failure is decided by the recovery rules, wherever on the way it happened. */
export function failTask(
  draft: Draft,
  attempt: Pick<AttemptRow, "task" | "number" | "agent">,
  failure: Failure,
  excused = false,
): void {
  const task = draft.task(attempt.task);
  const history = task.failures.slice(task.forgiven);
  const { maxAttempts, onLimit, onConflict } = draft.run.settings;
  const own = { attempt: attempt.number, agent: attempt.agent, failure, counts: true };
  const applicant = { planned: task.planned, failures: [...history, own], resumable: null };
  const others = othersCan(applicant, draft.run.settings);
  const recovery = recover(failure, history, { maxAttempts, excused, waits: onLimit === "wait", others, onConflict });
  const counts = recovery.kind !== "hold" && recovery.counts;
  const earlier = recovery.kind === "hold" ? withoutSame(task, failure) : task.failures;
  const failures = [...earlier, { ...own, counts }];
  switch (recovery.kind) {
    case "retry":
      draft.putTask({ ...task, failures });
      return backInQueue(draft, task.id, failure, recovery.afterMs === 0 ? null : draft.now + recovery.afterMs);
    case "hold":
      draft.moveTask(task.id, { type: "blocked", by: { reason: "held", failure } }, { failures });
      draft.emit(task.id, { type: "task.blocked", by: { reason: "held", failure } });
      return tellDependants(draft, task.id);
    case "give-up":
      draft.moveTask(task.id, { type: "failed", failure }, { failures, endedAt: draft.now });
      draft.emit(task.id, { type: "task.failed", failure, attempts: task.attempts });
      return tellDependants(draft, task.id);
  }
}

/** What it landed is gone from the target: it is done again behind its peers, or left for a person. */
export function revertTask(
  draft: Draft,
  attempt: Pick<AttemptRow, "task" | "number" | "agent">,
  failure: Failure,
): void {
  const task = draft.task(attempt.task);
  const { state } = task;
  if (state.status === "cancelled") return;
  const behind = { order: task.order + behindAll };
  if (state.status !== "completed") {
    draft.putTask({ ...task, ...behind });
    return failTask(draft, attempt, failure);
  }
  const { maxAttempts } = draft.run.settings;
  const { onConflict } = draft.run.settings;
  const recovery = recover(failure, task.failures.slice(task.forgiven), {
    onConflict,
    maxAttempts,
    excused: false,
    waits: false,
    others: false,
  });
  const again = recovery.kind === "retry";
  const failures = [...task.failures, { attempt: attempt.number, agent: attempt.agent, failure, counts: true }];
  const patch = again ? { failures, endedAt: null, ...behind } : { failures };
  draft.moveTask(task.id, { type: "reverted", failure, again, unmet: task.unmet }, patch);
  needAgain(draft);
  if (again) draft.emit(task.id, { type: "task.requeued", failure, notBefore: null });
  else draft.emit(task.id, { type: "task.failed", failure, attempts: task.attempts });
  tellDependants(draft, task.id);
  draft.reopen();
}

/** More tasks than any plan has. */
const behindAll = 1_000_000;

/** Judged again and again while others land, a held change says the same each time: once is enough. */
function withoutSame({ failures }: TaskRow, failure: Failure): readonly CountedFailure[] {
  const last = failures.at(-1);
  return last !== undefined && failureSignature(last.failure) === failureSignature(failure)
    ? failures.slice(0, -1)
    : failures;
}

/** It was stopped for no fault of its own: its session goes on where it can. */
function requeue(draft: Draft, ended: AttemptRow, failure: Failure | null, notBefore: number | null): void {
  rememberSession(draft, ended);
  backInQueue(draft, ended.task, failure, notBefore);
}

/** From the target as it stands by then: a session would go on with what could not land. */
function doAgain(draft: Draft, { task: id, number, agent }: AttemptRow, foreseen: Foreseen): void {
  const failure = foreseenFailure(foreseen);
  const task = draft.task(id);
  draft.putTask({
    ...task,
    resumable: null,
    failures: [...task.failures, { attempt: number, agent, failure, counts: false }],
  });
  backInQueue(draft, id, failure, null);
}

function backInQueue(draft: Draft, task: string, failure: Failure | null, notBefore: number | null): void {
  draft.moveTask(task, { type: "requeued", notBefore });
  draft.emit(task, { type: "task.requeued", failure, notBefore });
}

function rememberSession(draft: Draft, ended: AttemptRow): void {
  draft.putTask({ ...draft.task(ended.task), resumable: resumableOf(draft, ended) });
}

function resumableOf(draft: Draft, { number, agent, session, result }: AttemptRow): Resumable | null {
  if (session === null || !agentOf(draft, agent).resumes) return null;
  const { sessionUsage = null, work = null } = result ?? {};
  return { attempt: number, agent, session, sessionUsage, tip: work?.tip ?? null, base: work?.base ?? null };
}
