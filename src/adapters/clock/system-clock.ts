import type { Clock } from "../../engine/ports.ts";

/** setTimeout holds at most 2^31-1 ms. */
const longestTimerMs = 2 ** 31 - 1;

export class SystemClock implements Clock {
  private readonly waiting = new Map<(reached: boolean) => void, NodeJS.Timeout>();
  private closed = false;

  now(): number {
    return Date.now();
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
