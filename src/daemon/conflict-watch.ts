import { foresee, untouched } from "../adapters/workspace/foresee.ts";
import { slotPaths } from "../adapters/workspace/slot.ts";
import { readBusy } from "../adapters/workspace/slots-on-disk.ts";
import { slotOf } from "../adapters/runners/job-starter.ts";
import { GitError } from "../adapters/git/git.ts";
import type { Event } from "../domain/event.ts";
import type { AttemptRow } from "../domain/rows.ts";
import type { RunId, RunRow } from "../domain/run.ts";
import { errnoOf } from "../std/operational-error.ts";
import { describe, type DaemonLog } from "./daemon-log.ts";
import type { Decider } from "./decider.ts";

export interface ConflictWatchParts {
  readonly decider: Decider;
  readonly log: DaemonLog;
}

/** While agents work a look is taken so often; after a landing at once. */
const lookMs = 60_000;
/** A look that finds all work as it was is followed by the next one after twice as long, up to this. */
const longestMs = 240_000;
/** A look is not followed by the next before it was rested for so long, and for this many times as long as it took. */
const restMs = 1_000;
const restFactor = 10;

interface Beginning {
  /** The slot that the work is done in. */
  readonly root: string;
  /** The commit that it began with. */
  readonly base: string;
}

interface Seen extends Beginning {
  readonly tip: string;
  /** Of the work, as it was. */
  readonly mark: string;
}

type Ground = Awaited<ReturnType<Decider["groundOf"]>>;

/**
 * Looks whether what agents have changed by now could be merged onto the target as it stands by now. It tells the engine what
 * it has seen, and nobody waits for it: what it cannot see, or not in time, is simply not foreseen.
 */
export class ConflictWatch {
  private readonly parts: ConflictWatchParts;
  private readonly endListening: () => void;
  /** What was looked at last, by attempt: the same is not merged twice. */
  private readonly seen = new Map<string, Seen>();
  private timer: NodeJS.Timeout | null = null;
  private dueAt = Infinity;
  private pauseMs = lookMs;
  private restUntil = 0;
  private looking = false;
  private stopped = false;

  constructor(parts: ConflictWatchParts) {
    this.parts = parts;
    this.endListening = parts.decider.engine.subscribe((events) => this.heard(events));
  }

  /** What landed while no daemon was there. */
  recover(): void {
    this.lookIn(0);
  }

  stop(): void {
    this.stopped = true;
    this.endListening();
    if (this.timer !== null) clearTimeout(this.timer);
  }

  private heard(events: readonly Event[]): void {
    const types = new Set(events.map(({ body }) => body.type));
    const hasLanded = types.has("change.landed");
    if (!hasLanded && !types.has("attempt.started") && !types.has("remote.followed")) return;
    this.pauseMs = lookMs;
    this.lookIn(hasLanded ? 0 : lookMs);
  }

  private lookIn(ms: number): void {
    const at = Math.max(performance.now() + ms, this.restUntil);
    if (this.stopped || at >= this.dueAt) return;
    if (this.timer !== null) clearTimeout(this.timer);
    this.dueAt = at;
    this.timer = setTimeout(() => this.due(), at - performance.now()).unref();
  }

  private due(): void {
    this.dueAt = Infinity;
    // Whoever looks now may have passed by what has changed since.
    if (this.looking) return this.lookIn(restMs);
    this.looking = true;
    this.lookAtAll()
      .catch((error: unknown) => {
        // The store was closed in the middle of it.
        if (!this.stopped) this.parts.log.line(`looking for conflicts: ${describe(error)}`);
        this.lookIn(lookMs);
      })
      .finally(() => (this.looking = false));
  }

  private async lookAtAll(): Promise<void> {
    const { decider } = this.parts;
    const { store } = decider;
    const begun = performance.now();
    const live = store.liveAttempts();
    for (const id of this.seen.keys()) if (!live.some((attempt) => attempt.id === id)) this.seen.delete(id);
    const grounds = new Map<RunId, Promise<Ground>>();
    let allAsBefore = true;
    for (const attempt of live) {
      const run = store.run(attempt.run);
      if (this.stopped || run === null) return;
      if (run.settings.predict === "off" || !isAtWork(attempt)) {
        // Told anew when it goes on: while it was frozen nobody listened.
        this.seen.delete(attempt.id);
        allAsBefore = false;
        continue;
      }
      const ground = grounds.get(run.id) ?? decider.groundOf(run);
      grounds.set(run.id, ground);
      if (!(await this.isAsBefore(run, attempt, ground))) allAsBefore = false;
    }
    this.restUntil = performance.now() + Math.max(restMs, restFactor * (performance.now() - begun));
    this.pauseMs = allAsBefore ? Math.min(2 * this.pauseMs, longestMs) : lookMs;
    if (live.length > 0) this.lookIn(this.pauseMs);
  }

  /**
   * Looks at the work of an attempt; false also where it could not, or need not be looked at. Nothing is told of a workspace that
   * is another one's by the end of the look, or that changed while it was read.
   */
  private async isAsBefore(run: RunRow, attempt: AttemptRow, ground: Promise<Ground>): Promise<boolean> {
    const { decider, log } = this.parts;
    try {
      const { tip, place } = await ground;
      const before = this.seen.get(attempt.id);
      if (tip === null || tip === before?.base) return false;
      const beginning = before ?? (await this.beginningOf(attempt));
      if (beginning === null) return false;
      const { root, base } = beginning;
      if (tip === base) {
        this.seen.set(attempt.id, { root, base, tip, mark: untouched });
        return false;
      }
      const looked = await foresee({
        slot: slotPaths(root),
        place,
        base,
        tip,
        protectedPaths: run.settings.sources.flatMap(({ tracked }) => (tracked === null ? [] : [tracked])),
        lockFiles: run.settings.lockFiles ?? [],
        before: before?.tip === tip ? before.mark : null,
      });
      if (looked.kind !== "seen") return looked.kind === "same";
      const { mark, foreseen } = looked;
      if (this.stopped || (await baseIn(root, attempt)) !== base) return false;
      await decider.engine.submit({
        type: "attempt.foreseen",
        run: run.id,
        task: attempt.task,
        attempt: attempt.id,
        foreseen,
      });
      const told = decider.store.attempt(attempt.id);
      // Nobody listened: it is told by the next look.
      if (told === null || !isAtWork(told)) return false;
      this.seen.set(attempt.id, { root, base, tip, mark });
      return mark === (before?.mark ?? untouched);
    } catch (error) {
      if (!(error instanceof GitError) && errnoOf(error) === null) throw error;
      if (!this.stopped) log.line(`looking for conflicts of ${attempt.id}: ${describe(error)}`);
      return false;
    }
  }

  private async beginningOf(attempt: AttemptRow): Promise<Beginning | null> {
    const { run, task, number } = attempt;
    const root = await slotOf(this.parts.decider.folders.attempt(run, task, number));
    const base = root === null ? null : await baseIn(root, attempt);
    return root === null || base === null ? null : { root, base };
  }
}

function isAtWork({ state, stopping }: AttemptRow): boolean {
  return state.status === "working" && stopping === null;
}

/** The commit that the attempt's work in this slot began with; null where it is not there. */
async function baseIn(root: string, { run, task, number }: AttemptRow): Promise<string | null> {
  const busy = await readBusy(slotPaths(root).busy);
  return busy?.run === run && busy.task === task && busy.attempt === number ? busy.base : null;
}
