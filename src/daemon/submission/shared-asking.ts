import { OperationalError } from "../../std/operational-error.ts";

interface Open {
  readonly answer: Promise<unknown>;
  readonly ending: AbortController;
  waiting: number;
}

/** What several wait for is asked once, and goes on for as long as one of them does: nobody pays for what nobody hears. */
export class SharedAsking {
  private readonly open = new Map<string, Open>();

  /**
   * `left` aborts when this one does not wait any more. Rejects then: at once where others wait, else when the asking has ended,
   * which `ask` has to do soon after its signal.
   */
  async join<T>(key: string, left: AbortSignal, ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
    left.throwIfAborted();
    const one = this.open.get(key) ?? this.begin(key, ask);
    one.waiting++;
    return new Promise<T>((resolve, reject) => {
      const leave = (): void => {
        if (--one.waiting > 0) return reject(leftAlone());
        // Who comes now asks anew.
        this.forget(key, one);
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
    if (this.open.get(key) === one) this.open.delete(key);
  }
}

function leftAlone(): OperationalError {
  return new OperationalError({
    code: "not-waited-for",
    what: "This plan is not waited for any more",
    why: "others wait for the same one, and it is made for them",
    next: "the same command again",
    exitCode: 1,
  });
}
