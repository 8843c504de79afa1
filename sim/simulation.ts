import { openDatabase } from "../src/adapters/store/open-database.ts";
import type { Event } from "../src/domain/event.ts";
import { messageOf } from "../src/std/operational-error.ts";
import { commands, release, submit, type Desk } from "./commands.ts";
import { Decider } from "./decider.ts";
import { faults } from "./faults.ts";
import { foresee } from "./foresight.ts";
import { lookAtIssue, tellAgain } from "./issue-look.ts";
import { violated } from "./invariants.ts";
import type { Facts } from "./invariants/facts.ts";
import { Observer } from "./observe.ts";
import { Random, type Weighted } from "./random.ts";
import type { Trace } from "./trace.ts";
import { Disk } from "./world/disk.ts";
import { personActs, tidyUp } from "./world/person.ts";
import { World } from "./world/world.ts";

export interface Outcome {
  /** Steps taken until the end, those after the faults included. */
  readonly steps: number;
  readonly tally: Readonly<Record<string, number>>;
  readonly facts: Facts;
  /** Null: every invariant held, and everything came to its end. */
  readonly failure: Failure | null;
}

export interface Failure {
  readonly step: number;
  readonly invariant: string;
  readonly what: string;
}

/** One thing that may happen next. */
interface Move extends Weighted {
  /** Returns what happened, or null where it could not. */
  readonly happen: () => string | null;
}

/** After the last fault everything has to end within this many steps. */
const stepsToEnd = 20_000;
const longestStepMs = 30;

/** Plays `steps` steps with faults, then as many without as it takes for everything to end. */
export async function simulate(seed: number, steps: number, trace: Trace): Promise<Outcome> {
  const database = await openDatabase(":memory:");
  try {
    return await new Simulation(seed, new Disk(database), trace).play(steps);
  } finally {
    database.close();
  }
}

/** The engine in its world, with everything that happens chosen by the seed, one thing at a time. */
class Simulation {
  private readonly random: Random;
  private readonly world: World;
  private readonly disk: Disk;
  private readonly trace: Trace;
  private readonly observer: Observer;
  private readonly tally: Record<string, number> = { crashes: 0, "store errors": 0, commands: 0 };
  /** How rough it is in this simulation: some bugs are only found in calm weather, some only in a storm. */
  private readonly roughness: number;
  private decider: Decider | null = null;
  /** One that was held up, and may go on beside its successor. */
  private stale: Decider | null = null;
  /** What was committed before it went on: not more may be, where nobody else decides. */
  private commitsBefore: number | null = null;
  private lives = 0;
  private asked = 0;
  private step = 0;
  private bug: unknown = null;

  constructor(seed: number, disk: Disk, trace: Trace) {
    this.random = new Random(seed);
    this.roughness = this.random.pick([0, 0.3, 1, 1, 3]);
    this.world = new World(this.random);
    this.disk = disk;
    this.trace = trace;
    this.observer = new Observer(disk.database, this.world);
  }

  async play(steps: number): Promise<Outcome> {
    let failure: Failure | null = null;
    this.start();
    this.command("run", submit);
    while (failure === null && this.step < steps) failure = await this.take(this.moves());
    if (failure === null) failure = await this.windDown(steps + stepsToEnd);
    const facts = this.observer.facts(this.disk.commits);
    this.trace.add(`the end, at ${this.world.time.monotonic} ms`, JSON.stringify([facts, [...this.world.git.refs]]));
    return { steps: this.step, tally: this.tally, facts, failure };
  }

  /** The faults are over and the person leaves everything in order: now all must end by itself. */
  private async windDown(limit: number): Promise<Failure | null> {
    this.trace.add("the faults end");
    this.disk.fault = null;
    this.stale?.life.end();
    this.stale = null;
    tidyUp(this.world);
    let failure: Failure | null = null;
    while (failure === null && !this.isOver()) {
      if (this.step >= limit) return this.failed("everything ends when faults end", `not within ${stepsToEnd} steps`);
      const calm = this.calmMoves();
      const moves = [...calm, ...this.resumptions()];
      if (calm.length === 0 && this.nothingToRelease()) {
        return this.failed("everything ends when faults end", `nothing happens any more: ${this.unfinished()}`);
      }
      failure = await this.take(moves);
    }
    return failure;
  }

  private isOver(): boolean {
    const { runs, effects } = this.observer.facts(this.disk.commits);
    const working = this.world.jobs.working().length > 0;
    return effects.length === 0 && !working && runs.every(({ state }) => state.status === "finished");
  }

  private unfinished(): string {
    const { runs, effects } = this.observer.facts(this.disk.commits);
    const open = runs.filter(({ state }) => state.status !== "finished").map(({ id }) => id);
    return [...open, ...effects.map(({ id }) => id)].join(", ");
  }

  private nothingToRelease(): boolean {
    const { runs, tasks } = this.observer.facts(this.disk.commits);
    const held = runs.some(({ state }) => state.status === "paused" || state.status === "interrupted");
    return !held && !tasks.some(({ state }) => state.status === "paused");
  }

  private resumptions(): Move[] {
    const { decider } = this;
    if (decider === null) return [];
    return [{ weight: 5, happen: () => release(this.desk(decider)) }];
  }

  /** Lets one thing happen, waits until nothing moves by itself any more, and looks whether all is as it must be. */
  private async take(moves: readonly Move[]): Promise<Failure | null> {
    this.step++;
    this.world.moves.splice(0);
    this.commitsBefore = null;
    this.world.time.pass(this.random.between(1, longestStepMs));
    let happened: string | null = null;
    for (let tries = 0; happened === null && tries < 20; tries++) happened = this.random.weighted(moves).happen();
    this.trace.add(`${this.step}: ${happened ?? "nothing"}`);
    // All that the product does between two of its waits is microtasks, so that one turn is enough for them.
    await new Promise((resolve) => setImmediate(resolve));
    this.partFromTheOld();
    if (this.bug !== null) return this.failed("the product finds no bug in itself", messageOf(this.bug));
    if (this.commitsBefore !== null && this.disk.commits > this.commitsBefore)
      return this.failed("an owner that was replaced writes nothing", "it committed a decision");
    const wrong = violated(this.observer.facts(this.disk.commits));
    return wrong && this.failed(wrong.invariant, wrong.what);
  }

  private partFromTheOld(): void {
    if (this.stale?.life.alive === false) this.stale = null;
    if (this.decider?.life.alive === false) this.decider = null;
    if (this.decider?.life.heldUp !== true) return;
    this.stale?.life.end();
    this.stale = this.decider;
    this.decider = null;
  }

  private failed(invariant: string, what: string): Failure {
    return { step: this.step, invariant, what };
  }

  private moves(): Move[] {
    const { random, world, roughness } = this;
    return [
      ...this.calmMoves(),
      { weight: 3, happen: () => this.person() },
      { weight: 3, happen: () => this.anyCommand() },
      { weight: 1.5 * roughness, happen: () => this.fault() },
      { weight: 2, happen: () => this.staleDecides() },
      { weight: 2, happen: () => (this.decider === null ? null : foresee({ random, decider: this.decider })) },
      { weight: 1, happen: () => (this.decider === null ? null : lookAtIssue(world, this.decider)) },
      { weight: 4, happen: () => (this.decider === null ? null : tellAgain(world, this.decider)) },
      { weight: 2, happen: () => passTime(world, random.between(1, 3_000)) },
    ];
  }

  private calmMoves(): Move[] {
    const { random, world } = this;
    const waiting = this.decider?.life.ready() ?? [];
    const jobs = world.jobs.ready();
    const moves: Move[] = [];
    if (this.decider === null) moves.push({ weight: 15, happen: () => this.start() });
    if (waiting.length > 0) moves.push({ weight: 50, happen: () => this.goOn() });
    if (jobs.length > 0) {
      moves.push({
        weight: 30,
        happen: () => {
          const job = random.pick(jobs);
          return `${job.id} ${job.goOn()}`;
        },
      });
    }
    const timer = world.time.untilNextTimer();
    if (timer !== null) moves.push({ weight: moves.length === 0 ? 50 : 1, happen: () => passTime(world, timer) });
    return moves;
  }

  /** Mostly one at a time; several that come in one turn share a transaction. */
  private goOn(): string | null {
    const { random } = this;
    const labels: string[] = [];
    for (let count = random.chance(0.8) ? 1 : random.between(2, 5); count > 0; count--) {
      const waiting = this.decider?.life.ready() ?? [];
      if (waiting.length === 0) break;
      const held = random.pick(waiting);
      this.decider?.life.release(held);
      labels.push(held.label);
    }
    return labels.length === 0 ? null : labels.join(" + ");
  }

  private start(): string {
    this.lives++;
    const { world, disk, lives: number } = this;
    this.decider = new Decider({
      world,
      disk,
      number,
      onEvents: (events) => this.tell(events),
      onDiskError: () => this.count("store errors"),
      onFenced: () => this.count("fenced"),
      onBug: (error) => (this.bug ??= error),
    });
    this.decider.recover();
    return `process ${number} starts`;
  }

  private person(): string | null {
    const act = this.random.weighted(personActs);
    return act.does(this.world) ? `a person ${act.name}` : null;
  }

  private anyCommand(): string | null {
    const { name, apply } = this.random.weighted(commands);
    return this.command(name, apply);
  }

  /** Continued behind its successor's back, with something to decide at once. */
  private staleDecides(): string | null {
    const { stale } = this;
    if (stale === null || this.decider === null) return null;
    const { name, apply } = this.random.weighted(commands);
    // What is submitted anew has an id of its own; here it would be the next run's.
    if (name === "run") return null;
    const to = apply(this.desk(stale));
    if (to === null) return null;
    // It decides a turn later.
    this.commitsBefore = this.disk.commits;
    return `process ${stale.life.number} goes on: ${name} ${to}`;
  }

  private command(name: string, apply: (desk: Desk) => string | null): string | null {
    const { decider } = this;
    if (decider === null) return null;
    const desk = this.desk(decider);
    const to = apply(desk);
    this.asked = desk.asked;
    if (to === null) return null;
    this.count("commands");
    return `nightcrew ${name} ${to}`;
  }

  private desk(decider: Decider): Desk {
    return { random: this.random, decider, now: this.world.time.wall, asked: this.asked };
  }

  private fault(): string | null {
    const { random, world, disk, decider } = this;
    if (decider === null) return null;
    const { name, strike } = random.weighted(faults);
    const struck = strike({ random, world, disk, decider });
    if (struck === null) return null;
    if (!decider.life.alive) this.count("crashes");
    return `${name}: ${struck}`;
  }

  private tell(events: readonly Event[]): void {
    for (const { run, task, body } of events) {
      this.trace.add(`     ${body.type} ${run}${task === null ? "" : `/${task}`}`, JSON.stringify(body));
    }
  }

  private count(what: string): void {
    this.tally[what] = (this.tally[what] ?? 0) + 1;
  }
}

function passTime(world: World, ms: number): string {
  world.time.pass(ms);
  return `${ms} ms pass`;
}
