import { assertDefined } from "../../std/assert.ts";
import type { AttemptEvent, AttemptResult } from "../attempt-state.ts";
import { isLive } from "../attempt-state.ts";
import { failureSignature, type Failure } from "../failure.ts";
import type { Input } from "../input.ts";
import { priorityRank } from "../plan.ts";
import { isHold, recover } from "../recovery.ts";
import type { AttemptRow, ChangeRow, CountedFailure, TaskRow } from "../rows.ts";
import { isOver } from "../task-state.ts";
import { tellDependants } from "./dependants.ts";
import type { Draft } from "./draft.ts";

export function attemptWorking(draft: Draft): void {
  const attempt = attemptOf(draft);
  const { state } = attempt;
  if (state.status !== "preparing" && !(state.status === "frozen" && state.was === "preparing")) return;
  draft.moveAttempt(attempt, { type: "worked" });
  if (isOver(draft.task(attempt.task).state)) return;
  draft.moveTask(attempt.task, { type: "staged", stage: "working" });
  draft.emit(attempt.task, { type: "task.staged", stage: "working" });
}

export function attemptProgressed(draft: Draft, input: Extract<Input, { type: "attempt.progressed" }>): void {
  const { percent, message } = input;
  draft.emit(input.task, { type: "attempt.progressed", attempt: attemptOf(draft).number, percent, message });
}

/** Asked again where a person changed their mind while the runner was being told. */
export function freezeSent(draft: Draft, frozen: boolean): void {
  const attempt = attemptOf(draft);
  if (!isLive(attempt.state) || (attempt.state.status === "frozen") === frozen) return;
  draft.ask({ kind: "set-frozen", id: `set-frozen:${attempt.id}`, attempt: attempt.id });
}

/** An attempt's end frees its slot; what it left is offered, tried again, or left for a person. */
export function attemptEnded(draft: Draft, result: AttemptResult): void {
  const attempt = attemptOf(draft);
  if (!isLive(attempt.state)) return;
  const ended = draft.moveAttempt(attempt, endOf(result), { result, endedAt: draft.now });
  draft.emit(attempt.task, { type: "attempt.ended", attempt: attempt.number, result });
  // Its task was cancelled meanwhile: what it left is on its branch, and offered to nobody.
  if (isOver(draft.task(attempt.task).state)) return;
  const { outcome, work } = result;
  switch (outcome.kind) {
    case "done":
      liftPause(draft, attempt.task);
      return offerChange(draft, ended, assertDefined(work, `attempt ${attempt.id} is done without work`));
    case "nothing-changed":
      return failTask(draft, ended, { reason: "nothing-changed", claim: result.claim, log: "" });
    case "failed":
      return failTask(draft, ended, outcome.failure, brokenByFreeze(result));
    case "lost":
      return failTask(draft, ended, { reason: "runner-lost", detail: outcome.detail });
    case "stopped":
      if (draft.run.state.status === "interrupted") return requeue(draft, attempt.task, null, null);
      // Nobody asked for it, or not any more: as bounded as any loss.
      return failTask(draft, ended, { reason: "runner-lost", detail: "it was stopped from outside" });
  }
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

function attemptOf(draft: Draft): AttemptRow {
  return assertDefined(draft.slice.attempt, "the decision needs an attempt");
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
    builds: 0,
    state: { status: "offered", building: false },
  };
  draft.putChange(change);
  draft.moveTask(attempt.task, { type: "staged", stage: "queued to land" });
  draft.emit(attempt.task, { type: "task.staged", stage: "queued to land" });
}

/** What comes of a failure is decided by the recovery rules, wherever on the way it happened. */
export function failTask(
  draft: Draft,
  attempt: Pick<AttemptRow, "task" | "number">,
  failure: Failure,
  excused = false,
): void {
  const task = draft.task(attempt.task);
  const history = task.failures.slice(task.forgiven);
  const recovery = recover(failure, history, { maxAttempts: draft.run.settings.maxAttempts, excused });
  const counts = recovery.kind !== "hold" && recovery.counts;
  const failures = [...withoutSameHold(task, failure), { attempt: attempt.number, failure, counts }];
  switch (recovery.kind) {
    case "retry":
      draft.putTask({ ...task, failures });
      return requeue(draft, task.id, failure, recovery.afterMs === 0 ? null : draft.now + recovery.afterMs);
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

/** Judged again and again while others land, a held change says the same each time: once is enough. */
function withoutSameHold({ failures }: TaskRow, failure: Failure): readonly CountedFailure[] {
  const last = failures.at(-1);
  return last !== undefined && isHold(failure) && failureSignature(last.failure) === failureSignature(failure)
    ? failures.slice(0, -1)
    : failures;
}

function requeue(draft: Draft, task: string, failure: Failure | null, notBefore: number | null): void {
  draft.moveTask(task, { type: "requeued", notBefore });
  draft.emit(task, { type: "task.requeued", failure, notBefore });
}
