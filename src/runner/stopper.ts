/** Carries a wish to stop to whatever is running now, or will be next. */
export class Stopper {
  stopped = false;
  private action: (() => void) | null = null;

  onStop(action: () => void): void {
    this.action = action;
    if (this.stopped) action();
  }

  stop(): void {
    this.stopped = true;
    this.action?.();
  }
}
