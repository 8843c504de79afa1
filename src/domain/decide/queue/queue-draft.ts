import { assert, assertDefined } from "../../../std/assert.ts";
import {
  changeTransition,
  inQueue,
  isKeptBack,
  isMoving,
  type ChangeEvent,
  type ChangeState,
} from "../../change-state.ts";
import type { Effect, GateEffect } from "../../effect.ts";
import type { EventBody } from "../../event.ts";
import type { AnyInput, ChangeStep, GateJudged } from "../../input.ts";
import { lotKey, type Lot, type Member } from "../../queue/known.ts";
import {
  checksId,
  type BaseTrial,
  type Halt,
  type QueueRow,
  type Repair,
  type Round,
  type Trial,
} from "../../queue/queue-row.ts";
import { haltText } from "../../present/queue-text.ts";
import { byTurn } from "../../queue/order.ts";
import { maxJudgements, type ChangeRow, type Judgement, type QueueSlice, type VerdictRow } from "../../rows.ts";
import { verifiers } from "../../verdict.ts";
import { attemptNumber, type RunId, type RunRow } from "../../run.ts";
import { alertEffect, emptyDecision, type Decision } from "../draft.ts";

/** The target has moved, so what could not be judged before may be judged now. */
export function releaseHeld(draft: QueueDraft): void {
  for (const { id, state } of draft.slice.held) if (!isKeptBack(state)) draft.tell(id, { kind: "released" });
}

type Regenerating = Extract<ChangeState, { status: "regenerating" }>;

interface AskedGate extends Pick<GateEffect, "host" | "on" | "commit" | "gate" | "lot"> {
  readonly number: number;
  readonly goes?: number;
  readonly reruns?: number;
  /** Where its number does not tell it from all others of its host. */
  readonly checks?: string;
  readonly makes?: Extract<Effect, { kind: "run-gate" }>["makes"];
}

/** A queue as it stands while a decision is being made, and the record of what it changed. */
export class QueueDraft {
  readonly slice: QueueSlice;
  readonly now: number;
  queue: QueueRow;
  private readonly rows = new Map<Member, ChangeRow>();
  private readonly changed = new Set<Member>();
  private readonly decided = new Set<Member>();
  private readonly runs: ReadonlyMap<RunId, RunRow>;
  private readonly verdicts: VerdictRow[] = [];
  private readonly events: Decision["events"][number][] = [];
  private readonly effects: Effect[] = [];
  private readonly next: AnyInput[] = [];

  constructor(slice: QueueSlice, now: number) {
    this.slice = slice;
    this.now = now;
    this.queue = slice.queue;
    this.runs = new Map(slice.runs.map((run) => [run.id, run]));
    for (const change of [...slice.changes, ...slice.held]) this.rows.set(change.id, change);
  }

  get round(): Round {
    return assertDefined(this.queue.round, "the queue has a round");
  }

  /** Those that are landing now: what becomes of them is told by that. */
  get landing(): Lot {
    return this.round.trials.find(({ state }) => state.status === "landing")?.lot ?? [];
  }

  /** Those that wait, in their turn. */
  waiting(): ChangeRow[] {
    return this.undecided()
      .filter(({ state }) => state.status === "offered")
      .sort(byTurn);
  }

  find(id: Member): ChangeRow | undefined {
    return this.rows.get(id);
  }

  change(id: Member): ChangeRow {
    return assertDefined(this.rows.get(id), `change ${id} is in the slice`);
  }

  /**
   * On their way into the target, but for those of which this decision has said what becomes of them. What has come back
   * of a run that stands still waits for that.
   */
  undecided(): ChangeRow[] {
    const isActive = (run: RunId): boolean => this.runs.get(run)?.state.status === "active";
    return [...this.rows.values()].filter(
      ({ id, run, state }) => isMoving(state) && !this.decided.has(id) && (state.status !== "offered" || isActive(run)),
    );
  }

  /** Whose lock files are made anew under this number; undefined: nobody waits for that any more. */
  regenerating(trial: number): (ChangeRow & { readonly state: Regenerating }) | undefined {
    for (const row of this.rows.values()) {
      const { state } = row;
      if (state.status === "regenerating" && state.trial === trial) return { ...row, state };
    }
    return undefined;
  }

  /** Whether the queue still has it: it may have been withdrawn, and its run interrupted. */
  has(id: Member): boolean {
    const row = this.rows.get(id);
    return row !== undefined && inQueue(row.state);
  }

  runOf({ run }: ChangeRow): RunRow {
    return assertDefined(this.runs.get(run), `run ${run} is in the slice`);
  }

  runWith(id: RunId): RunRow | undefined {
    return this.runs.get(id);
  }

  repair(number: number): Repair | undefined {
    return this.queue.repairs.find((repair) => repair.number === number);
  }

  putRepair(repair: Repair): void {
    this.putQueue({ repairs: this.queue.repairs.map((one) => (one.number === repair.number ? repair : one)) });
  }

  /** Nothing more lands until a person says so, who is told in the name of one run. */
  halt(halted: Halt, host: RunId): void {
    this.putQueue({ halted });
    for (const run of this.runs.keys())
      this.events.push({ run, task: null, body: { type: "queue.halted", detail: haltText(halted) } });
    this.ask(alertEffect({ run: host, task: null, at: this.now, alert: { kind: "queue-halted", halted } }));
  }

  emitFailed(id: Member, check: string): void {
    this.emit(id, { type: "validation.failed", attempt: attemptNumber(id), check });
  }

  putQueue(patch: Partial<QueueRow>): void {
    this.queue = { ...this.queue, ...patch };
  }

  putRound(patch: Partial<Round>): void {
    this.putQueue({ round: { ...this.round, ...patch } });
  }

  trial(number: number): Trial | undefined {
    return this.queue.round?.trials.find((trial) => trial.number === number);
  }

  trialOf(lot: Lot): Trial | undefined {
    const key = lotKey(lot);
    return this.queue.round?.trials.find((trial) => lotKey(trial.lot) === key);
  }

  /** The number of a trial to begin. */
  nextNumber(): number {
    this.putQueue({ trials: this.queue.trials + 1 });
    return this.queue.trials;
  }

  /** Adds it, or puts it in the place of the one with its number. */
  putTrial(trial: Trial): void {
    const { trials } = this.round;
    const others = trials.filter(({ number }) => number !== trial.number);
    const before = trials.findIndex(({ number }) => number === trial.number);
    this.putRound({ trials: before < 0 ? [...others, trial] : trials.with(before, trial) });
  }

  putBase(base: BaseTrial): void {
    this.putRound({ bases: [...this.round.bases.filter(({ number }) => number !== base.number), base] });
  }

  /** Forgets a trial; a gate that runs for it is stopped, and whatever it says is not heard any more. */
  dropTrial({ number, goes, state }: Trial): void {
    if (state.status === "gating") this.stopGate(checksId(number, goes, "candidate"));
    this.putRound({ trials: this.round.trials.filter((trial) => trial.number !== number) });
  }

  stopGate(checks: string): void {
    const { host } = this.round;
    this.ask({ kind: "stop-gate", id: `stop-gate:${host}:${checks}`, host, checks });
  }

  /** Moves a change that the queue has; an event that means nothing in its state is a bug. */
  move(id: Member, event: ChangeEvent): ChangeRow {
    const row = this.change(id);
    const state = changeTransition(row.state, event);
    assert(state !== null, `change ${id}: ${event.type} in ${row.state.status}`);
    return this.putChange({ ...row, state });
  }

  putChange(row: ChangeRow): ChangeRow {
    this.rows.set(row.id, row);
    this.changed.add(row.id);
    return row;
  }

  judgedBy(lot: Lot, judgement: Judgement): void {
    for (const id of lot) {
      const row = this.change(id);
      this.putChange({ ...row, judgements: [...row.judgements, judgement].slice(-maxJudgements) });
    }
  }

  /** What comes of a change is its run's to decide, in the same transaction. */
  tell(id: Member, step: ChangeStep): void {
    const { run, task } = this.change(id);
    this.next.push({ type: "change.advanced", run, task, change: id, step });
    if (step.kind === "landed" || step.kind === "held" || step.kind === "rejected") this.decided.add(id);
  }

  /** On a run as a whole. */
  emitRun(run: RunId, body: EventBody): void {
    this.events.push({ run, task: null, body });
  }

  /** On the change's task. */
  emit(id: Member, body: EventBody): void {
    const { run, task } = this.change(id);
    this.events.push({ run, task, body });
  }

  /** Numbers are a queue's own: a run whose work is promoted has trials of two queues. */
  ask(effect: Effect): void {
    this.effects.push({ ...effect, id: `${effect.id}@${this.queue.target}` });
  }

  /** `goes` where it may be asked for under its number again. */
  askForGate({ host, number, goes, on, commit, gate, lot, makes, ...asked }: AskedGate): void {
    const { repository, target } = this.queue;
    const { reruns = gate.reruns ?? 0, checks = checksId(number, goes ?? 0, on) } = asked;
    const id = `run-gate:${host}:${checks}`;
    const about = { repository, target, host, trial: number, checks, commit, gate, on, reruns };
    const verified = lot === undefined || verifiers(gate).length === 0 ? {} : { lot };
    this.ask({ kind: "run-gate", id, ...about, ...verified, ...(makes === undefined ? {} : { makes }) });
  }

  /** `run/task` of each. */
  tasksOf(lot: Lot): string[] {
    return lot.map((id) => this.change(id)).map(({ run, task }) => `${run}/${task}`);
  }

  /** What agents used that verified. */
  charge({ host: run, gate, results }: GateJudged): void {
    for (const { name, usage } of results) {
      const check = gate.checks.find((one) => one.name === name);
      if (usage !== undefined && check?.verifier !== undefined)
        this.next.push({ type: "gate.spent", run, check, usage });
    }
  }

  putVerdict(row: VerdictRow): void {
    this.verdicts.push(row);
  }

  decision(): Decision {
    const changed = this.queue !== this.slice.queue;
    return {
      ...emptyDecision,
      queues: changed ? [this.queue] : [],
      changes: [...this.changed].map((id) => this.change(id)),
      verdicts: this.verdicts,
      events: this.events,
      effects: this.effects,
      next: this.next,
    };
  }
}
