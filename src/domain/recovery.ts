import { classify } from "./failure-class.ts";
import { failureSignature, type Failure } from "./failure.ts";
import type { CountedFailure } from "./rows.ts";

export interface RecoveryPolicy {
  /** Attempts that may fail by the agent's own doing before the task is left for a person. */
  readonly maxAttempts: number;
  /** It failed by what was done to it, such as a freeze: as if the machine were to blame. */
  readonly excused: boolean;
  /** What is out of order at an agent's provider is waited for. */
  readonly waits: boolean;
}

export type Recovery =
  | { readonly kind: "retry"; readonly afterMs: number; readonly counts: boolean }
  /** Keep the change, ask nothing of the agent, judge it again when the target has moved. */
  | { readonly kind: "hold" }
  | { readonly kind: "give-up"; readonly counts: boolean };

/** The same failure three times will not go away by trying again, whatever the budget. */
const sameFailureLimit = 3;
const machineRetries = 5;
const machineBackOffMs = 1_000;
/** Five tries over a quarter of an hour: most outages are shorter. */
const endpointBackOffMs = 30_000;

/** The gate or the target could not take the change: it is kept, and nobody's attempt is used up by it. */
export function isHold({ reason }: Failure): boolean {
  return reason === "gate-blocked" || reason === "red-base" || reason === "landing-refused";
}

/** What is done about a failure. `history` holds the earlier failures of the task, not this one. */
export function recover(failure: Failure, history: readonly CountedFailure[], policy: RecoveryPolicy): Recovery {
  if (policy.excused) return recoverMachine(history);
  if (isHold(failure)) return { kind: "hold" };
  switch (failure.reason) {
    case "cancelled":
    case "gate-blocked":
    case "red-base":
    case "landing-refused":
      return { kind: "give-up", counts: false };
    case "limited":
      return { kind: "give-up", counts: false };
    case "agent-not-started":
      // The command is missing or not executable: trying again only repeats it.
      return { kind: "give-up", counts: true };
    case "runner-lost":
    case "workspace":
      return recoverMachine(history);
    case "agent-failed":
      // A refused key or an unknown model stays so, whoever tries again.
      if (failure.cause === "unauthorized" || failure.cause === "unknown-model")
        return { kind: "give-up", counts: true };
      if (failure.cause === "endpoint" && policy.waits && isPassing(failure))
        return recoverMachine(history, endpointBackOffMs);
      return recoverAgent(failure, history, policy);
    case "no-final":
    case "loop":
    case "turn-limit":
    case "refused":
    case "budget":
    case "agent-exit":
    case "nothing-changed":
    case "time-limit":
    case "nested-repository":
    case "work-refused":
    case "policy-violated":
    case "conflict":
    case "check-failed":
      return recoverAgent(failure, history, policy);
  }
}

/** An endpoint that is out of order now may be well in a minute: not the agent's doing. */
function isPassing({ status, message }: Extract<Failure, { reason: "agent-failed" }>): boolean {
  return classify({ ...(status === null ? {} : { status }), text: message }).retryable;
}

/** The machine's fault: a few retries with exponential back-off, none of them counted against the agent. */
function recoverMachine(history: readonly CountedFailure[], backOffMs = machineBackOffMs): Recovery {
  const earlier = history.filter((entry) => !entry.counts && !isHold(entry.failure)).length;
  if (earlier >= machineRetries) return { kind: "give-up", counts: false };
  return { kind: "retry", afterMs: backOffMs * 2 ** earlier, counts: false };
}

function recoverAgent(failure: Failure, history: readonly CountedFailure[], policy: RecoveryPolicy): Recovery {
  const counted = history.filter((entry) => entry.counts);
  const signature = failureSignature(failure);
  const same = counted.filter((entry) => failureSignature(entry.failure) === signature).length + 1;
  const exhausted = counted.length + 1 >= policy.maxAttempts || same >= sameFailureLimit;
  return exhausted ? { kind: "give-up", counts: true } : { kind: "retry", afterMs: 0, counts: true };
}
