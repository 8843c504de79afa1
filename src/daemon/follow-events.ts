import { isLive } from "../domain/attempt-state.ts";
import { inQueue } from "../domain/change-state.ts";
import type { RunId } from "../domain/run.ts";
import type { Feed } from "../api/service.ts";
import type { Engine } from "../engine/loop.ts";
import type { Store } from "../engine/ports.ts";

const eventsAtOnce = 1_000;

/** Hands on a run's events as they come, until nothing of it goes on any more. */
export async function followEvents(
  { store, engine }: { readonly store: Store; readonly engine: Engine },
  run: RunId,
  { after, onEvents, signal }: Omit<Feed, "run">,
): Promise<void> {
  let seen = after;
  const news = new Signal();
  const unsubscribe = engine.subscribe((events) => {
    if (events.some((event) => event.run === run)) news.raise();
  });
  const left = (): void => news.raise();
  signal.addEventListener("abort", left);
  try {
    while (!signal.aborted) {
      const events = store.events(run, seen, eventsAtOnce);
      if (events.length > 0) {
        seen = events.at(-1)?.seq ?? seen;
        await onEvents(events);
      } else if (rests(store, run)) return;
      else await news.wait();
    }
  } finally {
    signal.removeEventListener("abort", left);
    unsubscribe();
  }
}

/** Finished, or interrupted and come to rest. */
function rests(store: Store, id: RunId): boolean {
  const status = store.run(id)?.state.status;
  if (status === "active" || status === "paused") return false;
  if (status !== "interrupted") return true;
  return (
    !store.attempts(id).some(({ state }) => isLive(state)) && !store.changes(id).some(({ state }) => inQueue(state))
  );
}

/** Wakes one waiter; a raise that nobody waits for is remembered. */
class Signal {
  private raised = false;
  private wake: (() => void) | null = null;

  raise(): void {
    this.raised = true;
    this.wake?.();
  }

  async wait(): Promise<void> {
    if (!this.raised) await new Promise<void>((resolve) => (this.wake = resolve));
    this.raised = false;
    this.wake = null;
  }
}
