import type { LandingPlace } from "./change-state.ts";
import type { RemoteFailure } from "./failure.ts";

/**
 * The remote of a run: another repository whose branch of the target's name has all that lands before the target here has it.
 * Others push there, too: the target follows it before anything is built.
 */

/** What came of bringing the target to where the remote has it. */
export type Following =
  /** Nothing is there that is not here. */
  | { readonly kind: "even" }
  | { readonly kind: "followed"; readonly commit: string; readonly place: LandingPlace }
  | { readonly kind: "failed"; readonly failure: RemoteFailure };

/** What is told of a remote on the way. */
export type RemoteNews =
  | { readonly kind: "followed"; readonly commit: string; readonly place: LandingPlace }
  | { readonly kind: "pushed"; readonly commit: string }
  /** Somebody had pushed before. */
  | { readonly kind: "rejected" }
  | ({ readonly kind: "lost" } & Away);

/** It cannot be reached, and is tried again at that time; milliseconds since the epoch. */
export interface Away {
  readonly failure: RemoteFailure;
  readonly until: number;
}

/** Six more tries within a quarter of an hour: most outages are shorter. */
const mostTries = 6;
const firstWaitMs = 2_000;

/** How long a remote is left alone that could not be reached, after so many tries before; null: no more. */
export function remoteWaitMs(tries: number): number | null {
  return tries >= mostTries ? null : firstWaitMs * 3 ** tries;
}

/** Whether doing the same again, later, may succeed. */
export function isLost({ cause }: RemoteFailure): boolean {
  return cause === "unreachable" || cause === "unauthorized";
}
