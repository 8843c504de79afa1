import type { AttemptId } from "../run.ts";

/** A change in the queue, by its id. */
export type Member = AttemptId;

/** Changes that are built and judged together, in the queue's order. */
export type Lot = readonly Member[];

/** What is known of a lot on the target as it stands; null: it has not been judged, and is not being judged. */
export type Standing = "running" | "passed" | "failed" | "blocked" | null;

/** What a strategy may look at. */
export interface Known {
  of(lot: Lot): Standing;
  /** All that have been judged, or are being judged. */
  readonly lots: readonly Lot[];
  /** Its failure was seen by a second run of the check. One failure may be a flake. */
  confirmed(lot: Lot): boolean;
}

/** What a strategy wants next. */
export interface Plan {
  /** To be judged, the most useful first: as many as there are free slots are begun. */
  readonly judge: readonly Trying[];
  /** Passed, and next to land. */
  readonly land: Lot | null;
  /** What keeps them from landing is their own. */
  readonly culprits: readonly Member[];
  /** Are being judged, and whatever comes of it is of no use any more. */
  readonly stop: readonly Lot[];
  /** Nothing more comes of this round: whoever is left begins anew. */
  readonly over: boolean;
}

export interface Trying {
  readonly lot: Lot;
  /** Its failure alone would name a culprit, so a check that fails is run a second time. */
  readonly condemns: boolean;
}

export const nothing: Plan = { judge: [], land: null, culprits: [], stop: [], over: false };

export function lotKey(lot: Lot): string {
  return lot.join(" ");
}
