import { unreachable } from "../std/assert.ts";
import type { Failure } from "./failure.ts";
import type { PassedCheck } from "./verdict.ts";

/**
 * The commits one attempt offers, on their way into the target.
 *
 *   offered → gating → ready → landing → landed → validated | reverted
 *   gating | ready | landing → offered   the target moved, or the gate was stopped: a new candidate is built
 *   gating  → held → offered     the gate could not judge it; tried again when the target moves
 *   any before landed → rejected
 */
export type ChangeState =
  /** `building`: it was taken into the lane and its candidate is being built. */
  | { readonly status: "offered"; readonly building: boolean }
  | { readonly status: "gating"; readonly candidate: Candidate }
  | { readonly status: "ready"; readonly candidate: Candidate; readonly checks: readonly PassedCheck[] }
  | { readonly status: "landing"; readonly candidate: Candidate; readonly checks: readonly PassedCheck[] }
  | {
      readonly status: "landed";
      readonly candidate: Candidate;
      readonly checks: readonly PassedCheck[];
      readonly place: LandingPlace;
      readonly note: string | null;
    }
  | { readonly status: "held"; readonly failure: Failure; readonly tip: string }
  | { readonly status: "validated"; readonly commit: string }
  | { readonly status: "reverted"; readonly commit: string }
  | { readonly status: "rejected"; readonly failure: Failure };

/**
 * The commit that will land, gated as it is: `commit` has `tree`, and was built on the target as it stood. Where the target
 * has all of the change already, `commit` is its tip.
 */
export interface Candidate {
  readonly commit: string;
  readonly tree: string;
  readonly on: TargetTip;
  readonly tick: TickOutcome;
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
  | { readonly type: "built"; readonly candidate: Candidate }
  | { readonly type: "passed"; readonly checks: readonly PassedCheck[] }
  | { readonly type: "landing" }
  | { readonly type: "moved" }
  | { readonly type: "landed"; readonly place: LandingPlace; readonly note: string | null }
  | { readonly type: "held"; readonly failure: Failure; readonly tip: string }
  | { readonly type: "released" }
  | { readonly type: "rejected"; readonly failure: Failure }
  | { readonly type: "validated" }
  | { readonly type: "reverted"; readonly commit: string };

export function changeTransition(state: ChangeState, event: ChangeEvent): ChangeState | null {
  switch (event.type) {
    case "taken":
      return state.status === "offered" && !state.building ? { status: "offered", building: true } : null;
    case "built":
      return state.status === "offered" && state.building ? { status: "gating", candidate: event.candidate } : null;
    case "passed":
      return state.status === "gating" ? { status: "ready", candidate: state.candidate, checks: event.checks } : null;
    case "landing":
      return state.status === "ready" ? { ...state, status: "landing" } : null;
    case "moved":
      return inLane(state) ? { status: "offered", building: false } : null;
    case "landed":
      return state.status === "landing" ? { ...state, status: "landed", place: event.place, note: event.note } : null;
    case "held":
      return inLane(state) ? { status: "held", failure: event.failure, tip: event.tip } : null;
    case "released":
      return state.status === "held" ? { status: "offered", building: false } : null;
    case "rejected":
      return isLanded(state) || state.status === "rejected" ? null : { status: "rejected", failure: event.failure };
    case "validated":
      return state.status === "landed" ? { status: "validated", commit: state.candidate.commit } : null;
    case "reverted":
      return state.status === "landed" || state.status === "validated"
        ? { status: "reverted", commit: event.commit }
        : null;
    default:
      return unreachable(event);
  }
}

export function isLanded(state: ChangeState): boolean {
  return state.status === "landed" || state.status === "validated" || state.status === "reverted";
}

/** It occupies the landing lane: at most one change of a lane does. */
export function inLane(state: ChangeState): boolean {
  if (state.status === "offered") return state.building;
  return state.status === "gating" || state.status === "ready" || state.status === "landing";
}
