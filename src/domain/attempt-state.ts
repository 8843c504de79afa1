import { unreachable } from "../std/assert.ts";
import type { Failure } from "./failure.ts";

/**
 * One agent working once on one task.
 *
 *   preparing → working → finished
 *   preparing | working ⇄ frozen           paused by a person, with all its processes
 *   preparing | working | frozen → finished | lost | stopped
 */
export type AttemptState =
  | { readonly status: "preparing" }
  | { readonly status: "working" }
  /** `since`: milliseconds since the epoch. */
  | { readonly status: "frozen"; readonly was: "preparing" | "working"; readonly since: number }
  | { readonly status: "finished"; readonly outcome: AttemptOutcome }
  | { readonly status: "lost"; readonly detail: string }
  | { readonly status: "stopped" };

/** Decided by code from evidence: commits, diff, how the process ended. Never by what the agent says. */
export type AttemptOutcome =
  | { readonly kind: "done" }
  | { readonly kind: "nothing-changed" }
  | { readonly kind: "failed"; readonly failure: Failure };

export type AttemptEvent =
  | { readonly type: "worked" }
  | { readonly type: "froze"; readonly at: number }
  | { readonly type: "thawed" }
  | { readonly type: "finished"; readonly outcome: AttemptOutcome }
  | { readonly type: "lost"; readonly detail: string }
  | { readonly type: "stopped" };

export function attemptTransition(state: AttemptState, event: AttemptEvent): AttemptState | null {
  if (!isLive(state)) return null;
  switch (event.type) {
    case "worked":
      if (state.status === "frozen") return state.was === "preparing" ? { ...state, was: "working" } : null;
      return state.status === "preparing" ? { status: "working" } : null;
    case "froze":
      return state.status === "frozen" ? null : { status: "frozen", was: state.status, since: event.at };
    case "thawed":
      return state.status === "frozen" ? { status: state.was } : null;
    case "finished":
      return { status: "finished", outcome: event.outcome };
    case "lost":
      return { status: "lost", detail: event.detail };
    case "stopped":
      return { status: "stopped" };
    default:
      return unreachable(event);
  }
}

/** Its runner may still be at work. */
export function isLive(
  state: AttemptState,
): state is Extract<AttemptState, { status: "preparing" | "working" | "frozen" }> {
  return state.status === "preparing" || state.status === "working" || state.status === "frozen";
}

/** A frozen attempt keeps its worker slot for so long; then others may start. */
export const frozenSlotMs = 5 * 60_000;

/** It holds a worker slot. */
export function holdsSlot(state: AttemptState, now: number): boolean {
  return isLive(state) && (state.status !== "frozen" || now < state.since + frozenSlotMs);
}

/** Plain facts about what an attempt left, measured by its runner. */
export interface WorkFacts {
  /** Commit the workspace started from. */
  readonly base: string;
  /** Tip of the attempt's branch; null when it left nothing. */
  readonly tip: string | null;
  readonly branch: string | null;
  /** Commits the agent made itself. */
  readonly agentCommits: number;
  readonly filesCreated: number;
  readonly filesChanged: number;
  readonly filesDeleted: number;
  readonly insertions: number;
  readonly deletions: number;
  /** Touched paths, at most `maxPaths`. */
  readonly paths: readonly string[];
  /** What was seen and left alone or undone: submodules, LFS pointers, edits of the source. */
  readonly notes: readonly string[];
}

/** What the agent reported; null where it reported nothing. Costs are in `currency` units, never guessed. */
export interface Usage {
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly cost: number | null;
  readonly currency: string | null;
}

export const noUsage: Usage = { inputTokens: null, outputTokens: null, cost: null, currency: null };

/** Everything the runner found out about one attempt. */
export interface AttemptResult {
  readonly outcome: AttemptOutcome | { readonly kind: "stopped" } | { readonly kind: "lost"; readonly detail: string };
  readonly work: WorkFacts | null;
  readonly usage: Usage;
  /** The agent's last message: a claim, shown as such. */
  readonly claim: string | null;
  /** How long before its end the agent had been thawed, in milliseconds; null where it was never frozen. */
  readonly sinceThawMs: number | null;
}

export const maxPaths = 200;
