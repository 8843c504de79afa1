import { classify } from "./failure-class.ts";
import { failureSignature, type Failure } from "./failure.ts";
import type { CountedFailure } from "./rows.ts";
import type { OnConflict } from "./run.ts";

export interface RecoveryPolicy {
  /** Attempts that may fail by the agent's own doing before the task is left for a person. */
  readonly maxAttempts: number;
  /** It failed by what was done to it, such as a freeze: as if the machine were to blame. */
  readonly excused: boolean;
  /** What is out of order at an agent's provider is waited for. */
  readonly waits: boolean;
  /** Another agent may have the task that has not shown that it cannot work at all. */
  readonly others: boolean;
  readonly onConflict: OnConflict;
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
  switch (reason) {
    case "gate-blocked":
    case "red-base":
    case "landing-refused":
    case "remote-failed":
    case "queue-halted":
    case "not-asked-to-land":
      return true;
    default:
      return false;
  }
}

/** Its agent cannot work, at this task or any other: the program is missing, its key is refused, its model is unknown. */
export function isHopeless(failure: Failure): boolean {
  if (failure.reason === "agent-failed") return failure.cause === "unauthorized" || failure.cause === "unknown-model";
  return failure.reason === "agent-not-started";
}

/** What is done about a failure. `history` holds the earlier failures of the task, not this one. */
export function recover(failure: Failure, history: readonly CountedFailure[], policy: RecoveryPolicy): Recovery {
  if (policy.excused) return recoverMachine(history);
  if (isHold(failure)) return { kind: "hold" };
  // Trying again with the same one only repeats it; each of the others can come to this once.
  if (isHopeless(failure)) {
    return policy.others ? { kind: "retry", afterMs: 0, counts: false } : { kind: "give-up", counts: true };
  }
  switch (failure.reason) {
    case "cancelled":
    case "gate-blocked":
    case "red-base":
    case "landing-refused":
    case "remote-failed":
    case "queue-halted":
    case "not-asked-to-land":
      return { kind: "give-up", counts: false };
    case "reverted":
      return recoverReverted(failure, history, policy);
    case "conflict":
      return recoverConflict(failure, history, policy);
    case "limited":
      return { kind: "give-up", counts: false };
    case "runner-lost":
    case "workspace":
      return recoverMachine(history);
    case "agent-failed":
      if (failure.cause === "endpoint" && policy.waits && isPassing(failure))
        return recoverMachine(history, endpointBackOffMs);
      return recoverAgent(failure, history, policy);
    case "agent-not-started":
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
    case "parts-missing":
    case "policy-violated":
    case "check-failed":
      return recoverAgent(failure, history, policy);
  }
}

/** An endpoint that is out of order now may be well in a minute: not the agent's doing. */
function isPassing({ status, message }: Extract<Failure, { reason: "agent-failed" }>): boolean {
  return classify({ ...(status === null ? {} : { status }), text: message }).retryable;
}

function recoverConflict(failure: Failure, history: readonly CountedFailure[], policy: RecoveryPolicy): Recovery {
  switch (policy.onConflict) {
    case "reopen":
    case "resolve":
      return recoverAgent(failure, history, policy);
    case "block":
    case "stop":
      return { kind: "hold" };
    case "skip":
      return { kind: "give-up", counts: true };
  }
}

/** Whoever took it back by hand has something else in mind; what broke the target twice is left alone. */
function recoverReverted(
  failure: Extract<Failure, { reason: "reverted" }>,
  history: readonly CountedFailure[],
  policy: RecoveryPolicy,
): Recovery {
  const before = history.some((entry) => entry.failure.reason === "reverted");
  if (failure.why.by === "person" || before) return { kind: "give-up", counts: true };
  return recoverAgent(failure, history, policy);
}

/** The machine's fault: a few retries with exponential back-off, none of them counted against the agent. */
function recoverMachine(history: readonly CountedFailure[], backOffMs = machineBackOffMs): Recovery {
  const isMachines = ({ counts, failure }: CountedFailure): boolean =>
    !counts && failure.reason !== "conflict" && !isHold(failure) && !isHopeless(failure);
  const earlier = history.filter(isMachines).length;
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
