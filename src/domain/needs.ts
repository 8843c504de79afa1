import type { Input } from "./input.ts";
import type { AttemptId, RunId } from "./run.ts";

/** Names the rows a decision looks at; the store reads them inside the decision's transaction. */
export interface Needs {
  readonly run: RunId;
  readonly task: string | null;
  readonly attempt: AttemptId | null;
  /** Whether `task` may come to its end, so that those who wait for it are looked at. */
  readonly dependants: boolean;
  /** Every task of the run that is not over. */
  readonly openTasks: boolean;
  /** The cached verdict on this tree by this gate. */
  readonly verdict: { readonly tree: string; readonly gate: string } | null;
}

export function needs(input: Input): Needs {
  const none = { task: null, attempt: null, dependants: false, openTasks: false, verdict: null };
  switch (input.type) {
    case "run.submit":
      return { ...none, run: input.run.id };
    case "run.cancel":
      return { ...none, run: input.run, openTasks: true };
    case "run.interrupt":
    case "run.resume":
    case "run.wrapped-up":
    case "time.reached":
      return { ...none, run: input.run };
    case "attempt.stop-sent":
      return { ...none, run: input.run, attempt: input.attempt };
    case "gate.stop-sent":
      return { ...none, run: input.run, attempt: input.change };
    case "attempt.working":
    case "attempt.progressed":
      return { ...none, run: input.run, task: input.task, attempt: input.attempt };
    case "attempt.ended":
      return {
        ...none,
        run: input.run,
        task: input.task,
        attempt: input.attempt,
        dependants: input.result.outcome.kind !== "done",
      };
    case "candidate.built": {
      const { outcome, gateKey } = input;
      const verdict =
        outcome.kind === "clean" && gateKey !== null ? { tree: outcome.candidate.tree, gate: gateKey } : null;
      return {
        ...none,
        run: input.run,
        task: input.task,
        attempt: input.change,
        dependants: outcome.kind !== "clean",
        verdict,
      };
    }
    case "gate.judged":
    case "landing.ended":
      return { ...none, run: input.run, task: input.task, attempt: input.change, dependants: true };
  }
}
