import { priorityRank } from "../plan.ts";
import type { ChangeRow, TaskRow } from "../rows.ts";
import { attemptId } from "../run.ts";
import type { Draft } from "./draft.ts";

/** After every decision: fill free worker slots, take the next change into the lane, notice that all is done. */
export function schedule(draft: Draft): void {
  if (draft.run.state.status === "active") {
    startReady(draft, readyTasks(draft));
    waitForTime(draft);
  }
  takeNextChange(draft);
  if (isQuiet(draft)) draft.ask({ kind: "wrap-up", id: `wrap-up:${draft.run.id}`, run: draft.run.id });
}

/** Queued tasks this decision may start: those of the slice, and those it queued itself. Best first. */
function readyTasks(draft: Draft): TaskRow[] {
  const known = new Map<string, TaskRow>();
  for (const { id } of draft.slice.ready) known.set(id, draft.task(id));
  for (const task of draft.dependants) known.set(task.id, task);
  if (draft.slice.task !== null) known.set(draft.slice.task.id, draft.task(draft.slice.task.id));
  return [...known.values()].filter((task) => isDue(task, draft.now)).sort(byUrgency);
}

function isDue(task: TaskRow, now: number): boolean {
  return task.state.status === "queued" && (task.state.notBefore === null || task.state.notBefore <= now);
}

function byUrgency(a: TaskRow, b: TaskRow): number {
  return priorityRank(a.planned.priority) - priorityRank(b.planned.priority) || a.order - b.order;
}

export function startReady(draft: Draft, ready: readonly TaskRow[]): void {
  for (const task of [...ready].sort(byUrgency)) {
    if (draft.slotsHeld >= draft.run.settings.workers) return;
    startAttempt(draft, task);
  }
}

function startAttempt(draft: Draft, task: TaskRow): void {
  const number = task.attempts + 1;
  const id = attemptId(draft.run.id, task.id, number);
  const agent = task.planned.agent ?? draft.run.settings.defaultAgent;
  draft.moveTask(task.id, { type: "started" }, { attempts: number, startedAt: task.startedAt ?? draft.now });
  draft.putAttempt({
    id,
    run: draft.run.id,
    task: task.id,
    number,
    agent,
    state: { status: "preparing" },
    result: null,
    startedAt: draft.now,
    endedAt: null,
  });
  draft.slotsHeld++;
  draft.emit(task.id, { type: "attempt.started", attempt: number, agent });
  draft.ask({ kind: "start-attempt", id: `start-attempt:${id}`, attempt: id });
}

/** A task that waits for a time needs someone to look again then. */
function waitForTime(draft: Draft): void {
  const own = draft.slice.task === null ? null : draft.task(draft.slice.task.id);
  const times = [draft.slice.nextTime];
  if (own?.state.status === "queued") times.push(own.state.notBefore);
  const until = Math.min(...times.map((time) => (time === null || time <= draft.now ? Infinity : time)));
  if (until !== Infinity) draft.ask({ kind: "wait", id: `wait:${draft.run.id}:${until}`, run: draft.run.id, until });
}

function takeNextChange(draft: Draft): void {
  if (draft.lane !== null) return;
  const offered = new Map<string, ChangeRow>();
  if (draft.slice.nextOffered !== null) offered.set(draft.slice.nextOffered.id, draft.change(draft.slice.nextOffered));
  for (const change of draft.changesPut()) offered.set(change.id, change);
  const next = [...offered.values()].filter((change) => isTakeable(draft, change)).sort(byLane)[0];
  if (next === undefined) return;
  draft.moveChange(next, { type: "taken" });
  const id = `build-candidate:${next.id}:${draft.now}`;
  draft.ask({ kind: "build-candidate", id, change: next.id, at: draft.now });
}

function isTakeable(draft: Draft, change: ChangeRow): boolean {
  // Changes of an interrupted run wait for its resumption; the store offers none of them.
  const waits = change.run === draft.run.id && draft.run.state.status !== "active";
  return change.state.status === "offered" && !waits;
}

function byLane(a: ChangeRow, b: ChangeRow): number {
  return a.priorityRank - b.priorityRank || a.offeredAt - b.offeredAt || (a.id < b.id ? -1 : 1);
}

/** Nothing of the run is going on, and nothing will by itself. */
export function isQuiet(draft: Draft): boolean {
  const { counts } = draft;
  const tasksGoOn = counts.queued + counts.running + counts.paused > 0 || draft.slotsHeld > 0;
  const changesGoOn = draft.lane?.run === draft.run.id || draft.slice.offeredOthers > 0 || offeredNow(draft);
  return draft.run.state.status === "active" && !tasksGoOn && !changesGoOn;
}

function offeredNow(draft: Draft): boolean {
  return [...draft.changesPut()].some((change) => change.run === draft.run.id && change.state.status === "offered");
}
