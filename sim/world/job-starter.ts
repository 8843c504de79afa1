import type { JournalBody } from "../../src/domain/job.ts";
import { isEnd } from "../../src/domain/job.ts";
import type { Job, Jobs } from "./jobs.ts";
import type { Life } from "./life.ts";

export type JobEnd = JournalBody | { readonly type: "stopped" } | { readonly type: "lost"; readonly detail: string };

/** What is wanted of a job by now, also before a runner has it. */
interface Wish {
  stopped: boolean;
  frozen: boolean;
}

/** What one decider knows of jobs and slots; the model of the adapters' `JobStarter` and `RunnerPool`. */
export class SimulatedStarter {
  private readonly jobs: Jobs;
  private readonly life: Life;
  private readonly takenSlots = new Set<string>();
  private readonly wishes = new Map<string, Wish>();

  constructor(jobs: Jobs, life: Life) {
    this.jobs = jobs;
    this.life = life;
  }

  /** Before anything new is started: the slots of jobs that may still be running are not free. */
  reserve(id: string): void {
    const job = this.jobs.find(id);
    if (job !== null) this.takenSlots.add(job.slot);
  }

  /** `frozen`: it is not to begin before it is thawed. */
  async run(
    id: string,
    frozen: boolean,
    makeJob: (slot: () => string) => Job,
    onEntry: (body: JournalBody) => void,
  ): Promise<JobEnd> {
    const wish = { stopped: false, frozen };
    this.wishes.set(id, wish);
    try {
      await this.life.pause(`${id}: look`);
      const before = this.jobs.find(id);
      if (before !== null) return await this.inSlot(before, wish, onEntry);
      await this.life.pause(`${id}: prepare`);
      if (wish.stopped) return { type: "stopped" };
      const job = makeJob(() => this.acquire(id.includes("/gate/") ? "gate" : "agent"));
      this.jobs.add(job);
      return await this.inSlot(job, wish, onEntry);
    } finally {
      this.wishes.delete(id);
    }
  }

  async stop(id: string): Promise<void> {
    await this.life.pause(`${id}: stop`);
    const wish = this.wishes.get(id);
    if (wish !== undefined) wish.stopped = true;
    const job = this.jobs.find(id);
    if (job !== null && !job.deserted) job.stopAsked = true;
    await this.life.pause(`${id}: stop was sent`);
  }

  async setFrozen(id: string, frozen: boolean, now: number): Promise<void> {
    await this.life.pause(`${id}: ${frozen ? "freeze" : "thaw"}`);
    const wish = this.wishes.get(id);
    if (wish !== undefined) wish.frozen = frozen;
    const job = this.jobs.find(id);
    if (job !== null && !job.deserted) job.setFrozen(frozen, now);
    await this.life.pause(`${id}: ${frozen ? "freeze" : "thaw"} was sent`);
  }

  async tell(id: string, message: string): Promise<void> {
    await this.life.pause(`${id}: tell`);
    const job = this.jobs.find(id);
    if (job?.runnerAlive === true && job.agentAlive) job.said.add(message);
    await this.life.pause(`${id}: told`);
  }

  async finish(id: string): Promise<JobEnd> {
    await this.life.pause(`${id}: look for its runner`);
    const job = this.jobs.find(id);
    if (job === null) return { type: "stopped" };
    if (!job.claimed) {
      // Taken, so that a runner that is still coming finds it taken.
      job.claims++;
      return { type: "stopped" };
    }
    this.takenSlots.add(job.slot);
    job.stopAsked = true;
    const end = await this.follow(job, () => undefined);
    this.takenSlots.delete(job.slot);
    return end;
  }

  private async inSlot(job: Job, wish: Wish, onEntry: (body: JournalBody) => void): Promise<JobEnd> {
    this.takenSlots.add(job.slot);
    try {
      await this.life.pause(`${job.id}: hand over`);
      // Claimed by the runner of an earlier decider: followed, not begun again.
      if (!job.claimed) {
        if (wish.stopped) {
          // Taken, so that a runner that is still coming finds it taken.
          job.claims++;
          return { type: "stopped" };
        }
        job.runnersComing++;
        if (wish.frozen) job.setFrozen(true, 0);
      }
      return await this.follow(job, onEntry);
    } finally {
      this.takenSlots.delete(job.slot);
    }
  }

  /** Reads the journal as it grows, and may be late; the end of a runner that wrote none is seen by its absence. */
  private async follow(job: Job, onEntry: (body: JournalBody) => void): Promise<JobEnd> {
    for (let read = 0; ;) {
      await this.life.until(`${job.id}: read its journal`, () => job.journal.length > read || job.deserted);
      const { deserted } = job;
      for (; read < job.journal.length; read++) {
        const body = job.journal[read] as JournalBody;
        if (isEnd(body)) return body;
        onEntry(body);
      }
      if (!deserted) continue;
      // What a lost runner had started is ended before anything else may begin.
      await this.life.pause(`${job.id}: end what is left of it`);
      job.agentAlive = false;
      return { type: "lost", detail: "it was not running any more" };
    }
  }

  private acquire(kind: Job["kind"]): string {
    for (let number = 1; ; number++) {
      const slot = `${kind}-${number}`;
      if (this.takenSlots.has(slot)) continue;
      this.takenSlots.add(slot);
      return slot;
    }
  }
}
