import type { JournalBody } from "../../src/domain/job.ts";
import { isEnd } from "../../src/domain/job.ts";
import type { Job, Jobs } from "./jobs.ts";
import type { Life } from "./life.ts";

export type JobEnd = JournalBody | { readonly type: "stopped" } | { readonly type: "lost"; readonly detail: string };

/** What one decider knows of jobs and slots; the model of the adapters' `JobStarter` and `RunnerPool`. */
export class SimulatedStarter {
  private readonly jobs: Jobs;
  private readonly life: Life;
  private readonly takenSlots = new Set<string>();
  private readonly preparing = new Map<string, { stopped: boolean }>();

  constructor(jobs: Jobs, life: Life) {
    this.jobs = jobs;
    this.life = life;
  }

  /** Before anything new is started: the slots of jobs that may still be running are not free. */
  reserve(id: string): void {
    const job = this.jobs.find(id);
    if (job !== null) this.takenSlots.add(job.slot);
  }

  async run(id: string, makeJob: (slot: () => string) => Job, onEntry: (body: JournalBody) => void): Promise<JobEnd> {
    await this.life.pause(`${id}: look`);
    const before = this.jobs.find(id);
    if (before !== null) {
      this.takenSlots.add(before.slot);
      return this.inSlot(before, onEntry);
    }
    const state = { stopped: false };
    this.preparing.set(id, state);
    await this.life.pause(`${id}: prepare`);
    const job = makeJob(() => this.acquire(id.includes("/gate/") ? "gate" : "agent"));
    this.jobs.add(job);
    this.preparing.delete(id);
    if (!state.stopped) return this.inSlot(job, onEntry);
    this.takenSlots.delete(job.slot);
    return { type: "stopped" };
  }

  async stop(id: string): Promise<void> {
    await this.life.pause(`${id}: stop`);
    const preparing = this.preparing.get(id);
    if (preparing !== undefined) preparing.stopped = true;
    const job = this.jobs.find(id);
    if (job !== null && !job.deserted) job.stopAsked = true;
    await this.life.pause(`${id}: stop was sent`);
  }

  async setFrozen(id: string, frozen: boolean, now: number): Promise<void> {
    await this.life.pause(`${id}: ${frozen ? "freeze" : "thaw"}`);
    const job = this.jobs.find(id);
    if (job !== null && !job.deserted) job.setFrozen(frozen, now);
    await this.life.pause(`${id}: ${frozen ? "freeze" : "thaw"} was sent`);
  }

  async finish(id: string): Promise<JobEnd> {
    await this.life.pause(`${id}: look for its runner`);
    const job = this.jobs.find(id);
    if (job === null || (!job.claimed && job.runnersComing === 0)) return { type: "stopped" };
    this.takenSlots.add(job.slot);
    job.stopAsked = true;
    const end = await this.follow(job, () => undefined);
    this.takenSlots.delete(job.slot);
    return end;
  }

  private async inSlot(job: Job, onEntry: (body: JournalBody) => void): Promise<JobEnd> {
    await this.life.pause(`${job.id}: hand over`);
    // Claimed by the runner of an earlier decider: followed, not begun again.
    if (!job.claimed) job.runnersComing++;
    const end = await this.follow(job, onEntry);
    this.takenSlots.delete(job.slot);
    return end;
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
