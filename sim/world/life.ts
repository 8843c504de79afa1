/** What a decider waits for. */
interface Held {
  readonly label: string;
  readonly ready: () => boolean;
  readonly goOn: () => void;
}

/**
 * One life of the deciding process. Its ports await `pause` wherever the world may change, or the process die, between two
 * things they do; which of them goes on, and when, is chosen by the simulation. What a dead process awaits never comes.
 */
export class Life {
  readonly number: number;
  private held: Held[] = [];
  private ended = false;
  /** It was stopped where it was, and another process may take its place: what it awaits comes to nobody. */
  heldUp = false;

  constructor(number: number) {
    this.number = number;
  }

  get alive(): boolean {
    return !this.ended;
  }

  pause(label: string): Promise<void> {
    return this.until(label, () => true);
  }

  /** Goes on at some time when `ready` is true. */
  until(label: string, ready: () => boolean): Promise<void> {
    return new Promise((goOn) => {
      if (!this.ended) this.held.push({ label, ready, goOn });
    });
  }

  /** What can go on now, oldest first. */
  ready(): readonly Held[] {
    return this.held.filter(({ ready }) => ready());
  }

  /** Lets one of `ready` go on. */
  release(held: Held): void {
    this.held = this.held.filter((other) => other !== held);
    held.goOn();
  }

  end(): void {
    this.ended = true;
    this.held = [];
  }
}
