import type { Output } from "./output/terminal.ts";

/** Of a follower that was left. */
export const leftCode = 130;

export interface Leaving {
  readonly signal: AbortSignal;
  /** Resolves when `signal` aborts. */
  readonly left: Promise<void>;
  end(): void;
}

/**
 * Ctrl-C ends the showing, not the work; a second one ends this process at once. The listener stays on: where there
 * is none but its own, what restores the terminal's cursor for log-update ends the process by itself.
 */
export function leaveOnInterrupt(): Leaving {
  const leave = new AbortController();
  const left = new Promise<void>((resolve) => leave.signal.addEventListener("abort", () => resolve()));
  const onSignal = (): void => {
    if (leave.signal.aborted) process.exit(leftCode);
    leave.abort();
  };
  process.on("SIGINT", onSignal);
  return { signal: leave.signal, left, end: () => void process.off("SIGINT", onSignal) };
}

/** How to come back to a run that goes on. */
export function noteWaysBack(run: string, output: Output): void {
  output.note(`run ${run} goes on`);
  output.note("  see it:  nightcrew status --watch");
  output.note(`  its log: nightcrew logs ${run} --follow`);
  output.note(`  end it:  nightcrew cancel ${run}`);
}
