import type { AgentEvent, FinalCause } from "./agent-event.ts";
import type { AttemptResult } from "./attempt-state.ts";
import type { Failure, TimeLimit } from "./failure.ts";

/** How an agent's process came to its end. */
export type Ending =
  | { readonly kind: "code"; readonly code: number }
  | { readonly kind: "signal"; readonly signal: string }
  | { readonly kind: "limit"; readonly limit: TimeLimit; readonly limitMs: number }
  /** Ended by us, for what it was seen to do. */
  | { readonly kind: "loop"; readonly what: string; readonly times: number }
  | { readonly kind: "turn-limit"; readonly turns: number }
  | { readonly kind: "not-started"; readonly detail: string }
  | { readonly kind: "stopped" };

export type Final = Extract<AgentEvent, { type: "final" }>;
export type Limit = Extract<AgentEvent, { type: "limit" }>;

export interface Evidence {
  readonly ending: Ending;
  /** The last final event, where the agent told of one. */
  readonly final: Final | null;
  /** Agents of this kind tell when they have finished: without it they have not. */
  readonly saysFinal: boolean;
  /** A limit of its provider, told of after the last answer of the model. */
  readonly limit: Limit | null;
  /** The work tree differs from what it began with. */
  readonly hasWork: boolean;
  /** Of the small tasks that it was given together those of which nothing shows that they were done; of how many. */
  readonly missing?: { readonly parts: readonly string[]; readonly of: number };
  /** Git repositories it left inside the work tree. */
  readonly nested: readonly string[];
  /** End of its output. */
  readonly log: string;
  readonly program: string;
}

type Outcome = AttemptResult["outcome"];

/** What became of an attempt, from evidence. An agent that says it has finished is believed only where there is work. */
export function judgeAttempt(evidence: Evidence): Outcome {
  const { ending, final, log } = evidence;
  switch (ending.kind) {
    case "stopped":
      return { kind: "stopped" };
    case "not-started":
      return failed({ reason: "agent-not-started", command: evidence.program, detail: ending.detail });
    case "limit":
      // It said that it had finished, and then did not leave.
      if (final?.ok === true) return finished(evidence);
      return unfinished(evidence, { reason: "time-limit", limit: ending.limit, limitMs: ending.limitMs, log });
    case "loop":
      return unfinished(evidence, { reason: "loop", what: ending.what, times: ending.times, log });
    case "turn-limit":
      return unfinished(evidence, { reason: "turn-limit", turns: ending.turns, log });
    case "code":
    case "signal":
      return final === null ? withoutFinal(evidence, ending) : byFinal(evidence, final);
  }
}

function byFinal(evidence: Evidence, final: Final): Outcome {
  if (final.ok) return finished(evidence);
  if (final.cause === "refused") return { kind: "refused", message: final.message };
  if (final.cause === "limited") return limited(evidence.limit ?? { resetsAt: null, message: final.message });
  return unfinished(evidence, {
    reason: "agent-failed",
    cause: failureCause(final.cause),
    status: final.status,
    message: final.message,
    log: evidence.log,
  });
}

/** Nobody of ours cancelled it: to us it is a failure like any other. */
function failureCause(cause: FinalCause): Extract<Failure, { reason: "agent-failed" }>["cause"] {
  return cause === "cancelled" || cause === "refused" ? "other" : cause;
}

function withoutFinal(evidence: Evidence, ending: Extract<Ending, { kind: "code" | "signal" }>): Outcome {
  const { limit, saysFinal, log } = evidence;
  const [code, signal] = ending.kind === "code" ? [ending.code, null] : [null, ending.signal];
  if (!saysFinal && code === 0) return finished(evidence);
  if (limit !== null) return limited(limit);
  if (saysFinal && code === 0) return unfinished(evidence, { reason: "no-final", exit: "exit code 0", log });
  return unfinished(evidence, { reason: "agent-exit", code, signal, log });
}

function finished({ hasWork, nested, missing }: Evidence): Outcome {
  if (nested.length > 0) return failed({ reason: "nested-repository", paths: nested });
  if (!hasWork) return { kind: "nothing-changed" };
  return missing === undefined || missing.parts.length === 0
    ? { kind: "done" }
    : failed({ reason: "parts-missing", ...missing });
}

function unfinished({ hasWork }: Evidence, failure: Failure): Outcome {
  return hasWork ? { kind: "partial", failure } : failed(failure);
}

function limited({ resetsAt, message }: Pick<Limit, "resetsAt" | "message">): Outcome {
  return { kind: "limited", until: resetsAt, message };
}

function failed(failure: Failure): Outcome {
  return { kind: "failed", failure };
}
