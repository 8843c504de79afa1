import { assign, type Assignment } from "../assign.ts";
import { frozenSlotMs } from "../attempt-state.ts";
import { priorityRank } from "../plan.ts";
import type { Rival, TaskRow } from "../rows.ts";
import { attemptId } from "../run.ts";
import type { TaskState, WaitReason } from "../task-state.ts";
import type { Draft } from "./draft.ts";
import { beginAttempt, claimIssue } from "./begin.ts";
import { agentOf, runCap, taskCap } from "./spending.ts";
import { clearsWay, RightOfWay } from "./right-of-way.ts";
import { stopAttempt } from "./stops.ts";

/** After every decision: fill free worker slots, notice that all is done. */
export function schedule(draft: Draft): void {
  if (draft.run.state.status === "active") {
    const ready = readyTasks(draft);
    startReady(draft, ready);
    forgetTimes(draft, ready);
  }
  parkFrozen(draft);
  waitForTime(draft);
  giveWay(draft);
  if (clearsWay(draft)) draft.nudge(draft.run.id);
  if (isQuiet(draft)) draft.ask({ kind: "wrap-up", id: `wrap-up:${draft.run.id}`, run: draft.run.id });
}

/** Queued tasks this decision may start: those of the slice, and those it queued itself. Best first. */
function readyTasks(draft: Draft): TaskRow[] {
  const known = new Map<string, TaskRow>();
  for (const { id } of [...draft.slice.ready, ...draft.slice.unstaffed]) known.set(id, draft.task(id));
  for (const task of draft.tasksPut()) known.set(task.id, task);
  return [...known.values()].filter((task) => isDue(task, draft.now)).sort(byUrgency);
}

function isDue({ state }: TaskRow, now: number): boolean {
  if (state.status === "blocked") return state.by.reason === "agent";
  return state.status === "queued" && (state.notBefore === null || state.notBefore <= now);
}

function byUrgency(a: TaskRow, b: TaskRow): number {
  return rankOf(a) - rankOf(b) || a.order - b.order;
}

function rankOf(task: TaskRow): number {
  return priorityRank(task.planned.priority);
}

/** Until the run has its workers, the machine is full, or it is another run's turn. */
function startReady(draft: Draft, ready: readonly TaskRow[]): void {
  const holdsBack = runCap(draft) !== null || lagsBehind(draft);
  if (draft.run.holdsBack !== holdsBack) draft.putRun({ ...draft.run, holdsBack });
  if (holdsBack) return;
  const way = new RightOfWay(draft);
  for (const { id } of ready) {
    if (draft.slotsHeld >= draft.run.settings.workers || !hasRoom(draft, draft.run.repository)) return;
    const task = draft.task(id);
    if (!way.has(task)) continue;
    const agent = staff(draft, task);
    if (agent === null) continue;
    const first = firstRival(draft);
    if (first !== null && goesBefore(first, ownClaim(draft, task))) return draft.nudge(first.run);
    startAttempt(draft, task, agent);
    way.take(task);
  }
  // Those that were looked at collide with each other: others may be next.
  if (way.passedOver && way.started > 0) draft.nudge(draft.run.id);
}

/** Changes of a run that wait to land, for each of its workers, before nothing new is begun. */
const waitingPerWorker = 4;

/** Work that is begun while much waits to land is begun on an old target, and conflicts with what lands meanwhile. */
function lagsBehind(draft: Draft): boolean {
  return draft.changeCounts.offered >= draft.run.settings.workers * waitingPerWorker;
}

type Staffed = Extract<Assignment, { agent: object }>;

/** Who is to do it. Null where nobody is free, or no money is left for it: it is out of the way of others then. */
function staff(draft: Draft, task: TaskRow): Staffed | null {
  const cap = taskCap(draft, task.spentUsd);
  if (cap !== null) return block(draft, task, { reason: "budget", cap });
  const chosen = chooseAgent(draft, task);
  if (chosen.agent !== null) {
    if (task.state.status === "blocked") draft.moveTask(task.id, { type: "unblocked" });
    return chosen;
  }
  if (chosen.until === null) return block(draft, task, { reason: "agent" });
  const waits: TaskState = { status: "queued", notBefore: chosen.until };
  draft.putTask({ ...task, state: waits });
  draft.emit(task.id, { type: "task.requeued", failure: null, notBefore: chosen.until });
  // It made place among those that are looked at.
  draft.nudge(draft.run.id);
  return null;
}

function block(draft: Draft, { id, state }: TaskRow, by: WaitReason): null {
  if (state.status === "blocked" && state.by.reason === by.reason) return null;
  draft.moveTask(id, { type: "blocked", by });
  draft.emit(id, { type: "task.blocked", by });
  draft.nudge(draft.run.id);
  return null;
}

function chooseAgent(draft: Draft, task: TaskRow): Assignment {
  const { agents, defaultAgent } = draft.run.settings;
  const { planned, failures, forgiven, resumable } = task;
  return assign(
    { planned, failures: failures.slice(forgiven), resumable: resumable?.agent ?? null },
    { agents, defaultAgent, load: draft.load, quotas: draft.quotas, now: draft.now },
  );
}

/** A time that was reached stays so, also when the clock is set back before there is a free worker. */
function forgetTimes(draft: Draft, ready: readonly TaskRow[]): void {
  for (const { id } of ready) {
    const task = draft.task(id);
    const { state } = task;
    if (state.status === "queued" && state.notBefore !== null && state.notBefore <= draft.now)
      draft.putTask({ ...task, state: { ...state, notBefore: null } });
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

/** A slot that this run leaves free is the next one's; whoever may spend nothing more today takes no turn. */
function giveWay(draft: Draft): void {
  for (const { run, dayCapUsd } of draft.slice.rivals)
    if (dayCapUsd !== null && draft.spentTodayUsd >= dayCapUsd) draft.nudge(run);
  const next = firstRival(draft);
  if (next !== null) draft.nudge(next.run);
}

/** Frozen past its slot, an agent that can be resumed is ended: it keeps memory and a connection for nobody. */
function parkFrozen(draft: Draft): void {
  for (const attempt of draft.live) {
    const { state, session } = attempt;
    if (state.status !== "frozen" || draft.now < state.since + frozenSlotMs || attempt.stopping !== null) continue;
    if (session === null || !agentOf(draft, attempt.agent).resumes) continue;
    const why = { reason: "parked" } as const;
    draft.putAttempt({ ...attempt, stopping: why });
    draft.emit(attempt.task, { type: "attempt.stopping", attempt: attempt.number, why });
    stopAttempt(draft, attempt.id);
  }
}

function startAttempt(draft: Draft, task: TaskRow, { agent, why }: Staffed): void {
  const number = task.attempts + 1;
  const id = attemptId(draft.run.id, task.id, number);
  const resumes = task.resumable?.agent === agent.name ? task.resumable : null;
  const begun = { attempts: number, startedAt: task.startedAt ?? draft.now, resumable: null };
  draft.moveTask(task.id, { type: "started" }, begun);
  draft.putAttempt({
    id,
    run: draft.run.id,
    task: task.id,
    number,
    agent: agent.name,
    why,
    resumes,
    session: null,
    spend: { amountUsd: null, basis: "undeclared" },
    stopping: null,
    state: { status: "preparing" },
    result: null,
    startedAt: draft.now,
    endedAt: null,
  });
  const started = { attempt: number, agent: agent.name, why, resumes: resumes !== null };
  draft.emit(task.id, { type: "attempt.started", ...started });
  if (task.planned.issue === undefined) beginAttempt(draft, id);
  else claimIssue(draft, id);
}

/** A task that waits for a time, or a frozen attempt that will give up its slot, needs someone to look again then. */
function waitForTime(draft: Draft): void {
  const times = [draft.slice.nextTime];
  for (const { state } of draft.tasksPut()) if (state.status === "queued") times.push(state.notBefore);
  for (const { state } of draft.live) if (state.status === "frozen") times.push(state.since + frozenSlotMs);
  const until = Math.min(...times.map((time) => (time === null || time <= draft.now ? Infinity : time)));
  if (until !== Infinity) draft.ask({ kind: "wait", id: `wait:${draft.run.id}:${until}`, run: draft.run.id, until });
}

/** Nothing of the run is going on, and nothing will by itself. */
export function isQuiet(draft: Draft): boolean {
  const { counts } = draft;
  // What is only kept back by a cap does not go on by itself.
  const waiting = runCap(draft) === null ? counts.queued : 0;
  const tasksGoOn = waiting + counts.running + counts.paused > 0 || draft.live.length > 0;
  const changesGoOn = draft.changeCounts.offered + draft.changeCounts.inQueue > 0;
  const { status } = draft.run.state;
  // What a tracker is being told is over within a minute.
  if ((draft.run.telling ?? 0) > 0) return false;
  return (status === "active" || status === "paused") && !draft.interrupted && !tasksGoOn && !changesGoOn;
}
