import type { Controlled } from "./control.ts";

/** Several things that run at once, controlled as one: what is over hears nothing. What begins later is where the others are. */
export class SideBySide implements Controlled {
  private readonly running = new Set<Controlled>();
  private stopped = false;
  private frozen = false;

  add(one: Controlled): void {
    this.running.add(one);
    if (this.stopped) one.stop();
    else if (this.frozen) one.freeze();
  }

  stop(): void {
    this.stopped = true;
    for (const one of this.running) one.stop();
  }

  freeze(): void {
    this.frozen = true;
    for (const one of this.running) one.freeze();
  }

  thaw(): void {
    this.frozen = false;
    for (const one of this.running) one.thaw();
  }

  /** Checks read nothing. */
  send(): boolean {
    return false;
  }
}

/** How many go at once, and when no further one is begun. */
export interface Pace {
  readonly atOnce: number;
  readonly mayBegin: () => boolean;
}

/** Does something with each of some items, so many at once, begun in their order. Null for those that were not begun. */
export async function sideBySide<T, R>(
  items: readonly T[],
  pace: Pace,
  act: (item: T, index: number) => Promise<R>,
): Promise<(R | null)[]> {
  const results: (R | null)[] = items.map(() => null);
  const waiting = [...items.entries()];
  async function lane(): Promise<void> {
    for (let next = waiting.shift(); next !== undefined && pace.mayBegin(); next = waiting.shift()) {
      const [index, item] = next;
      results[index] = await act(item, index);
    }
  }
  await Promise.all(Array.from({ length: Math.min(pace.atOnce, items.length) }, lane));
  return results;
}
