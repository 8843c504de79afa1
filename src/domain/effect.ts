import type { Failure } from "./failure.ts";
import type { AttemptId, RunId } from "./run.ts";
import type { Gate } from "./verdict.ts";

/**
 * What a decision asks the world for. Committed with the decision, performed afterwards, and pending until the input
 * that answers it is committed. Performing one twice must do nothing the second time: observe, act, record.
 * The id tells one question from every other, also from an earlier one about the same change: an answer that comes again
 * must not be taken for another's.
 */
export type Effect =
  | { readonly kind: "start-attempt"; readonly id: string; readonly attempt: AttemptId }
  /** Freezes or thaws, as the attempt's row says when it is performed. */
  | { readonly kind: "set-frozen"; readonly id: string; readonly attempt: AttemptId }
  | { readonly kind: "stop-attempt"; readonly id: string; readonly attempt: AttemptId }
  /** `at` dates the commit, so that building it again gives the same commit. */
  | { readonly kind: "build-candidate"; readonly id: string; readonly change: AttemptId; readonly at: number }
  | GateEffect
  | { readonly kind: "stop-gate"; readonly id: string; readonly change: AttemptId }
  | { readonly kind: "land"; readonly id: string; readonly change: AttemptId }
  | { readonly kind: "wait"; readonly id: string; readonly run: RunId; readonly until: number }
  | { readonly kind: "wrap-up"; readonly id: string; readonly run: RunId };

export interface GateEffect {
  readonly kind: "run-gate";
  readonly id: string;
  readonly change: AttemptId;
  /** The commit whose tree is judged. */
  readonly commit: string;
  readonly gate: Gate;
  /** On the base only the check that failed on the candidate is run again, to tell a red base from a red change. */
  readonly on: "candidate" | "base";
  /** What failed on the candidate; set where `on` is `base`. */
  readonly suspected: Failure | null;
}
