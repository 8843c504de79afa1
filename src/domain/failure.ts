import type { FinalCause } from "./agent-event.ts";
import type { PolicyFinding } from "./diff-policy/finding.ts";

/**
 * Every way in which work can fail, as data. Wording lives in presenters.
 * `blocked` and `red-base` are about the gate, not about the agent, and never count as one of its attempts.
 */
export type Failure =
  | { readonly reason: "agent-not-started"; readonly command: string; readonly detail: string }
  | {
      readonly reason: "agent-exit";
      readonly code: number | null;
      readonly signal: string | null;
      readonly log: string;
    }
  | { readonly reason: "nothing-changed"; readonly claim: string | null; readonly log: string }
  | { readonly reason: "time-limit"; readonly limit: TimeLimit; readonly limitMs: number; readonly log: string }
  /** It told itself that it did not finish. */
  | {
      readonly reason: "agent-failed";
      readonly cause: Exclude<FinalCause, "refused" | "cancelled">;
      readonly status: number | null;
      readonly message: string;
      readonly log: string;
    }
  /** It ended without the event by which such agents say that they have finished. */
  | { readonly reason: "no-final"; readonly exit: string; readonly log: string }
  /** It did the same thing again and again. */
  | { readonly reason: "loop"; readonly what: string; readonly times: number; readonly log: string }
  | { readonly reason: "turn-limit"; readonly turns: number; readonly log: string }
  | { readonly reason: "refused"; readonly message: string }
  | { readonly reason: "limited"; readonly agent: string; readonly until: number | null; readonly message: string }
  | { readonly reason: "budget"; readonly scope: BudgetScope; readonly capUsd: number; readonly spentUsd: number }
  | { readonly reason: "nested-repository"; readonly paths: readonly string[] }
  | { readonly reason: "work-refused"; readonly detail: string }
  /** Nothing shows that these of the small tasks it was given together were done. */
  | { readonly reason: "parts-missing"; readonly parts: readonly string[]; readonly of: number }
  /** What it left is not to be landed; `more`: findings that are not listed. */
  | { readonly reason: "policy-violated"; readonly findings: readonly PolicyFinding[]; readonly more: number }
  /**
   * `tool`: why lock files in it could not be made anew, with the end of its output. `foreseen`: before there was a change, and
   * the attempt was stopped for it.
   */
  | {
      readonly reason: "conflict";
      readonly paths: readonly string[];
      readonly tip: string;
      readonly tool?: string;
      readonly foreseen?: true;
      readonly log?: string;
    }
  | { readonly reason: "check-failed"; readonly check: string; readonly exit: string; readonly log: string }
  | { readonly reason: "gate-blocked"; readonly check: string; readonly cause: BlockCause; readonly log: string }
  | { readonly reason: "red-base"; readonly check: string; readonly log: string }
  | { readonly reason: "runner-lost"; readonly detail: string }
  | { readonly reason: "workspace"; readonly step: string; readonly detail: string; readonly log?: string }
  | { readonly reason: "landing-refused"; readonly detail: string }
  | RemoteFailure
  /** It had landed, and was taken back. */
  | { readonly reason: "reverted"; readonly commit: string; readonly why: RevertReason }
  | { readonly reason: "queue-halted"; readonly detail: string }
  /** Nothing is wrong with it: its run lands by hand. */
  | { readonly reason: "not-asked-to-land" }
  | { readonly reason: "cancelled" };

/** It could not be pushed. `diverged`: both sides have commits that the other has not. `refused`: by a rule or a hook there. */
export interface RemoteFailure {
  readonly reason: "remote-failed";
  readonly cause: "diverged" | "refused" | "unauthorized" | "unreachable";
  readonly remote: string;
  readonly target: string;
  /** In the remote's words, or git's. */
  readonly detail: string;
}

export type RevertReason =
  | { readonly by: "validation"; readonly check: string; readonly log: string }
  /** `check`: they asked for it where this would fail on the target, and it did. */
  | { readonly by: "person"; readonly check?: string };

/** What a cap is on. */
export type BudgetScope = "attempt" | "task" | "run" | "day";

export type TimeLimit = "first-output" | "silence" | "total";

/** Why a check gave no verdict. */
export type BlockCause =
  "not-found" | "not-executable" | "no-test-ran" | "no-network" | "no-evidence" | "not-started" | "stopped";

/** Two failures with the same signature are the same failure again: no log, no counts, no times in it. */
export function failureSignature(failure: Failure): string {
  switch (failure.reason) {
    case "agent-exit":
      return `agent-exit:${failure.code ?? failure.signal}`;
    case "agent-failed":
      return `agent-failed:${failure.cause}:${failure.status ?? ""}`;
    case "budget":
      return `budget:${failure.scope}`;
    case "time-limit":
      return `time-limit:${failure.limit}`;
    case "policy-violated":
      return `policy-violated:${[...new Set(failure.findings.map(({ rule, path }) => `${rule} ${path ?? ""}`))].sort().join(",")}`;
    case "conflict":
      return `conflict:${[...failure.paths].sort().join(",")}`;
    case "check-failed":
    case "red-base":
      return `${failure.reason}:${failure.check}`;
    case "gate-blocked":
      return `gate-blocked:${failure.check}:${failure.cause}`;
    case "parts-missing":
      return `parts-missing:${[...failure.parts].sort().join(",")}`;
    case "remote-failed":
      return `remote-failed:${failure.cause}`;
    case "agent-not-started":
    case "nothing-changed":
    case "no-final":
    case "loop":
    case "turn-limit":
    case "refused":
    case "limited":
    case "nested-repository":
    case "work-refused":
    case "runner-lost":
    case "workspace":
    case "landing-refused":
    case "reverted":
    case "queue-halted":
    case "not-asked-to-land":
    case "cancelled":
      return failure.reason;
  }
}
