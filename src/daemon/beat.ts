const beatMs = 5_000;

/** One timer for all that looks again and again: an idle daemon is woken once for all of it. */
export class Beat {
  private readonly looks = new Set<() => void>();
  private timer: NodeJS.Timeout | null = null;

  /** Calls `look` at every beat, the first of them within five seconds. Returns what ends it. */
  on(look: () => void): () => void {
    this.looks.add(look);
    this.timer ??= setInterval(() => this.beat(), beatMs).unref();
    return () => this.off(look);
  }

  private beat(): void {
    for (const look of this.looks) look();
  }

  private off(look: () => void): void {
    this.looks.delete(look);
    if (this.looks.size > 0 || this.timer === null) return;
    clearInterval(this.timer);
    this.timer = null;
  }
}
