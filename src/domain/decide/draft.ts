import { assert, assertDefined } from "../../std/assert.ts";
import type { Alert } from "../alert.ts";
import { attemptTransition, holdsSlot, isLive, type AttemptEvent } from "../attempt-state.ts";
import { changeTransition, inQueue, type ChangeEvent } from "../change-state.ts";
import type { Answer, Refusal } from "../control.ts";
import type { AlertEffect, Effect } from "../effect.ts";
import type { EventBody } from "../event.ts";
import type { Delivery } from "../message.ts";
import type { AnyInput } from "../input.ts";
import type { QueueRow } from "../queue/queue-row.ts";
import type { AttemptRow, ChangeRow, Slice, TaskRow, VerdictRow } from "../rows.ts";
import type { QuotaRow } from "../quota.ts";
import type { RunRow } from "../run.ts";
import { taskTransition, type TaskEvent, type TaskStatus } from "../task-state.ts";

/** What one decision changes: whole rows, so that applying it twice gives the same rows. */
export interface Decision {
  readonly runs: readonly RunRow[];
  readonly tasks: readonly TaskRow[];
  /** Of these tasks the dependencies are other ones than before. */
  readonly rewired: readonly string[];
  /** Of this run all tasks are put, and collide by what they have now; null: of none. */
  readonly reshared: RunRow["id"] | null;
  readonly attempts: readonly AttemptRow[];
  readonly changes: readonly ChangeRow[];
  readonly queues: readonly QueueRow[];
  readonly verdicts: readonly VerdictRow[];
  readonly quotas: readonly QuotaRow[];
  /** Spent by all runs on the day of the decision; null where this decision spent nothing. USD. */
  readonly spentTodayUsd: number | null;
  readonly events: readonly { readonly run: RunRow["id"]; readonly task: string | null; readonly body: EventBody }[];
  readonly effects: readonly Effect[];
  /** To be decided next, in the same transaction: what this decision means to other runs and to the queue. */
  readonly next: readonly AnyInput[];
  /** What became of a person's command. */
  readonly answer: Answer;
}

export const emptyDecision: Decision = {
  runs: [],
  tasks: [],
  rewired: [],
  reshared: null,
  attempts: [],
  changes: [],
  queues: [],
  verdicts: [],
  quotas: [],
  spentTodayUsd: null,
  events: [],
  effects: [],
  next: [],
  answer: { kind: "done" },
};

/** What happens at one moment to one task is told once. */
export function alertEffect(about: Omit<AlertEffect, "kind" | "id">): AlertEffect {
  const { run, task, at, alert } = about;
  return { kind: "alert", id: ["alert", alert.kind, run, task ?? "", at].join(":"), ...about };
}

/** The slice as it stands while a decision is being made, and the record of what it changed. */
export class Draft {
  readonly slice: Slice;
  readonly now: number;
  run: RunRow;
  spentTodayUsd: number;
  /** As this decision has them by now. */
  quotas: readonly QuotaRow[];
  readonly counts: Record<TaskStatus, number>;
  /** Changes of the run, by where they are. */
  readonly changeCounts: { offered: number; inQueue: number };
  private readonly taskRows = new Map<string, TaskRow>();
  private readonly changedTasks = new Set<string>();
  private readonly rewired: string[] = [];
  private reshared = false;
  private readonly attemptRows = new Map<string, AttemptRow>();
  private readonly liveRows = new Map<string, AttemptRow>();
  private readonly changeRows = new Map<string, ChangeRow>();
  private readonly changedChanges = new Set<string>();
  private readonly runRows = new Map<string, RunRow>();
  private readonly quotaRows: QuotaRow[] = [];
  private readonly events: Decision["events"][number][] = [];
  private readonly effects: Effect[] = [];
  private readonly nudges = new Set<RunRow["id"]>();
  private readonly cancelled: string[] = [];
  private queueNudged = false;
  /** It is to stop, which is decided next. */
  interrupted = false;
  private answer: Answer = { kind: "done" };

  constructor(slice: Slice, run: RunRow, now: number) {
    this.slice = slice;
    this.run = run;
    this.now = now;
    this.spentTodayUsd = slice.spentTodayUsd;
    this.quotas = slice.quotas;
    for (const row of slice.live) this.liveRows.set(row.id, row);
    this.counts = { ...slice.statusCounts };
    this.changeCounts = { ...slice.changeCounts };
    for (const row of [slice.change, ...slice.openChanges]) if (row !== null) this.changeRows.set(row.id, row);
    for (const row of [slice.task, ...slice.ready, ...slice.unstaffed, ...slice.dependants, ...slice.tasks]) {
      if (row !== null) this.taskRows.set(row.id, row);
    }
  }

  /** The row as this decision has it by now. */
  task(id: string): TaskRow {
    return assertDefined(this.taskRows.get(id), `task ${id} is not in the slice`);
  }

  /** Null where the decision does not look at that task. */
  find(id: string): TaskRow | null {
    return this.taskRows.get(id) ?? null;
  }

  get dependants(): TaskRow[] {
    return this.slice.dependants.map((task) => this.task(task.id));
  }

  /** Attempts whose runners may be at work. */
  get live(): AttemptRow[] {
    return [...this.liveRows.values()];
  }

  /** The attempt that the input is about. */
  attempt(): AttemptRow {
    const { attempt } = this.slice;
    assert(attempt !== null, "the decision needs an attempt");
    return this.attemptRows.get(attempt.id) ?? attempt;
  }

  /** Live attempts of the run by agent. */
  get load(): Readonly<Record<string, number>> {
    const load: Record<string, number> = {};
    for (const { agent } of this.live) load[agent] = (load[agent] ?? 0) + 1;
    return load;
  }

  putQuota(row: QuotaRow): void {
    this.quotas = [...this.quotas.filter(({ provider }) => provider !== row.provider), row];
    this.quotaRows.push(row);
  }

  get slotsHeld(): number {
    return this.live.filter(({ state }) => holdsSlot(state, this.now)).length;
  }

  putRun(run: RunRow): void {
    this.run = run;
    this.runRows.set(run.id, run);
  }

  putTask(row: TaskRow): void {
    const before = this.taskRows.get(row.id);
    if (before !== undefined) this.counts[before.state.status]--;
    this.counts[row.state.status]++;
    this.taskRows.set(row.id, row);
    this.changedTasks.add(row.id);
  }

  /** The tasks this decision has changed. */
  tasksPut(): TaskRow[] {
    return [...this.changedTasks].map((id) => this.task(id));
  }

  /** What tasks of the run collide by is numbered anew: all of them are put. */
  reshare(): void {
    this.reshared = true;
  }

  rewire(id: string): void {
    this.rewired.push(id);
  }

  /** Moves a task's state machine; an event that means nothing in its state is a bug. */
  moveTask(id: string, event: TaskEvent, patch: Partial<TaskRow> = {}): TaskRow {
    const row = this.task(id);
    const state = taskTransition(row.state, event);
    assert(state !== null, `task ${id}: ${event.type} in ${row.state.status}`);
    const next = { ...row, ...patch, state };
    this.putTask(next);
    return next;
  }

  putAttempt(row: AttemptRow): void {
    this.attemptRows.set(row.id, row);
    if (isLive(row.state)) this.liveRows.set(row.id, row);
    else this.liveRows.delete(row.id);
  }

  moveAttempt(row: AttemptRow, event: AttemptEvent, patch: Partial<AttemptRow> = {}): AttemptRow {
    const state = attemptTransition(row.state, event);
    assert(state !== null, `attempt ${row.id}: ${event.type} in ${row.state.status}`);
    const next = { ...row, ...patch, state };
    this.putAttempt(next);
    return next;
  }

  putChange(row: ChangeRow): void {
    const before = this.changeRows.get(row.id);
    if (before !== undefined) this.countChange(before, -1);
    this.countChange(row, 1);
    this.changeRows.set(row.id, row);
    this.changedChanges.add(row.id);
  }

  private countChange({ state }: ChangeRow, by: 1 | -1): void {
    if (state.status === "offered") this.changeCounts.offered += by;
    if (inQueue(state)) this.changeCounts.inQueue += by;
  }

  moveChange(row: ChangeRow, event: ChangeEvent): ChangeRow {
    const state = changeTransition(row.state, event);
    assert(state !== null, `change ${row.id}: ${event.type} in ${row.state.status}`);
    const next = { ...row, state };
    this.putChange(next);
    return next;
  }

  /** The change as this decision has it by now. */
  change(row: ChangeRow): ChangeRow {
    return this.changeRows.get(row.id) ?? row;
  }

  private changesPut(): ChangeRow[] {
    return [...this.changeRows.values()].filter(({ id }) => this.changedChanges.has(id));
  }

  emit(task: string | null, body: EventBody): void {
    this.events.push({ run: this.run.id, task, body });
  }

  ask(effect: Effect): void {
    this.effects.push(effect);
  }

  alert(task: string | null, alert: Alert): void {
    this.ask(alertEffect({ run: this.run.id, task, at: this.now, alert }));
  }

  /** That run should look at once whether it may start something. */
  nudge(run: RunRow["id"]): void {
    this.nudges.add(run);
  }

  /** That task of the run is to be cancelled, which is decided next. */
  cancel(task: string): void {
    this.cancelled.push(task);
  }

  /** Everything of the run stops, and waits for a person. */
  interrupt(): void {
    this.interrupted = true;
  }

  /** The queue should look at once: what it may take, or has, is another than before. */
  nudgeQueue(): void {
    this.queueNudged = true;
  }

  /** There is something to do again in a run that may have been over. */
  reopen(): void {
    if (this.run.state.status !== "finished") return;
    this.putRun({ ...this.run, state: { status: "active" } });
    this.emit(null, { type: "run.reopened" });
  }

  delivered(delivery: Delivery): void {
    this.answer = { kind: "done", delivery };
  }

  unchanged(): void {
    this.answer = { kind: "unchanged" };
  }

  refuse(refusal: Refusal): void {
    this.answer = { kind: "refused", refusal };
  }

  private next(): AnyInput[] {
    const { repository, target } = this.run;
    const runs = [...this.nudges].map((run) => ({ type: "run.nudged", run }) as const);
    const stops = this.interrupted
      ? [{ type: "run.control", run: this.run.id, command: { type: "interrupt" } } as const]
      : [];
    const { id: run } = this.run;
    const cancels = this.cancelled.map(
      (task) => ({ type: "task.control", run, task, command: { type: "cancel" } }) as const,
    );
    const nudged = this.queueNudged ? [{ type: "queue.nudged", repository, target } as const] : [];
    return [...runs, ...cancels, ...nudged, ...stops];
  }

  decision(): Decision {
    return {
      runs: [...this.runRows.values()],
      tasks: this.tasksPut(),
      rewired: this.rewired,
      reshared: this.reshared ? this.run.id : null,
      attempts: [...this.attemptRows.values()],
      changes: this.changesPut(),
      queues: [],
      verdicts: [],
      quotas: this.quotaRows,
      spentTodayUsd: this.spentTodayUsd === this.slice.spentTodayUsd ? null : this.spentTodayUsd,
      events: this.events,
      effects: this.effects,
      next: this.next(),
      answer: this.answer,
    };
  }
}
