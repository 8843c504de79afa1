import { assert, assertDefined } from "../../std/assert.ts";
import { attemptTransition, holdsSlot, isLive, type AttemptEvent } from "../attempt-state.ts";
import { changeTransition, inLane, type ChangeEvent } from "../change-state.ts";
import type { Answer, Refusal } from "../control.ts";
import type { Effect } from "../effect.ts";
import type { EventBody } from "../event.ts";
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
  readonly attempts: readonly AttemptRow[];
  readonly changes: readonly ChangeRow[];
  readonly verdicts: readonly VerdictRow[];
  readonly quotas: readonly QuotaRow[];
  /** Spent by all runs on the day of the decision; null where this decision spent nothing. USD. */
  readonly spentTodayUsd: number | null;
  readonly events: readonly { readonly run: RunRow["id"]; readonly task: string | null; readonly body: EventBody }[];
  readonly effects: readonly Effect[];
  /** Runs that should look at once whether they may start something. */
  readonly nudges: readonly RunRow["id"][];
  /** What became of a person's command. */
  readonly answer: Answer;
}

/** The slice as it stands while a decision is being made, and the record of what it changed. */
export class Draft {
  readonly slice: Slice;
  readonly now: number;
  run: RunRow;
  lane: ChangeRow | null;
  spentTodayUsd: number;
  /** As this decision has them by now. */
  quotas: readonly QuotaRow[];
  readonly counts: Record<TaskStatus, number>;
  private readonly taskRows = new Map<string, TaskRow>();
  private readonly changedTasks = new Set<string>();
  private readonly rewired: string[] = [];
  private readonly attemptRows = new Map<string, AttemptRow>();
  private readonly liveRows = new Map<string, AttemptRow>();
  private readonly changeRows = new Map<string, ChangeRow>();
  private readonly runRows = new Map<string, RunRow>();
  private readonly verdictRows: VerdictRow[] = [];
  private readonly quotaRows: QuotaRow[] = [];
  private readonly events: Decision["events"][number][] = [];
  private readonly effects: Effect[] = [];
  private readonly nudges = new Set<RunRow["id"]>();
  private answer: Answer = { kind: "done" };

  constructor(slice: Slice, run: RunRow, now: number) {
    this.slice = slice;
    this.run = run;
    this.now = now;
    this.lane = slice.lane;
    this.spentTodayUsd = slice.spentTodayUsd;
    this.quotas = slice.quotas;
    for (const row of slice.live) this.liveRows.set(row.id, row);
    this.counts = { ...slice.statusCounts };
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
    this.changeRows.set(row.id, row);
    if (inLane(row.state)) this.lane = row;
    else if (this.lane?.id === row.id) this.lane = null;
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

  changesPut(): Iterable<ChangeRow> {
    return this.changeRows.values();
  }

  putVerdict(row: VerdictRow): void {
    this.verdictRows.push(row);
  }

  emit(task: string | null, body: EventBody): void {
    this.events.push({ run: this.run.id, task, body });
  }

  ask(effect: Effect): void {
    this.effects.push(effect);
  }

  nudge(run: RunRow["id"]): void {
    this.nudges.add(run);
  }

  /** There is something to do again in a run that may have been over. */
  reopen(): void {
    if (this.run.state.status !== "finished") return;
    this.putRun({ ...this.run, state: { status: "active" } });
    this.emit(null, { type: "run.reopened" });
  }

  unchanged(): void {
    this.answer = { kind: "unchanged" };
  }

  refuse(refusal: Refusal): void {
    this.answer = { kind: "refused", refusal };
  }

  decision(): Decision {
    return {
      runs: [...this.runRows.values()],
      tasks: this.tasksPut(),
      rewired: this.rewired,
      attempts: [...this.attemptRows.values()],
      changes: [...this.changeRows.values()],
      verdicts: this.verdictRows,
      quotas: this.quotaRows,
      spentTodayUsd: this.spentTodayUsd === this.slice.spentTodayUsd ? null : this.spentTodayUsd,
      events: this.events,
      effects: this.effects,
      nudges: [...this.nudges],
      answer: this.answer,
    };
  }
}
