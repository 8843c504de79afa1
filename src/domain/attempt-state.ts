import { unreachable } from "../std/assert.ts";
import { noUsage, type Usage } from "./agent-event.ts";
import type { PolicyFinding } from "./diff-policy/finding.ts";
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

/** Decided by code from evidence: commits, diff, how it ended. Never by an exit code alone, nor by what the agent says. */
export type AttemptOutcome =
  | { readonly kind: "done" }
  | { readonly kind: "nothing-changed" }
  /** It did not come to its end, but left work. */
  | { readonly kind: "partial"; readonly failure: Failure }
  /** The model, or a safety layer, declined the task. */
  | { readonly kind: "refused"; readonly message: string }
  /** Its provider takes no more work until a time; null where that was not told. */
  | { readonly kind: "limited"; readonly until: number | null; readonly message: string }
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

/** Everything the runner found out about one attempt. */
export interface AttemptResult {
  readonly outcome: AttemptOutcome | { readonly kind: "stopped" } | { readonly kind: "lost"; readonly detail: string };
  readonly work: WorkFacts | null;
  readonly usage: Usage;
  /** What the whole session used, where the agent counts by session: the next attempt in it takes it off. */
  readonly sessionUsage: Usage | null;
  /** The agent's session, by which it can be gone on with; null where it has none. */
  readonly session: string | null;
  /** Model answers it told of; null where it tells of none. */
  readonly turns: number | null;
  /** What was kept from it: connections, permissions. At most `maxRefusals`. */
  readonly refused: readonly string[];
  /** The agent's last message: a claim, shown as such. */
  readonly claim: string | null;
  /** What the diff policy found that does not fail it. */
  readonly warnings: readonly PolicyFinding[];
  /** How long before its end the agent had been thawed, in milliseconds; null where it was never frozen. */
  readonly sinceThawMs: number | null;
}

export const maxPaths = 200;
export const maxRefusals = 50;

/** The result of an attempt of which nothing is known but its end. */
export function bareResult(outcome: AttemptResult["outcome"]): AttemptResult {
  return {
    outcome,
    work: null,
    usage: noUsage,
    sessionUsage: null,
    session: null,
    turns: null,
    refused: [],
    claim: null,
    warnings: [],
    sinceThawMs: null,
  };
}
