import { OperationalError } from "../../std/operational-error.ts";

interface Open {
  readonly answer: Promise<unknown>;
  readonly ending: AbortController;
  waiting: number;
}

/** What several wait for is asked once, and goes on for as long as one of them does: nobody pays for what nobody hears. */
export class SharedAsking {
  private readonly open = new Map<string, Open>();
  /** What nobody waits for, and has not ended yet. */
  private readonly endings = new Set<Promise<unknown>>();

  /** Resolves when nothing goes on of what was left: an agent that was asked is gone then. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.endings);
  }

  /** `left` aborts when this one does not wait any more; rejects then at once, as a daemon that stops has no time for more. */
  async join<T>(key: string, left: AbortSignal, ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
    left.throwIfAborted();
    const one = this.open.get(key) ?? this.begin(key, ask);
    one.waiting++;
    return new Promise<T>((resolve, reject) => {
      const leave = (): void => {
        reject(notWaitedFor());
        if (--one.waiting > 0) return;
        // Who comes now asks anew.
        this.forget(key, one);
        this.endings.add(one.answer);
        one.ending.abort();
      };
      left.addEventListener("abort", leave, { once: true });
      (one.answer as Promise<T>).then(resolve, reject).finally(() => left.removeEventListener("abort", leave));
    });
  }

  private begin(key: string, ask: (signal: AbortSignal) => Promise<unknown>): Open {
    const ending = new AbortController();
    const one = { answer: ask(ending.signal), ending, waiting: 0 };
    this.open.set(key, one);
    const over = (): void => this.forget(key, one);
    one.answer.then(over, over);
    return one;
  }

  private forget(key: string, one: Open): void {
    this.endings.delete(one.answer);
    if (this.open.get(key) === one) this.open.delete(key);
  }
}

function notWaitedFor(): OperationalError {
  return new OperationalError({
    code: "daemon-stopped",
    what: "The plan was not waited for any longer: nothing was begun",
    why: "the daemon was stopped, or who asked for it has gone",
    next: "the same command again",
    exitCode: 1,
  });
}
