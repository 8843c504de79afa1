import { unreachable } from "../../std/assert.ts";
import { isLive } from "../attempt-state.ts";
import { isLanded } from "../change-state.ts";
import type { Refusal, TaskCommand, TaskEdit } from "../control.ts";
import type { RuleName } from "../diff-policy/rules.ts";
import { findCycle } from "../graph.ts";
import type { IssueLoss } from "../issue.ts";
import { priorityRank, type PlannedTask, type Priority } from "../plan.ts";
import { checksId } from "../queue/queue-row.ts";
import type { ChangeRow, TaskRow } from "../rows.ts";
import { isOver, stageOf, waitingState, type Pausable, type TaskState } from "../task-state.ts";
import { tellDependants } from "./dependants.ts";
import type { Draft } from "./draft.ts";
import { messageTask } from "./messages.ts";
import { stopAttempt } from "./stops.ts";

/** What a person asks of one task. Asking twice changes nothing the second time; what cannot be says why. */
export function controlTask(draft: Draft, id: string, command: TaskCommand): void {
  const task = draft.task(id);
  switch (command.type) {
    case "pause":
      return pauseTask(draft, task);
    case "resume":
      return resumeTask(draft, task);
    case "cancel":
      return cancelTask(draft, task);
    case "retry":
      return retryTask(draft, task, command.allow ?? []);
    case "prioritize":
      return prioritizeTask(draft, task, command.priority);
    case "message":
      return messageTask(draft, task, command);
    case "edit":
      return editTask(draft, task, command.edit);
    default:
      return unreachable(command);
  }
}

function pauseTask(draft: Draft, task: TaskRow): void {
  const { state } = task;
  if (state.status === "paused") return draft.unchanged();
  if (isOver(state)) return draft.refuse({ reason: "task-over", status: state.status });
  if (draft.run.state.status === "finished") return draft.refuse({ reason: "run-finished" });
  if (state.status === "blocked" && state.by.reason === "held") return draft.refuse({ reason: "held" });
  const stage = stageOf(state);
  if (stage !== null && stage !== "preparing" && stage !== "working") {
    return draft.refuse({ reason: "being-landed", stage });
  }
  draft.moveTask(task.id, { type: "paused" });
  draft.emit(task.id, { type: "task.paused" });
  setFrozen(draft, task.id);
}

function resumeTask(draft: Draft, task: TaskRow): void {
  const { state } = task;
  if (isOver(state)) return draft.refuse({ reason: "task-over", status: state.status });
  if (state.status !== "paused") {
    return draft.run.state.status === "paused" ? draft.refuse({ reason: "run-paused" }) : draft.unchanged();
  }
  draft.moveTask(task.id, { type: "resumed" });
  draft.emit(task.id, { type: "task.resumed" });
  setFrozen(draft, task.id);
}

/** Brings the attempt of a task, where it has one, to what task and run ask for. */
export function setFrozen(draft: Draft, id: string): void {
  const attempt = draft.live.find((row) => row.task === id);
  if (attempt === undefined || !isLive(attempt.state)) return;
  const task = draft.find(id);
  // One that was cancelled is being stopped.
  if (task === null || isOver(task.state)) return;
  const wanted = task.state.status === "paused" || draft.run.state.status === "paused";
  if (wanted === (attempt.state.status === "frozen")) return;
  draft.moveAttempt(attempt, wanted ? { type: "froze", at: draft.now } : { type: "thawed" });
  draft.ask({ kind: "set-frozen", id: `set-frozen:${attempt.id}`, attempt: attempt.id });
}

function cancelTask(draft: Draft, task: TaskRow): void {
  const { state } = task;
  if (state.status === "cancelled") return draft.unchanged();
  if (isOver(state)) return draft.refuse({ reason: "task-over", status: state.status });
  if (hasLanded(state)) return draft.refuse({ reason: "being-landed", stage: "validating" });
  cancelNow(draft, task);
}

/** Of a task that can be cancelled. `because`: of its issue; absent: a person asked. */
export function cancelNow(draft: Draft, { id }: TaskRow, because?: IssueLoss): void {
  const why = because === undefined ? {} : { because };
  draft.moveTask(id, { type: "cancelled", ...why }, { endedAt: draft.now });
  draft.emit(id, { type: "task.cancelled", ...why });
  const attempt = draft.live.find((row) => row.task === id);
  if (attempt !== undefined) stopAttempt(draft, attempt.id);
  withdraw(draft, id);
  tellDependants(draft, id);
}

/** Whether the target is good with it is being found out: nothing is left to cancel. */
export function hasLanded(state: TaskState): boolean {
  return stageOf(state) === "validating";
}

function withdraw(draft: Draft, task: string): void {
  const change = draft.slice.change === null ? null : draft.change(draft.slice.change);
  if (change?.task === task) withdrawChange(draft, change);
}

/** The queue lets go of it. A landing that is under way goes its way to the end. */
export function withdrawChange(draft: Draft, change: ChangeRow): void {
  if (isLanded(change.state) || change.state.status === "landing" || change.state.status === "rejected") return;
  stopRegeneration(draft, change);
  draft.moveChange(change, { type: "rejected", failure: { reason: "cancelled" } });
  draft.nudgeQueue();
}

/** Where tools make its lock files anew, they are stopped. */
export function stopRegeneration(draft: Draft, { run, state }: ChangeRow): void {
  if (state.status !== "regenerating" || state.trial === null) return;
  const checks = checksId(state.trial, 0, "lock-files");
  draft.ask({ kind: "stop-gate", id: `stop-gate:${run}:${checks}`, host: run, checks });
}

function retryTask(draft: Draft, task: TaskRow, allow: readonly RuleName[]): void {
  const { state } = task;
  if (state.status === "completed") return draft.refuse({ reason: "task-over", status: state.status });
  const lost = state.status === "blocked" ? needThatIsOver(draft, task.planned) : undefined;
  if (lost !== undefined) return draft.refuse({ reason: "needs-other", task: lost });
  // What is being stopped must be gone, or two agents would work on one task.
  if (isOver(state) && stillStopping(draft, task.id)) return draft.refuse({ reason: "still-stopping" });
  if (state.status === "blocked" && state.by.reason === "held" && state.by.failure.reason === "not-asked-to-land")
    return draft.refuse({ reason: "kept-back" });
  const allowed = allowRules(draft, task, allow);
  if (state.status === "blocked" && state.by.reason === "held") return releaseHeld(draft, task.id);
  if (isOver(state)) return tryAgain(draft, task);
  // Its next attempt will be looked at so.
  if (!allowed) draft.unchanged();
}

/** Whether that is any more than was allowed before. */
export function allowRules(draft: Draft, { id }: TaskRow, rules: readonly RuleName[]): boolean {
  const task = draft.task(id);
  const allow = [...new Set([...task.planned.allow, ...rules])];
  if (allow.length === task.planned.allow.length) return false;
  draft.putTask(replanned(task, { ...task.planned, allow }));
  draft.emit(id, { type: "task.edited", fields: ["allow"] });
  return true;
}

/** A failed or cancelled task that this one needs. */
function needThatIsOver(draft: Draft, { dependsOn }: PlannedTask): string | undefined {
  return dependsOn.find((id) => ["failed", "cancelled"].includes(draft.task(id).state.status));
}

/** With a budget of failures as for the first time; what failed before is still told to the agent. */
export function tryAgain(draft: Draft, task: TaskRow): void {
  const patch = { forgiven: task.failures.length, endedAt: null };
  draft.moveTask(task.id, { type: "retried", unmet: task.unmet }, patch);
  draft.emit(task.id, { type: "task.retried" });
  draft.reopen();
}

export function stillStopping(draft: Draft, task: string): boolean {
  const changes = [draft.slice.change, ...draft.slice.openChanges];
  const landing = changes.some((change) => change?.task === task && change.state.status === "landing");
  return landing || draft.live.some((row) => row.task === task);
}

function releaseHeld(draft: Draft, task: string): void {
  const { change } = draft.slice;
  if (change?.task !== task || change.state.status !== "held") return draft.unchanged();
  releaseChange(draft, change);
  draft.emit(task, { type: "task.retried" });
  draft.reopen();
}

export function releaseChange(draft: Draft, change: ChangeRow): void {
  draft.moveChange(change, { type: "released" });
  draft.nudgeQueue();
}

function prioritizeTask(draft: Draft, task: TaskRow, priority: Priority): void {
  if (isOver(task.state)) return draft.refuse({ reason: "task-over", status: task.state.status });
  if (task.planned.priority === priority) return draft.unchanged();
  setPriority(draft, task, priority);
  const change = draft.slice.change;
  if (change?.task === task.id) draft.putChange({ ...draft.change(change), priorityRank: priorityRank(priority) });
}

export function setPriority(draft: Draft, task: TaskRow, priority: Priority): void {
  draft.putTask(replanned(task, { ...task.planned, priority }));
  draft.emit(task.id, { type: "task.prioritized", priority });
}

/** A person's word counts. The plan's is kept: what its source says later is compared with that. */
function replanned(task: TaskRow, planned: PlannedTask): TaskRow {
  return { ...task, planned, original: task.original ?? task.planned };
}

function editTask(draft: Draft, task: TaskRow, edit: TaskEdit): void {
  const { state } = task;
  if (isOver(state)) return draft.refuse({ reason: "task-over", status: state.status });
  const waits: Pausable = state.status === "paused" ? state.was : state;
  const held = waits.status === "blocked" && waits.by.reason === "held";
  if (waits.status === "running" || held) return draft.refuse({ reason: "begun" });
  const planned = edited(task.planned, edit);
  const refusal = impossible(draft, task, planned);
  if (refusal !== null) return draft.refuse(refusal);
  if (JSON.stringify(planned) === JSON.stringify(task.planned)) return draft.unchanged();
  const unmet = planned.dependsOn.filter((need) => draft.task(need).state.status !== "completed").length;
  const next: Pausable = edit.dependsOn === undefined ? waits : waitingState(unmet);
  const now = state.status === "paused" ? { ...state, was: next } : next;
  draft.putTask({ ...replanned(task, planned), unmet, state: now });
  if (edit.dependsOn !== undefined) draft.rewire(task.id);
  draft.emit(task.id, { type: "task.edited", fields: Object.keys(edit) });
  if (next.status === "queued") draft.reopen();
}

function edited(planned: PlannedTask, edit: TaskEdit): PlannedTask {
  const { title = planned.title, description = planned.description } = edit;
  const { dependsOn = planned.dependsOn, agent = planned.agent, allow = planned.allow } = edit;
  return { ...planned, title, description, dependsOn: [...new Set(dependsOn)], agent, allow: [...new Set(allow)] };
}

function impossible(draft: Draft, task: TaskRow, planned: PlannedTask): Refusal | null {
  const known = draft.run.settings.agents.map(({ name }) => name);
  if (planned.agent !== null && !known.includes(planned.agent))
    return { reason: "unknown-agent", agent: planned.agent, known };
  const tasks = draft.slice.tasks.map((row) => (row.id === task.id ? planned : row.planned));
  const ids = new Set(tasks.map(({ id }) => id));
  const need = planned.dependsOn.find((id) => !ids.has(id));
  if (need !== undefined) return { reason: "unknown-need", need };
  const path = findCycle(tasks);
  if (path !== null) return { reason: "cycle", path };
  const lost = needThatIsOver(draft, planned);
  return lost === undefined ? null : { reason: "needs-other", task: lost };
}
