import { addTo } from "../std/multi-map.ts";
import { collidingNumber } from "./collisions/shares.ts";
import { priorityRank, type PlannedTask } from "./plan.ts";

export interface Playing {
  readonly workers: number;
  /** From the end of a task's work until it has landed. */
  readonly landing: number;
  readonly minutesOf: (id: string) => number;
  /** By what a task collides with others (`collide`). */
  readonly sharesOf: (id: string) => readonly number[];
}

/**
 * Minutes until all has landed, played as the scheduler would: the most urgent task that may begin takes the next free worker. It
 * may where what it waits for has landed, nothing that collides with it is on its way, and nothing more urgent waits for the same.
 */
export function playPlan(tasks: readonly PlannedTask[], { workers, landing, minutesOf, sharesOf }: Playing): number {
  const order = new Map(tasks.map((task, index) => [task.id, priorityRank(task.priority) * tasks.length + index]));
  const placeOf = (id: string): number => order.get(id) ?? 0;
  const unmet = new Map(tasks.map(({ id, dependsOn }) => [id, new Set(dependsOn).size]));
  const dependants = new Map<string, string[]>();
  for (const { id, dependsOn } of tasks) for (const need of new Set(dependsOn)) addTo(dependants, need, id);
  const ready = new Ordered<string>(placeOf);
  const ahead = new Ordered<{ readonly at: number; readonly id: string; readonly landed: boolean }>(({ at }) => at);
  const ways = new Ways(sharesOf, placeOf);
  for (const [id, needs] of unmet) if (needs === 0) ready.add(id);
  const land = (landed: string): void => {
    for (const id of ways.leave(landed)) ready.add(id);
    for (const dependant of dependants.get(landed) ?? []) {
      const left = (unmet.get(dependant) ?? 0) - 1;
      unmet.set(dependant, left);
      if (left === 0) ready.add(dependant);
    }
  };
  let free = workers;
  let now = 0;
  for (;;) {
    while (free > 0) {
      const id = ready.take();
      if (id === undefined) break;
      if (ways.enter(id)) {
        free--;
        ahead.add({ at: now + minutesOf(id), id, landed: false });
      }
      for (const next of ways.behind(id)) ready.add(next);
    }
    const at = ahead.first?.at;
    if (at === undefined) return now;
    now = at;
    // All that happens at one time, before anything begins.
    for (
      let next = ahead.takeIf((one) => one.at === at);
      next !== undefined;
      next = ahead.takeIf((one) => one.at === at)
    ) {
      if (next.landed) land(next.id);
      else {
        free++;
        ahead.add({ at: at + landing, id: next.id, landed: true });
      }
    }
  }
}

/** Who has to wait for whom. Of those that wait by one number only the first is looked at again, until it is known what it does. */
class Ways {
  /** Tasks on their way, by number with its sign. */
  private readonly taken = new Map<number, number>();
  /** Those that wait, by one number of theirs. */
  private readonly queues = new Map<number, Ordered<string>>();
  /** By which one each of them waits. */
  private readonly waiting = new Map<string, number>();
  /** Those that something on its way keeps waiting; some of them do not wait any more. */
  private readonly blocked: Ordered<string>;
  /** By the task that goes before them: those that nothing else keeps waiting. */
  private readonly after = new Map<string, string[]>();
  /** The number by which a task that is looked at again has waited. */
  private readonly woken = new Map<string, number>();
  private readonly sharesOf: (id: string) => readonly number[];
  private readonly placeOf: (id: string) => number;

  constructor(sharesOf: (id: string) => readonly number[], placeOf: (id: string) => number) {
    this.sharesOf = sharesOf;
    this.placeOf = placeOf;
    this.blocked = new Ordered(placeOf);
  }

  /** Whether it may begin; else it waits. */
  enter(id: string): boolean {
    const shares = this.sharesOf(id);
    const inWay = shares.find((number) => this.isTaken(number));
    if (inWay !== undefined) {
      this.wait(id, inWay);
      this.blocked.add(id);
      return false;
    }
    const first = shares.length === 0 ? null : this.firstBlocked();
    const shared =
      first === null || this.placeOf(first) > this.placeOf(id) ? null : collidingNumber(shares, this.sharesOf(first));
    if (first !== null && shared !== null) {
      this.wait(id, shared);
      addTo(this.after, first, id);
      return false;
    }
    for (const number of shares) this.taken.set(number, (this.taken.get(number) ?? 0) + 1);
    for (const other of this.after.get(id) ?? []) this.blocked.add(other);
    this.after.delete(id);
    return true;
  }

  /** It has landed: who may begin now. */
  leave(id: string): string[] {
    const shares = this.sharesOf(id);
    for (const number of shares) this.taken.set(number, (this.taken.get(number) ?? 0) - 1);
    return shares.flatMap((number) => this.wake(number));
  }

  /** Who is to be looked at when this one was. */
  behind(id: string): string[] {
    const number = this.woken.get(id);
    this.woken.delete(id);
    const isSame = number !== undefined && Math.abs(this.waiting.get(id) ?? 0) === Math.abs(number);
    return number === undefined || isSame ? [] : this.wake(number);
  }

  private isTaken(number: number): boolean {
    return (this.taken.get(Math.abs(number)) ?? 0) > 0 || (number > 0 && (this.taken.get(-number) ?? 0) > 0);
  }

  private wait(id: string, number: number): void {
    const queue = this.queues.get(number) ?? new Ordered<string>(this.placeOf);
    this.queues.set(number, queue);
    queue.add(id);
    this.waiting.set(id, number);
  }

  private wake(number: number): string[] {
    return [number, -number].flatMap((one) => {
      const id = this.isTaken(one) ? undefined : this.queues.get(one)?.take();
      if (id === undefined) return [];
      this.waiting.delete(id);
      this.woken.set(id, one);
      return [id];
    });
  }

  private firstBlocked(): string | null {
    for (let id = this.blocked.first; id !== undefined; id = this.blocked.first) {
      if (this.waiting.has(id)) return id;
      this.blocked.take();
    }
    return null;
  }
}

/** Gives the least first; of equals the one that came first. */
class Ordered<T> {
  private readonly items: { readonly key: number; readonly item: T }[] = [];
  private readonly keyOf: (item: T) => number;

  constructor(keyOf: (item: T) => number) {
    this.keyOf = keyOf;
  }

  get first(): T | undefined {
    return this.items.at(-1)?.item;
  }

  add(item: T): void {
    const key = this.keyOf(item);
    let low = 0;
    let high = this.items.length;
    // The greatest stands first, so that taking is cheap.
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.items[middle]?.key ?? 0) > key) low = middle + 1;
      else high = middle;
    }
    this.items.splice(low, 0, { key, item });
  }

  take(): T | undefined {
    return this.items.pop()?.item;
  }

  takeIf(wanted: (item: T) => boolean): T | undefined {
    const first = this.items.at(-1)?.item;
    return first !== undefined && wanted(first) ? this.take() : undefined;
  }
}
