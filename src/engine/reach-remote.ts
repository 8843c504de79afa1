import type { RemoteFailure } from "../domain/failure.ts";
import type { ToldInput } from "../domain/input.ts";
import { isLost, remoteWaitMs, type RemoteNews } from "../domain/remote.ts";
import type { RunId, RunRow } from "../domain/run.ts";
import type { Ports } from "./ports.ts";

/** For whom, and how, a remote is reached. */
export interface Reaching {
  /** Says which repository, target and remote. */
  readonly run: RunRow;
  readonly ports: Ports;
  readonly observe: (input: ToldInput) => void;
  /** Whose changes are on their way; none: the run's own. */
  readonly wantedBy?: readonly RunId[];
}

/**
 * Brings the target to where its remote has it, before something is built on it. `failure`: why nothing can be built. Null
 * where the engine is stopping. Without a remote nothing is done.
 */
export async function followRemote(reaching: Reaching): Promise<{ readonly failure: RemoteFailure | null } | null> {
  const { run, ports } = reaching;
  if (run.settings.queue.remote === undefined) return { failure: null };
  const following = await reachRemote(reaching, {
    reach: () => ports.repository.follow(run),
    failureOf: (outcome) => (outcome.kind === "failed" ? outcome.failure : null),
  });
  if (following === null) return null;
  if (following.kind === "followed") tellOfRemote(reaching, following);
  return { failure: following.kind === "failed" ? following.failure : null };
}

interface Reach<T> {
  /** Doing it twice does nothing the second time. */
  readonly reach: () => Promise<T>;
  readonly failureOf: (outcome: T) => RemoteFailure | null;
  /** Whether nobody wants it any more. */
  readonly isOver?: () => boolean;
}

/** While a remote is left alone, a person may end what it is wanted for. */
const lookAgainMs = 5_000;

/**
 * Tries again, with growing waits, while the remote is lost; what came of the last try. Null where the engine is stopping:
 * the effect stays pending.
 */
export async function reachRemote<T>(reaching: Reaching, { reach, failureOf, isOver }: Reach<T>): Promise<T | null> {
  const { clock, store } = reaching.ports;
  const { run, wantedBy = [] } = reaching;
  const runs = wantedBy.length === 0 ? [run.id] : wantedBy;
  // Where all runs are to stop that want it nothing is tried again.
  const stops = (): boolean => isOver?.() === true || runs.every((id) => store.run(id)?.state.status === "interrupted");
  for (let tries = 0; ; tries++) {
    const outcome = await reach();
    const failure = failureOf(outcome);
    const waitMs = failure !== null && isLost(failure) ? remoteWaitMs(tries) : null;
    if (failure === null || waitMs === null) return outcome;
    if (!stops()) tellOfRemote(reaching, { kind: "lost", failure, until: clock.now() + waitMs });
    for (let left = waitMs; left > 0; left -= lookAgainMs) {
      if (stops()) return outcome;
      if (!(await clock.wait(clock.now() + Math.min(left, lookAgainMs)))) return null;
    }
  }
}

export function tellOfRemote({ run, observe }: Reaching, news: RemoteNews): void {
  const { id: host, repository, target, settings } = run;
  const { remote } = settings.queue;
  if (remote !== undefined) observe({ type: "remote.told", repository, target, host, remote, news });
}
