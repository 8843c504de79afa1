import { assert, assertDefined } from "../../std/assert.ts";
import { attemptTransition, type AttemptEvent } from "../attempt-state.ts";
import { changeTransition, inLane, type ChangeEvent } from "../change-state.ts";
import type { Effect } from "../effect.ts";
import type { EventBody } from "../event.ts";
import type { AttemptRow, ChangeRow, Slice, TaskRow, VerdictRow } from "../rows.ts";
import type { RunRow } from "../run.ts";
import { taskTransition, type TaskEvent, type TaskStatus } from "../task-state.ts";

/** What one decision changes: whole rows, so that applying it twice gives the same rows. */
export interface Decision {
  readonly runs: readonly RunRow[];
  readonly tasks: readonly TaskRow[];
  readonly attempts: readonly AttemptRow[];
  readonly changes: readonly ChangeRow[];
  readonly verdicts: readonly VerdictRow[];
  readonly events: readonly { readonly run: RunRow["id"]; readonly task: string | null; readonly body: EventBody }[];
  readonly effects: readonly Effect[];
}

/** The slice as it stands while a decision is being made, and the record of what it changed. */
export class Draft {
  readonly slice: Slice;
  readonly now: number;
  run: RunRow;
  lane: ChangeRow | null;
  slotsHeld: number;
  readonly counts: Record<TaskStatus, number>;
  private readonly taskRows = new Map<string, TaskRow>();
  private readonly changedTasks = new Set<string>();
  private readonly attemptRows = new Map<string, AttemptRow>();
  private readonly changeRows = new Map<string, ChangeRow>();
  private readonly runRows = new Map<string, RunRow>();
  private readonly verdictRows: VerdictRow[] = [];
  private readonly events: Decision["events"][number][] = [];
  private readonly effects: Effect[] = [];

  constructor(slice: Slice, run: RunRow, now: number) {
    this.slice = slice;
    this.run = run;
    this.now = now;
    this.lane = slice.lane;
    this.slotsHeld = slice.live.length;
    this.counts = { ...slice.statusCounts };
    for (const row of [slice.task, ...slice.ready, ...slice.dependants, ...slice.openTasks]) {
      if (row !== null) this.taskRows.set(row.id, row);
    }
  }

  /** The row as this decision has it by now. */
  task(id: string): TaskRow {
    return assertDefined(this.taskRows.get(id), `task ${id} is not in the slice`);
  }

  get dependants(): TaskRow[] {
    return this.slice.dependants.map((task) => this.task(task.id));
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

  decision(): Decision {
    return {
      runs: [...this.runRows.values()],
      tasks: [...this.changedTasks].map((id) => this.task(id)),
      attempts: [...this.attemptRows.values()],
      changes: [...this.changeRows.values()],
      verdicts: this.verdictRows,
      events: this.events,
      effects: this.effects,
    };
  }
}
