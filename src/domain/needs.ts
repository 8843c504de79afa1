import type { RunCommand } from "./control.ts";
import type { Input } from "./input.ts";
import type { AttemptId, RunId } from "./run.ts";

/** Names the rows a decision looks at; the store reads them inside the decision's transaction. */
export interface Needs {
  readonly run: RunId;
  readonly task: string | null;
  readonly attempt: AttemptId | null;
  /** Whether `task` may come to its end, so that those who wait for it are looked at. */
  readonly dependants: boolean;
  /** `task`'s newest attempt and its change, where `attempt` is not known. */
  readonly latestAttempt: boolean;
  /** Tasks of the run. */
  readonly tasks: "none" | "open" | "all";
  /** Changes of the run that are on their way or held. */
  readonly openChanges: boolean;
  /** Whether something may start, land or end by it: what only reports goes without looking. */
  readonly scheduling: boolean;
  /** The cached verdict on this tree by this gate. */
  readonly verdict: { readonly tree: string; readonly gate: string } | null;
}

export function needs(input: Input): Needs {
  const none = {
    task: null,
    attempt: null,
    dependants: false,
    latestAttempt: false,
    tasks: "none",
    openChanges: false,
    scheduling: true,
    verdict: null,
  } as const;
  switch (input.type) {
    case "run.submit":
      return { ...none, run: input.run.id };
    case "run.control":
      return { ...none, run: input.run, tasks: tasksFor(input.command), openChanges: true };
    case "task.control":
      return {
        ...none,
        run: input.run,
        task: input.task,
        latestAttempt: true,
        dependants: true,
        tasks: input.command.type === "edit" || input.command.type === "retry" ? "all" : "none",
      };
    case "run.nudged":
    case "run.wrapped-up":
    case "time.reached":
      return { ...none, run: input.run };
    case "attempt.freeze-sent":
    case "attempt.stop-sent":
      return { ...none, run: input.run, attempt: input.attempt, scheduling: false };
    case "gate.stop-sent":
      return { ...none, run: input.run, attempt: input.change, scheduling: false };
    // Reaching a cap stops what is live; what may start instead is told by their ends.
    case "attempt.spent":
      return { ...none, run: input.run, task: input.task, attempt: input.attempt };
    case "attempt.working":
    case "attempt.session":
    case "attempt.progressed":
      return { ...none, run: input.run, task: input.task, attempt: input.attempt, scheduling: false };
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

function tasksFor(command: RunCommand): Needs["tasks"] {
  if (command.type === "retry") return "all";
  if (command.type === "cancel" || command.type === "prioritize" || command.type === "budget") return "open";
  // Attempts are frozen and thawed together with their tasks, which are open.
  return command.type === "interrupt" ? "none" : "open";
}
