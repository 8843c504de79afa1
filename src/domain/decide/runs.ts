import { unreachable } from "../../std/assert.ts";
import { usd } from "../budget.ts";
import { isKeptBack } from "../change-state.ts";
import type { RunCommand } from "../control.ts";
import type { Input } from "../input.ts";
import type { RuleName } from "../diff-policy/rules.ts";
import { priorityRank, type Priority } from "../plan.ts";
import type { ChangeRow, TaskRow } from "../rows.ts";
import { attemptNumber, type RunRow, type RunState } from "../run.ts";
import { isOver, type TaskStatus } from "../task-state.ts";
import type { Gate } from "../verdict.ts";
import type { Draft } from "./draft.ts";
import { tellIssue } from "./issues.ts";
import { isQuiet } from "./schedule.ts";
import { changeBudget, runCap } from "./spending.ts";
import { stopAttempt } from "./stops.ts";
import {
  allowRules,
  hasLanded,
  releaseChange,
  setFrozen,
  setPriority,
  stillStopping,
  stopRegeneration,
  tryAgain,
  withdrawChange,
} from "./task-control.ts";

export function submitRun(draft: Draft, run: RunRow, tasks: readonly TaskRow[]): void {
  draft.putRun(run);
  // It was spent before there was a run to charge it to.
  draft.spentTodayUsd = usd(draft.spentTodayUsd + (run.planning?.amountUsd ?? 0));
  draft.emit(null, {
    type: "run.submitted",
    tasks: tasks.length,
    workers: run.settings.workers,
    target: run.target,
  });
  for (const task of tasks) draft.putTask(task);
}

/** What a person asks of a run. Asking twice changes nothing the second time; what cannot be says why. */
export function controlRun(draft: Draft, command: RunCommand): void {
  const { status } = draft.run.state;
  switch (command.type) {
    case "pause":
      return pauseRun(draft, status);
    case "interrupt":
      return interruptRun(draft, status);
    case "resume":
      return resumeRun(draft, status);
    case "cancel":
      return cancelRun(draft, status);
    case "retry":
      return retryRun(draft, command.allow ?? []);
    case "land":
      return landRun(draft, status, command.gate);
    case "prioritize":
      return prioritizeRun(draft, command.priority);
    case "budget":
      return changeBudget(draft, command.caps);
    default:
      return unreachable(command);
  }
}

/** Nothing new starts, agents are frozen where they are; a change that is being judged goes its way to the end. */
function pauseRun(draft: Draft, status: RunState["status"]): void {
  if (status === "finished") return draft.refuse({ reason: "run-finished" });
  if (status === "interrupted") return draft.refuse({ reason: "run-stopped" });
  if (status === "paused") return draft.unchanged();
  draft.putRun({ ...draft.run, state: { status: "paused" } });
  draft.emit(null, { type: "run.paused" });
  // What others wait for may be of this run.
  draft.nudgeQueue();
  for (const { task } of draft.slice.live) setFrozen(draft, task);
}

/** Stops what is running; its tasks go back to the queue and wait for `resume`. */
function interruptRun(draft: Draft, status: RunState["status"]): void {
  if (status === "finished") return draft.refuse({ reason: "run-finished" });
  if (status === "interrupted") return draft.unchanged();
  draft.putRun({ ...draft.run, state: { status: "interrupted" } });
  draft.emit(null, { type: "run.interrupted" });
  // What others wait for may be of this run.
  draft.nudgeQueue();
  stopAttempts(draft);
  for (const change of draft.slice.openChanges) takeBack(draft, change);
}

function stopAttempts(draft: Draft): void {
  for (const attempt of draft.slice.live) stopAttempt(draft, attempt.id);
}

/** What the queue has waits again; a landing that is under way goes its way to the end. */
function takeBack(draft: Draft, change: ChangeRow): void {
  const { state } = change;
  // What it comes to, stopped or not, brings it back by itself.
  if (state.status === "regenerating" && state.trial !== null) return stopRegeneration(draft, change);
  if (state.status !== "gating" && state.status !== "ready" && state.status !== "regenerating") return;
  draft.moveChange(change, { type: "moved" });
  draft.moveTask(change.task, { type: "staged", stage: "queued to land" });
  draft.emit(change.task, { type: "change.moved", attempt: attemptNumber(change.id) });
  draft.nudgeQueue();
}

/** Ends a run: what is not over is cancelled, what has landed stays. */
function cancelRun(draft: Draft, status: RunState["status"]): void {
  if (status === "finished") return draft.unchanged();
  for (const { id, state } of draft.slice.tasks) {
    if (isOver(state) || hasLanded(state)) continue;
    draft.moveTask(id, { type: "cancelled" }, { endedAt: draft.now });
    draft.emit(id, { type: "task.cancelled" });
  }
  for (const change of draft.slice.openChanges) withdrawChange(draft, change);
  stopAttempts(draft);
  // Active, so that it is wrapped up and reported like any other run once nothing of it goes on.
  draft.putRun({ ...draft.run, state: { status: "active" } });
}

function resumeRun(draft: Draft, status: RunState["status"]): void {
  if (status === "finished") return resumeBroke(draft);
  if (status === "active") return draft.unchanged();
  draft.putRun({ ...draft.run, state: { status: "active" } });
  draft.emit(null, { type: "run.resumed" });
  for (const { task } of draft.slice.live) setFrozen(draft, task);
  // A person came back to it: what kept these from being judged may be mended.
  for (const change of stuck(draft)) releaseChange(draft, change);
  draft.nudgeQueue();
}

/** A run that ended for want of money goes on, where a cap leaves room by now: a new day has begun. */
function resumeBroke(draft: Draft): void {
  if (draft.counts.queued === 0) return draft.refuse({ reason: "run-finished" });
  const cap = runCap(draft);
  if (cap !== null) return draft.refuse({ reason: "over-budget", cap });
  draft.reopen();
}

/** Every task that failed, was cancelled or is held; those that are still being stopped are left out. */
function retryRun(draft: Draft, allow: readonly RuleName[]): void {
  const over = draft.slice.tasks.filter(({ state }) => state.status === "failed" || state.status === "cancelled");
  const again = over.filter(({ id }) => !stillStopping(draft, id));
  const held = stuck(draft);
  if (over.length + held.length === 0) return draft.unchanged();
  if (again.length + held.length === 0) return draft.refuse({ reason: "still-stopping" });
  for (const task of again) {
    allowRules(draft, task, allow);
    tryAgain(draft, task);
  }
  for (const change of held) releaseChange(draft, change);
  draft.reopen();
}

/** What the gate or the target could not take; not what is kept back. */
function stuck(draft: Draft): ChangeRow[] {
  return draft.slice.openChanges.filter(({ state }) => state.status === "held" && !isKeptBack(state));
}

/** What is done goes into the queue; what comes of it later is kept back again. */
function landRun(draft: Draft, status: RunState["status"], gate: Gate | null | undefined): void {
  if (status === "paused") return draft.refuse({ reason: "run-paused" });
  if (status === "interrupted") return draft.refuse({ reason: "run-stopped" });
  const done = draft.slice.openChanges.filter(({ state }) => isKeptBack(state));
  if (done.length === 0) return draft.refuse({ reason: "nothing-to-land" });
  if (gate !== undefined) draft.putRun({ ...draft.run, settings: { ...draft.run.settings, gate } });
  for (const change of done) {
    releaseChange(draft, change);
    draft.moveTask(change.task, { type: "staged", stage: "queued to land" });
    draft.emit(change.task, { type: "task.staged", stage: "queued to land" });
  }
  draft.reopen();
}

function prioritizeRun(draft: Draft, priority: Priority): void {
  const open = draft.slice.tasks.filter(({ state, planned }) => !isOver(state) && planned.priority !== priority);
  if (open.length === 0) return draft.unchanged();
  for (const task of open) setPriority(draft, task, priority);
  const tasks = new Set(open.map(({ id }) => id));
  for (const change of draft.slice.openChanges) {
    if (tasks.has(change.task)) draft.putChange({ ...draft.change(change), priorityRank: priorityRank(priority) });
  }
}

/** Not where it had something to do again while its report was being written: that is told by another one. */
export function wrappedUp(draft: Draft, input: Extract<Input, { type: "run.wrapped-up" }>): void {
  const { told, waitsOn, problem } = input;
  const changed = Object.entries(draft.counts).some(([status, count]) => told[status as TaskStatus] !== count);
  if (changed || !isQuiet(draft)) return;
  const { waitsOn: _, ...run } = draft.run;
  draft.putRun({ ...run, ...(waitsOn === null ? {} : { waitsOn }), state: { status: "finished", at: draft.now } });
  const counts = draft.counts;
  const tasks = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const { completed } = counts;
  draft.emit(null, { type: "run.finished", completed, tasks, problem });
  if (isLeftUndone(draft)) draft.alert(null, { kind: "run-ended", completed, tasks, cap: runCap(draft) });
  for (const { id } of draft.slice.tasks) tellIssue(draft, draft.task(id));
}

/** Where nothing is to land by itself, what is blocked is done and waits. */
function isLeftUndone({ counts, run }: Draft): boolean {
  const blocked = run.settings.landing === "by-hand" ? 0 : counts.blocked;
  return counts.failed + counts.queued + blocked > 0;
}

export function alertSent(draft: Draft, { kind, problem }: Extract<Input, { type: "alert.sent" }>): void {
  if (problem === null) return;
  draft.putRun({ ...draft.run, unsent: { count: (draft.run.unsent?.count ?? 0) + 1, kind, problem } });
  draft.emit(null, { type: "alert.failed", kind, problem });
}
