import type { JournalBody } from "../../src/domain/job.ts";

/** What a job is when it has come to this point: it goes on once `yield`ed conditions are true. */
export type Script = Generator<() => boolean, JournalBody>;

export const atOnce = (): boolean => true;

/** A job's folder, with the runner and the agent that work on it. They outlive the decider that asked for them. */
export class Job {
  readonly id: string;
  readonly slot: string;
  readonly kind: "agent" | "gate";
  readonly journal: JournalBody[] = [];
  spentUsd = 0;
  /** Messages to its agent, by id; what comes again was said. */
  readonly said = new Set<string>();
  /** Runners told to do the job that have not looked at it yet. */
  runnersComing = 0;
  claims = 0;
  runnerAlive = false;
  agentAlive = false;
  stopAsked = false;
  /** The agent, or the check, was killed from outside. */
  killed = false;
  /** Paths it has changed in its workspace. */
  readonly edits = new Map<string, string>();
  /** The commit its workspace began with. */
  base: string | null = null;
  /** The ref that keeps what it changed. */
  keptIn: string | null = null;
  frozen = false;
  private thawedAt: number | null = null;
  private readonly script: Script;
  private ready: () => boolean = atOnce;

  constructor(about: Pick<Job, "id" | "slot" | "kind">, script: (job: Job) => Script) {
    this.id = about.id;
    this.slot = about.slot;
    this.kind = about.kind;
    this.script = script(this);
  }

  get claimed(): boolean {
    return this.claims > 0;
  }

  /** No runner works on it, or ever will. */
  get deserted(): boolean {
    return !this.runnerAlive && this.runnersComing === 0;
  }

  canGoOn(): boolean {
    // What is frozen is let go when it is to stop, and a kill reaches it as it is.
    const held = this.frozen && this.agentAlive && !this.stopAsked && !this.killed;
    return this.runnersComing > 0 || (this.runnerAlive && !held && this.ready());
  }

  setFrozen(frozen: boolean, now: number): void {
    if (this.frozen && !frozen) this.thawedAt = now;
    this.frozen = frozen;
  }

  sinceThawMs(now: number): number | null {
    return this.thawedAt === null ? null : now - this.thawedAt;
  }

  /** One thing that its runner does. Returns what it was. */
  goOn(): string {
    if (this.runnersComing > 0) return this.claim();
    const step = this.script.next();
    if (step.done === true) {
      this.journal.push(step.value);
      this.runnerAlive = false;
      return "ends";
    }
    this.ready = step.value;
    return "goes on";
  }

  /** The first runner that comes claims the job; any other leaves. */
  private claim(): string {
    this.runnersComing--;
    if (this.claimed) return "has a runner already";
    this.claims++;
    this.runnerAlive = true;
    return "is claimed";
  }
}

/** All jobs that were ever written down, by id. */
export class Jobs {
  private readonly all = new Map<string, Job>();
  /** The last job that began in each slot, and has not been cleared out of it. */
  private readonly occupants = new Map<string, Job>();

  add(job: Job): void {
    this.all.set(job.id, job);
  }

  find(id: string): Job | null {
    return this.all.get(id) ?? null;
  }

  list(): readonly Job[] {
    return [...this.all.values()];
  }

  ready(): Job[] {
    return this.list().filter((job) => job.canGoOn());
  }

  working(): Job[] {
    return this.list().filter(({ runnerAlive }) => runnerAlive);
  }

  occupantOf(slot: string): Job | null {
    return this.occupants.get(slot) ?? null;
  }

  /** Null: what was in it is kept elsewhere. */
  occupy(slot: string, job: Job | null): void {
    if (job === null) this.occupants.delete(slot);
    else this.occupants.set(slot, job);
  }
}
