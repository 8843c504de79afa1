import { frozenSlotMs } from "../attempt-state.ts";
import { priorityRank } from "../plan.ts";
import type { ChangeRow, Rival, TaskRow } from "../rows.ts";
import { attemptId } from "../run.ts";
import type { Draft } from "./draft.ts";

/** After every decision: fill free worker slots, take the next change into the lane, notice that all is done. */
export function schedule(draft: Draft): void {
  if (draft.run.state.status === "active") {
    const ready = readyTasks(draft);
    startReady(draft, ready);
    forgetTimes(draft, ready);
  }
  waitForTime(draft);
  giveWay(draft);
  takeNextChange(draft);
  if (isQuiet(draft)) draft.ask({ kind: "wrap-up", id: `wrap-up:${draft.run.id}`, run: draft.run.id });
}

/** Queued tasks this decision may start: those of the slice, and those it queued itself. Best first. */
function readyTasks(draft: Draft): TaskRow[] {
  const known = new Map<string, TaskRow>();
  for (const { id } of draft.slice.ready) known.set(id, draft.task(id));
  for (const task of draft.tasksPut()) known.set(task.id, task);
  return [...known.values()].filter((task) => isDue(task, draft.now)).sort(byUrgency);
}

function isDue(task: TaskRow, now: number): boolean {
  return task.state.status === "queued" && (task.state.notBefore === null || task.state.notBefore <= now);
}

function byUrgency(a: TaskRow, b: TaskRow): number {
  return rankOf(a) - rankOf(b) || a.order - b.order;
}

function rankOf(task: TaskRow): number {
  return priorityRank(task.planned.priority);
}

/** Until the run has its workers, the machine is full, or it is another run's turn. */
function startReady(draft: Draft, ready: readonly TaskRow[]): void {
  for (const task of ready) {
    if (draft.slotsHeld >= draft.run.settings.workers || !hasRoom(draft, draft.run.repository)) return;
    const first = firstRival(draft);
    if (first !== null && goesBefore(first, ownClaim(draft, task))) return draft.nudge(first.run);
    startAttempt(draft, task);
  }
}

/** A time that was reached stays so, also when the clock is set back before there is a free worker. */
function forgetTimes(draft: Draft, ready: readonly TaskRow[]): void {
  for (const { id } of ready) {
    const task = draft.task(id);
    if (task.state.status === "queued" && task.state.notBefore !== null)
      draft.putTask({ ...task, state: { ...task.state, notBefore: null } });
  }
}

type Claim = Pick<Rival, "run" | "createdAt" | "held" | "rank">;

function ownClaim({ run, slotsHeld }: Draft, task: TaskRow): Claim {
  return { run: run.id, createdAt: run.createdAt, held: slotsHeld, rank: rankOf(task) };
}

/** Urgent tasks first, whichever run they are of; among equals the run with the fewest workers, so that all get their share. */
function goesBefore(a: Claim, b: Claim): boolean {
  const order = a.rank - b.rank || a.held - b.held || a.createdAt - b.createdAt || (a.run < b.run ? -1 : 1);
  return order < 0;
}

/** The other run whose turn it would be, if it may start anything at all. */
function firstRival(draft: Draft): Rival | null {
  const able = draft.slice.rivals.filter((rival) => rival.held < rival.workers && hasRoom(draft, rival.repository));
  return able.reduce<Rival | null>((best, rival) => (best === null || goesBefore(rival, best) ? rival : best), null);
}

/** Whether the machine, and the share of one repository, has a free slot. */
function hasRoom(draft: Draft, repository: string): boolean {
  const { heldElsewhere, limits } = draft.slice;
  const own = draft.slotsHeld;
  const total = Object.values(heldElsewhere).reduce((sum, held) => sum + held, own);
  const here = (heldElsewhere[repository] ?? 0) + (repository === draft.run.repository ? own : 0);
  return total < limits.total && here < limits.perRepository;
}

/** A slot that this run leaves free is the next one's. */
function giveWay(draft: Draft): void {
  const next = firstRival(draft);
  if (next !== null) draft.nudge(next.run);
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
  draft.emit(task.id, { type: "attempt.started", attempt: number, agent });
  draft.ask({ kind: "start-attempt", id: `start-attempt:${id}`, attempt: id });
}

/** A task that waits for a time, or a frozen attempt that will give up its slot, needs someone to look again then. */
function waitForTime(draft: Draft): void {
  const times = [draft.slice.nextTime];
  for (const { state } of draft.tasksPut()) if (state.status === "queued") times.push(state.notBefore);
  for (const { state } of draft.live) if (state.status === "frozen") times.push(state.since + frozenSlotMs);
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
  const tasksGoOn = counts.queued + counts.running + counts.paused > 0 || draft.live.length > 0;
  const changesGoOn = draft.lane?.run === draft.run.id || offeredBefore(draft) > 0 || offeredNow(draft);
  const { status } = draft.run.state;
  return (status === "active" || status === "paused") && !tasksGoOn && !changesGoOn;
}

/** But for those that this decision takes back. */
function offeredBefore(draft: Draft): number {
  const { offeredOthers, openChanges } = draft.slice;
  const offered = openChanges.filter(({ state }) => state.status === "offered");
  return offeredOthers - offered.filter((change) => draft.change(change).state.status !== "offered").length;
}

function offeredNow(draft: Draft): boolean {
  return [...draft.changesPut()].some((change) => change.run === draft.run.id && change.state.status === "offered");
}
