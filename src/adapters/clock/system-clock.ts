import type { Clock } from "../../engine/ports.ts";

/** Timers stand still while the machine sleeps: they are set no longer than that, so that its waking is noticed by then. */
const longestTimerMs = 30_000;
/** Less than this apart, the two clocks are one. */
const toleranceMs = 1_000;

/** Where the time comes from; both in milliseconds. */
export interface TimeSources {
  /** The time of day: may jump either way. */
  readonly wall: () => number;
  /** Only goes forward, from anywhere. */
  readonly steady: () => number;
}

/**
 * The time of day, but never backwards: where the machine slept, or its clock was set forward, it follows; where the clock
 * was set back, it goes on at its own pace, so that no wait becomes a day longer.
 */
export class SystemClock implements Clock {
  private readonly sources: TimeSources;
  private readonly waiting = new Map<(reached: boolean) => void, NodeJS.Timeout>();
  private aheadMs: number;
  private closed = false;

  constructor(sources: TimeSources = { wall: Date.now, steady: () => performance.now() }) {
    this.sources = sources;
    this.aheadMs = sources.wall() - sources.steady();
  }

  now(): number {
    const steady = this.sources.steady() + this.aheadMs;
    const wall = this.sources.wall();
    if (wall <= steady + toleranceMs) return Math.floor(steady);
    this.aheadMs += wall - steady;
    return wall;
  }

  async wait(until: number): Promise<boolean> {
    for (let left = until - this.now(); left > 0; left = until - this.now()) {
      if (this.closed || !(await this.sleep(Math.min(left, longestTimerMs)))) return false;
    }
    return !this.closed;
  }

  close(): void {
    this.closed = true;
    for (const [end, timer] of this.waiting) {
      clearTimeout(timer);
      end(false);
    }
    this.waiting.clear();
  }

  private sleep(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.waiting.delete(resolve);
        resolve(true);
      }, ms);
      this.waiting.set(resolve, timer);
    });
  }
}
