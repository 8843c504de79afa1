import { decideQueue } from "../../src/domain/decide/queue/decide-queue.ts";
import {
  changeTransition,
  isLanded,
  isMoving,
  type Candidate,
  type ChangeEvent,
} from "../../src/domain/change-state.ts";
import type { Effect } from "../../src/domain/effect.ts";
import type {
  AnyInput,
  CandidateOutcome,
  ChangeStep,
  Left,
  QueueInput,
  RevertOutcome,
} from "../../src/domain/input.ts";
import { isQueueInput } from "../../src/domain/needs.ts";
import type { FailureRate } from "../../src/domain/queue/failure-rate.ts";
import type { Lot, Member } from "../../src/domain/queue/known.ts";
import { newQueue, type Halt, type JudgedOn, type QueueRow } from "../../src/domain/queue/queue-row.ts";
import type { ChangeRow, VerdictRow } from "../../src/domain/rows.ts";
import type { QueueRules, RunRow } from "../../src/domain/run.ts";
import type { CheckGo, CheckResult, Gate } from "../../src/domain/verdict.ts";
import { assert, assertDefined } from "../../src/std/assert.ts";
import { aChange, aRun, someSettings } from "./rows.ts";

/** What is played: changes that are all ready at once, in a world in which checks take time, and git where that is said. */
export interface Game {
  readonly changes: number;
  readonly rules: QueueRules;
  /** What the queue takes the share of red changes to be at first. */
  readonly rate: FailureRate;
  /** How often a check that failed is run again, where that is asked for. */
  readonly reruns: number;
  /** The truth, not a gate's word: whether the check passes with these on the target, by their numbers. */
  readonly isGreen: (tree: ReadonlySet<number>) => boolean;
  /** The truth for the validation, which looks at what has landed: whether it passes with these. Without it none fails. */
  readonly isSound?: (tree: ReadonlySet<number>) => boolean;
  /** Whether one go of the check fails though the tree is green. */
  readonly flakes?: (tree: ReadonlySet<number>) => boolean;
  /** Whether a change cannot be merged onto these. */
  readonly conflicts?: (change: number, onto: ReadonlySet<number>) => boolean;
  /** What a change does: those of the same number do the same. Without it each does something of its own. */
  readonly does?: (change: number) => number;
  /** Changes of one file that a tool makes anew where two of them have changed it; true where the target has, too, since they began. */
  readonly relocks?: ReadonlyMap<number, boolean>;
  /** Of one go of the check; 1 where nothing is said. */
  readonly goTime?: () => number;
  /** Until what was asked for is built, of what there is then, or has landed; without it that is at once. */
  readonly gitTime?: () => number;
}

export interface Played {
  /** When the last change was decided. */
  readonly makespan: number;
  /** Gates begun, those that were stopped included, by what they looked at; a failed check that is run again is the same gate. */
  readonly gates: Readonly<Record<JudgedOn, number>>;
  /** Checks that failed and were run again: each takes its time and its slot. */
  readonly reruns: number;
  readonly landings: readonly Landed[];
  /** Landed by what others had done. */
  readonly done: readonly number[];
  readonly ended: readonly Ended[];
  /** Most gates at once. */
  readonly busiest: number;
  /** All trees that were judged to be green. */
  readonly proven: ReadonlySet<string>;
  readonly rounds: number;
  /** Landings that were taken back, in that order. */
  readonly takenBack: readonly number[];
  /** What is on the target in the end. */
  readonly left: readonly number[];
  readonly halted: Halt | null;
}

export interface Landed {
  readonly at: number;
  readonly before: readonly number[];
  readonly lot: readonly number[];
}

/** A change that left the queue without landing. */
export interface Ended {
  readonly at: number;
  readonly as: "rejected" | "held";
  readonly change: number;
  /** Why: as `Failure` has it. */
  readonly reason: string;
  /** What was on the target by then. */
  readonly landed: readonly number[];
}

/** The name of a tree: what is in it, in the order in which it came. */
export function treeOf(changes: readonly number[]): string {
  return changes.length === 0 ? "nothing" : changes.join("+");
}

function numbersOf(tree: string): number[] {
  return tree === treeOf([]) ? [] : tree.split("+").map(Number);
}

interface Running {
  /** Null: git is at work. */
  readonly checks: string | null;
  readonly end: number;
  readonly answer: () => QueueInput;
}

const noGates = { candidate: 0, base: 0, target: 0, revert: 0, promotion: 0, "lock-files": 0 };
const check = { name: "check", run: "check", kind: "command", timeoutMs: 1 } as const;
/** Far more inputs than any game has: one that needs more does not end. */
const mostInputs = 100_000;

/** Plays the queue's own decisions, without an engine and a store, in a world that does at once what it is asked for. */
export function play(game: Game): Played {
  return new Table(game).play();
}

class Table {
  private readonly game: Game;
  private readonly run: RunRow;
  private queue: QueueRow;
  private readonly rows = new Map<Member, ChangeRow>();
  private readonly verdicts = new Map<string, VerdictRow>();
  private readonly inputs: QueueInput[] = [];
  private running: Running[] = [];
  private readonly landed: number[] = [];
  private time = 0;
  private readonly gates: Record<JudgedOn, number> = { ...noGates };
  private readonly landings: Landed[] = [];
  private readonly done: number[] = [];
  private readonly takenBack: number[] = [];
  private readonly ended: Ended[] = [];
  private readonly proven = new Set<string>();
  private reruns = 0;
  private busiest = 0;
  private rounds = 0;
  private decidedAt = 0;
  /** Of the changes whose file was made anew: those whose it is made to fit to. */
  private readonly fits = new Map<number, ReadonlySet<number>>();

  constructor(game: Game) {
    this.game = game;
    const gate: Gate = { checks: [check], reruns: game.reruns };
    this.run = aRun({ settings: someSettings({ gate, queue: game.rules }) });
    const { repository, target } = this.run;
    this.queue = { ...newQueue({ repository, target }), rate: game.rate };
    for (let number = 0; number < game.changes; number++) this.offer(number);
  }

  play(): Played {
    const { repository, target } = this.run;
    this.inputs.push({ type: "queue.nudged", repository, target });
    for (let count = 0; ; count++) {
      assert(count < mostInputs, "the game does not end");
      const input = this.inputs.shift() ?? this.nextEnd();
      if (input === null) break;
      this.decide(input);
    }
    const left = [...this.rows.values()].filter(({ state }) => isMoving(state));
    assert(left.length === 0, `${left.map(({ id }) => id).join(", ")} wait for ever`);
    const { gates, reruns, landings, done, ended, busiest, proven, rounds, takenBack } = this;
    const end = { done, left: [...this.landed], halted: this.queue.halted };
    return { makespan: this.decidedAt, gates, reruns, landings, ended, busiest, proven, rounds, takenBack, ...end };
  }

  private offer(number: number): void {
    const row = aChange(String(number), { offeredAt: number, base: treeOf([]) });
    this.rows.set(row.id, row);
  }

  /** Those that end at once do so in the order in which they began. */
  private nextEnd(): QueueInput | null {
    const [first, ...others] = this.running.toSorted((a, b) => a.end - b.end);
    if (first === undefined) return null;
    this.running = others;
    this.time = first.end;
    return first.answer();
  }

  private decide(input: QueueInput): void {
    const rows = [...this.rows.values()];
    const isFor = input.type === "candidate.built" && input.outcome.kind === "built" ? input.outcome.candidate : null;
    const frees = input.type === "landing.ended" && input.outcome.kind === "landed";
    const slice = {
      queue: this.queue,
      changes: rows.filter(({ state }) => isMoving(state) || (this.game.isSound !== undefined && isLanded(state))),
      held: frees ? rows.filter(({ state }) => state.status === "held") : [],
      runs: [this.run],
      verdict: isFor === null ? null : (this.verdicts.get(isFor.tree) ?? null),
    };
    const decision = decideQueue(slice, input, 0);
    const before = this.queue.round;
    for (const queue of decision.queues) this.queue = queue;
    if (before === null && this.queue.round !== null) this.rounds++;
    for (const row of decision.changes) this.rows.set(row.id, row);
    for (const verdict of decision.verdicts) this.verdicts.set(verdict.tree, verdict);
    for (const effect of decision.effects) this.perform(effect);
    for (const next of decision.next) this.follow(next);
  }

  /** What the change's run would do about it. */
  private follow(input: AnyInput): void {
    if (isQueueInput(input)) this.inputs.push(input);
    else if (input.type === "change.advanced") this.advance(this.row(input.change), input.step);
  }

  private advance(row: ChangeRow, step: ChangeStep): void {
    switch (step.kind) {
      case "landed":
        this.decidedAt = this.time;
        if (step.landing.there === "done") this.done.push(Number(row.task));
        return this.move(row, { type: "landed", landing: step.landing });
      case "held":
        this.leaves(row, "held", step.failure.reason);
        return this.move(row, { type: "held", failure: step.failure, tip: step.tip });
      case "rejected":
        this.leaves(row, "rejected", step.failure.reason);
        return this.move(row, { type: "rejected", failure: step.failure });
      case "validated":
        return this.move(row, { type: "validated" });
      case "reverted":
        return this.move(row, { type: "reverted", commit: step.commit });
      case "released": {
        const { repository, target } = row;
        this.move(row, { type: "released" });
        this.inputs.push({ type: "queue.nudged", repository, target });
        return;
      }
      default:
        return;
    }
  }

  private leaves({ task }: ChangeRow, as: Ended["as"], reason: string): void {
    this.decidedAt = this.time;
    this.ended.push({ at: this.time, as, change: Number(task), reason, landed: [...this.landed] });
  }

  private move(row: ChangeRow, event: ChangeEvent): void {
    const state = changeTransition(row.state, event);
    assert(state !== null, `${row.id}: ${event.type} in ${row.state.status}`);
    this.rows.set(row.id, { ...row, state });
  }

  private row(id: Member): ChangeRow {
    return assertDefined(this.rows.get(id), `there is a change ${id}`);
  }

  private perform(effect: Effect): void {
    const { repository, target } = this.run;
    switch (effect.kind) {
      case "build-candidate": {
        const { trial, lot } = effect;
        const answer = (): QueueInput => {
          return { type: "candidate.built", repository, target, trial, outcome: this.build(lot) };
        };
        return this.inGit(answer);
      }
      case "run-gate":
        return effect.makes === undefined ? this.begin(effect) : this.makeAnew(effect);
      case "build-revert": {
        const outcome = this.undo(effect);
        this.inputs.push({ type: "revert.built", repository, target, repair: effect.repair, outcome });
        return;
      }
      case "stop-gate":
        this.running = this.running.filter(({ checks }) => checks !== effect.checks);
        return;
      case "land":
        return this.inGit(() => this.land(effect));
      case "alert":
        return;
      default:
        throw new Error(`nobody plays ${effect.kind}`);
    }
  }

  private undo({ change, at = treeOf(this.landed) }: Extract<Effect, { kind: "build-revert" }>): RevertOutcome {
    const number = Number(this.row(change).task);
    assert(numbersOf(at).includes(number), `${number} is in ${at}`);
    const commit = treeOf(numbersOf(at).filter((one) => one !== number));
    const links = [{ change, commit, tick: "not-asked" }] as const;
    return { kind: "built", candidate: { commit, tree: commit, on: { target: at, waiting: null, tip: at }, links } };
  }

  private build(lot: Lot): CandidateOutcome {
    const { conflicts = () => false, does = (change) => change } = this.game;
    const isDone = (number: number, by: readonly number[]): boolean => by.some((one) => does(one) === does(number));
    const tip = treeOf(this.landed);
    const tree = [...this.landed];
    const left: Left[] = [];
    const links: Candidate["links"][number][] = [];
    for (const change of lot) {
      const number = Number(this.row(change).task);
      if (conflicts(number, new Set(tree)) || !this.isFit(number, tree)) {
        const about = { change, paths: ["file"] };
        if (conflicts(number, new Set(this.landed))) left.push({ ...about, with: "target" });
        else if (this.isFit(number, this.landed)) left.push({ ...about, with: "others" });
        else left.push({ ...about, with: "lock-files", merge: tip });
      } else if (isDone(number, this.landed)) {
        links.push({ change, commit: tip, tick: "not-asked", there: "done" });
      } else if (isDone(number, tree)) {
        left.push({ change, paths: [], with: "others" });
      } else {
        tree.push(number);
        links.push({ change, commit: treeOf(tree), tick: "not-asked" });
      }
    }
    const commit = treeOf(tree);
    return { kind: "built", candidate: { commit, tree: commit, on: { target: tip, waiting: null, tip }, links }, left };
  }

  /** Whether its file can be merged there. */
  private isFit(number: number, onto: readonly number[]): boolean {
    const { relocks } = this.game;
    const isOld = relocks?.get(number);
    if (isOld === undefined) return true;
    const fits = this.fits.get(number);
    return (fits !== undefined || !isOld) && onto.every((one) => relocks?.has(one) !== true || fits?.has(one) === true);
  }

  private makeAnew({ host, trial, gate, checks, commit, makes }: Extract<Effect, { kind: "run-gate" }>): void {
    const { repository, target } = this.run;
    const { goTime = () => 1 } = this.game;
    const number = Number(this.row(assertDefined(makes, "it is to make something").change).task);
    this.gates["lock-files"]++;
    const answer = (): QueueInput => {
      this.fits.set(number, new Set(numbersOf(commit)));
      const made = { kind: "kept", tip: `${number} on ${commit}` } as const;
      const result = { name: check.name, ...goOf(true) };
      const about = { repository, target, host, trial, gate, on: "lock-files" } as const;
      return { type: "gate.judged", ...about, results: [result], made };
    };
    this.running.push({ checks, end: this.time + goTime(), answer });
  }

  private begin({ host, trial, gate, on, commit, checks, reruns }: Extract<Effect, { kind: "run-gate" }>): void {
    const { repository, target } = this.run;
    const { goTime = () => 1, flakes = () => false, isGreen, isSound = () => true } = this.game;
    const tree = new Set(numbersOf(commit));
    const green = on === "target" ? isSound(tree) : isGreen(tree);
    let [end, failures, passes] = [this.time, 0, false];
    do {
      end += goTime();
      passes = green && !flakes(tree);
      failures += passes ? 0 : 1;
    } while (!passes && failures <= reruns);
    this.gates[on]++;
    this.reruns += passes ? failures : failures - 1;
    const go = goOf(passes);
    const earlier = { failures: passes ? failures : failures - 1, durationMs: 0, first: goOf(false) };
    const result: CheckResult = {
      name: gate.checks[0]?.name ?? check.name,
      ...go,
      ...(earlier.failures > 0 ? { earlier } : {}),
    };
    if (passes) this.proven.add(commit);
    const answer = { type: "gate.judged", repository, target, host, trial, gate, on, results: [result] } as const;
    this.running.push({ checks, end, answer: () => answer });
    const gates = this.running.filter((one) => one.checks !== null);
    this.busiest = Math.max(this.busiest, gates.length);
  }

  private inGit(answer: () => QueueInput): void {
    const { gitTime } = this.game;
    if (gitTime === undefined) this.inputs.push(answer());
    else this.running.push({ checks: null, end: this.time + gitTime(), answer });
  }

  private land({ trial, candidate }: Extract<Effect, { kind: "land" }>): QueueInput {
    const { repository, target } = this.run;
    assert(candidate.on.tip === treeOf(this.landed), "it was built on what has landed");
    const brought = candidate.links.filter(({ there }) => there === undefined);
    const lot = brought.map(({ change }) => Number(this.row(change).task));
    const after = numbersOf(candidate.commit);
    if (after.length > this.landed.length) this.landings.push({ at: this.time, before: [...this.landed], lot });
    else this.takenBack.push(...lot);
    this.landed.splice(0, this.landed.length, ...after);
    const outcome = { kind: "landed", place: { on: "target" } } as const;
    return { type: "landing.ended", repository, target, trial, outcome, notes: {} };
  }
}

function goOf(passes: boolean): CheckGo {
  return { exit: { kind: "code", code: passes ? 0 : 1 }, durationMs: 0, tests: null, output: "" };
}
