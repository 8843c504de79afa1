import { unreachable } from "../std/assert.ts";
import type { Failure } from "./failure.ts";
import type { AttemptId } from "./run.ts";
import type { PassedCheck } from "./verdict.ts";

/**
 * The commits one attempt offers, on their way into the target.
 *
 *   offered → gating → ready → landing → landed → validated → reverted
 *   gating | ready | landing → offered   the target moved, the gate was stopped, or its turn comes later
 *   gating | ready → regenerating        only lock files are in conflict: their tools make them anew
 *   regenerating → offered               as a merge with the target, lock files included
 *   any of these before landed → held    the gate, the target or the queue could not take it
 *   offered → held                       its run lands by hand
 *   held → offered                       tried again when the target moves, or a person asks
 *   any before landed → rejected
 */
export type ChangeState =
  | { readonly status: "offered" }
  /** The queue took it: alone or with others it is built and judged. */
  | { readonly status: "gating" }
  /** What it was judged with passed; it waits for its landing, or to be judged with what else passed. */
  | { readonly status: "ready" }
  | { readonly status: "landing" }
  /** Merged onto the target, its lock files are made anew. */
  | ({ readonly status: "regenerating" } & Regeneration)
  | { readonly status: "landed"; readonly landing: Landing }
  | { readonly status: "held"; readonly failure: Failure; readonly tip: string }
  | { readonly status: "validated"; readonly landing: Landing }
  /** `commit` took it back. */
  | { readonly status: "reverted"; readonly landing: Landing; readonly commit: string }
  | { readonly status: "rejected"; readonly failure: Failure };

/** Of lock files that a change and the target have both changed. */
export interface Regeneration {
  /** The number under which it was asked for; null: it is another's turn. */
  readonly trial: number | null;
  readonly paths: readonly string[];
  /** The target that it is merged with. */
  readonly tip: string;
}

/** What changes that land together become: `commit` has `tree`, is gated as it is, and was built on the target as it stood. */
export interface Candidate {
  /** Where the target has all of them already, this is its tip. */
  readonly commit: string;
  readonly tree: string;
  readonly on: TargetTip;
  /** In the order in which they were merged. */
  readonly links: readonly Link[];
}

/** One change in a candidate. */
export interface Link {
  readonly change: AttemptId;
  /** The merge of just this change, which `git revert -m 1` takes back; where others did the same, what it was merged onto. */
  readonly commit: string;
  readonly tick: TickOutcome;
  /** Absent: the candidate brings it. */
  readonly there?: There;
}

/**
 * All of a change was there before it landed. `merged`: by `commit`, which a person made, or that was pushed while nobody heard
 * the answer; `done`: others did the same.
 */
export type There = "merged" | "done";

/** How a change came into the target. */
export interface Landing {
  /** The merge of just this change. */
  readonly commit: string;
  /** The commit the target moved to: `commit`, also where that was there before, or the merge of all that landed with it. */
  readonly tip: string;
  /** Of `tip`: the tree that passed the gate. */
  readonly tree: string;
  /** Where the target stood before. */
  readonly onto: string;
  /** How many changes landed with it, itself included. */
  readonly together: number;
  /** Its place among them, from 1. */
  readonly nth: number;
  readonly at: number;
  readonly tick: TickOutcome;
  readonly there?: There;
  readonly checks: readonly PassedCheck[];
  readonly place: LandingPlace;
  /** The remote that has it; absent: none was to. */
  readonly pushedTo?: string;
  /** Why the box of an untracked source is still open, else null. */
  readonly note: string | null;
}

/** Where the target stands. `waiting` is `nightcrew/<target>`, which holds landings while the checkout is dirty. */
export interface TargetTip {
  readonly target: string;
  readonly waiting: string | null;
  /** The commit to build on: `waiting` where it is ahead, else `target`. */
  readonly tip: string;
}

export type TickOutcome = "ticked" | "not-asked" | "not-in-target" | "box-not-found" | "already-ticked";

/** Whether the target itself moved, or the landing waits on `nightcrew/<target>`, and why. */
export type LandingPlace = { readonly on: "target" } | { readonly on: "waiting"; readonly because: string };

export type ChangeEvent =
  | { readonly type: "taken" }
  | { readonly type: "passed" }
  | { readonly type: "landing" }
  | { readonly type: "regenerating"; readonly regeneration: Regeneration }
  /** Back to those that wait. */
  | { readonly type: "moved" }
  | { readonly type: "landed"; readonly landing: Landing }
  | { readonly type: "held"; readonly failure: Failure; readonly tip: string }
  | { readonly type: "released" }
  | { readonly type: "rejected"; readonly failure: Failure }
  | { readonly type: "validated" }
  | { readonly type: "reverted"; readonly commit: string };

export function changeTransition(state: ChangeState, event: ChangeEvent): ChangeState | null {
  switch (event.type) {
    case "taken":
      return state.status === "offered" ? { status: "gating" } : null;
    case "passed":
      return state.status === "gating" ? { status: "ready" } : null;
    case "landing":
      return state.status === "gating" || state.status === "ready" ? { status: "landing" } : null;
    case "regenerating":
      return state.status === "gating" || state.status === "ready"
        ? { ...event.regeneration, status: "regenerating" }
        : null;
    case "moved":
      return inQueue(state) ? { status: "offered" } : null;
    case "landed":
      return state.status === "landing" ? { status: "landed", landing: event.landing } : null;
    case "held":
      return isMoving(state) ? { status: "held", failure: event.failure, tip: event.tip } : null;
    case "released":
      return state.status === "held" ? { status: "offered" } : null;
    case "rejected":
      return isLanded(state) || state.status === "rejected" ? null : { status: "rejected", failure: event.failure };
    case "validated":
      return state.status === "landed" ? { status: "validated", landing: state.landing } : null;
    case "reverted":
      return state.status === "landed" || state.status === "validated"
        ? { status: "reverted", landing: state.landing, commit: event.commit }
        : null;
    default:
      return unreachable(event);
  }
}

export function isLanded(state: ChangeState): state is Extract<ChangeState, { landing: Landing }> {
  return state.status === "landed" || state.status === "validated" || state.status === "reverted";
}

/** There is a merge of it that can be taken back: not where others had done all of it before. */
export function hasOwnMerge({ commit, onto, there }: Landing): boolean {
  return there === "merged" || (there !== "done" && commit !== onto);
}

/** The queue has it: it was taken, and is neither through nor given back. */
export function inQueue(state: ChangeState): boolean {
  return ["gating", "ready", "landing", "regenerating"].includes(state.status);
}

/** It is done, and waits for nothing but a person's word. */
export function isKeptBack(state: ChangeState): boolean {
  return state.status === "held" && state.failure.reason === "not-asked-to-land";
}

/** It is on its way, and something will become of it by itself. */
export function isMoving(state: ChangeState): boolean {
  return state.status === "offered" || inQueue(state);
}
