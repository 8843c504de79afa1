import type { Clock } from "../../src/engine/ports.ts";
import type { Life } from "./life.ts";

/** Wall time, which a person or NTP may set, and the monotonic time that timers go by. Milliseconds. */
export class VirtualTime {
  /** At noon: jumps stay within the day, of which an invariant only knows what all attempts have spent. */
  wall = Date.UTC(2026, 0, 1, 12);
  monotonic = 0;
  private readonly timers = new Set<number>();

  pass(ms: number): void {
    this.wall += ms;
    this.monotonic += ms;
    for (const timer of this.timers) if (timer <= this.monotonic) this.timers.delete(timer);
  }

  /** Sets the clock; timers do not notice. */
  jump(ms: number): void {
    this.wall += ms;
  }

  /** A timer that ends after `ms`. */
  timer(ms: number): () => boolean {
    const end = this.monotonic + ms;
    this.timers.add(end);
    return () => this.monotonic >= end;
  }

  /** Until the next timer ends; null where there is none. */
  untilNextTimer(): number | null {
    return this.timers.size === 0 ? null : Math.min(...this.timers) - this.monotonic;
  }
}

/** As the system's: a timer of the time left, and a look at the clock when it has ended. */
export class SimulatedClock implements Clock {
  private readonly time: VirtualTime;
  private readonly life: Life;
  private closed = false;

  constructor(time: VirtualTime, life: Life) {
    this.time = time;
    this.life = life;
  }

  now(): number {
    return this.time.wall;
  }

  async wait(until: number): Promise<boolean> {
    for (let left = until - this.now(); left > 0 && !this.closed; left = until - this.now()) {
      const ended = this.time.timer(left);
      await this.life.until("clock: a wait", () => ended() || this.closed);
    }
    return !this.closed;
  }

  close(): void {
    this.closed = true;
  }
}
