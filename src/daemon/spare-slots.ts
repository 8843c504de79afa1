import type { GitServers } from "../adapters/git/git-servers.ts";
import { Git } from "../adapters/git/git.ts";
import { targetTip } from "../adapters/git/target.ts";
import type { FoundRepository } from "../adapters/git/open-repository.ts";
import { placeOf, type JobStarter } from "../adapters/runners/job-starter.ts";
import { canDieWithParent } from "../adapters/process/die-with-parent.ts";
import type { Event } from "../domain/event.ts";
import type { QueueRow } from "../domain/queue/queue-row.ts";
import type { RunId, RunRow } from "../domain/run.ts";
import { messageOf } from "../std/operational-error.ts";
import type { Store } from "../engine/ports.ts";

export interface SpareParts {
  readonly store: Pick<Store, "run" | "queue" | "statusCounts">;
  readonly servers: GitServers;
  readonly jobs: () => JobStarter;
  readonly repositoryOf: (run: RunRow) => Promise<FoundRepository>;
  /** Nothing depends on it: whoever begins next makes its workspace ready itself, and tells of what is wrong. */
  readonly onProblem: (text: string) => void;
}

/** Where much happens at once, only what there is in the end is worth a checkout. */
const leastPauseMs = 200;
/** Whoever works needs the machine more: for so many times as long as it took, nothing is made ready again. */
const restTimes = 20;

/**
 * Brings one free workspace of a repository to where its next task will begin, while others work: to the commit that is being
 * judged, for it will be the target soon, else to the target. Whoever begins at another commit does as if there were none.
 */
export class SpareSlots {
  private readonly parts: SpareParts;
  /** Repositories with something to do, and the run that said so last. */
  private readonly wanted = new Map<string, RunId>();
  private timer: NodeJS.Timeout | null = null;
  private busy = false;
  private pauseMs = leastPauseMs;
  private closed = false;

  constructor(parts: SpareParts) {
    this.parts = parts;
  }

  heard(events: readonly Event[]): void {
    if (!canDieWithParent()) return;
    for (const { run, body } of events) {
      if (body.type !== "attempt.started" && body.type !== "change.built" && body.type !== "change.landed") continue;
      const { repository } = this.parts.store.run(run) ?? {};
      if (repository !== undefined) this.wanted.set(repository, run);
    }
    this.later();
  }

  close(): void {
    this.closed = true;
    if (this.timer !== null) clearTimeout(this.timer);
  }

  private later(): void {
    if (this.wanted.size === 0 || this.busy || this.closed) return;
    this.timer ??= setTimeout(() => {
      this.timer = null;
      void this.work();
    }, this.pauseMs).unref();
  }

  private async work(): Promise<void> {
    this.busy = true;
    const begun = performance.now();
    for (const [repository, id] of this.wanted) {
      this.wanted.delete(repository);
      await this.prepareFor(id).catch((error: unknown) => {
        // The store was closed in the middle of it.
        if (!this.closed) this.parts.onProblem(`no workspace was made ready for run ${id}: ${messageOf(error)}`);
      });
    }
    this.busy = false;
    this.pauseMs = Math.max(leastPauseMs, (performance.now() - begun) * restTimes);
    this.later();
  }

  private async prepareFor(id: RunId): Promise<void> {
    const { store, jobs, repositoryOf } = this.parts;
    const run = this.closed ? null : store.run(id);
    if (run?.state.status !== "active") return;
    const counts = store.statusCounts(id);
    if (counts.queued + counts.blocked === 0) return;
    const { place, commit } = { ...(await repositoryOf(run)), commit: await this.nextStart(run) };
    if (commit !== null && !this.closed) await jobs().makeReady(placeOf({ place }, run), commit);
  }

  private async nextStart(run: RunRow): Promise<string | null> {
    const { store, servers } = this.parts;
    const likely = likelyNext(store.queue(run));
    if (likely !== null) return likely;
    const git = new Git({ gitDir: run.repository });
    return (await targetTip(git, servers.of(run.repository).objects, run.target))?.tip ?? null;
  }
}

/** What is judged with the most changes in it, or is landing; null: nothing is. */
function likelyNext(queue: QueueRow | null): string | null {
  const trials = (queue?.round?.trials ?? []).toSorted((one, other) => other.lot.length - one.lot.length);
  for (const { state } of trials) if ("candidate" in state) return state.candidate.commit;
  return null;
}
