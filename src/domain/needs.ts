import type { RunCommand } from "./control.ts";
import type { AnyInput, Input, QueueInput } from "./input.ts";
import type { QueueKey } from "./queue/queue-row.ts";
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
  /** Whether something may start or end by it: what only reports goes without looking. */
  readonly scheduling: boolean;
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
    case "source.changed":
    case "run.extend":
      return { ...none, run: input.run, tasks: "all" };
    case "run.nudged":
    case "gate.spent":
    case "time.reached":
      return { ...none, run: input.run };
    // Issues of tasks that did not come to their end are given back.
    case "run.wrapped-up":
      return { ...none, run: input.run, tasks: "open" };
    case "alert.sent":
      return { ...none, run: input.run, scheduling: false };
    case "issue.claimed":
      return { ...none, run: input.run, task: input.task, attempt: input.attempt, dependants: true };
    case "issue.lost":
      return { ...none, run: input.run, task: input.task, latestAttempt: true, dependants: true };
    case "issue.told":
    case "issue.tell-again":
      return { ...none, run: input.run, task: input.task };
    case "attempt.freeze-sent":
    case "attempt.stop-sent":
    case "attempt.message-sent":
      return { ...none, run: input.run, attempt: input.attempt, scheduling: false };
    // Reaching a cap stops what is live; what may start instead is told by their ends.
    case "attempt.spent":
      return { ...none, run: input.run, task: input.task, attempt: input.attempt };
    case "attempt.working":
    case "attempt.foreseen":
    case "attempt.session":
    case "attempt.told":
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
    case "change.advanced": {
      const ends = !["taken", "landing", "returned", "regenerating", "regenerated", "released"].includes(
        input.step.kind,
      );
      return { ...none, run: input.run, task: input.task, attempt: input.change, dependants: ends, scheduling: ends };
    }
  }
}

function tasksFor(command: RunCommand): Needs["tasks"] {
  // Attempts are frozen and thawed, and changes taken back, together with their tasks, which are open.
  return command.type === "retry" ? "all" : "open";
}

/** Names what a decision about a queue looks at. */
export interface QueueNeeds extends QueueKey {
  /** The tree whose cached verdict is looked for. */
  readonly tree: string | null;
  /** What could not be taken before, and may be now: of active runs where the target moved, of all where a person asks. */
  readonly held: "none" | "active" | "all";
  /** Changes that have landed, and are looked at besides those the queue is busy with. */
  readonly changes: readonly AttemptId[];
  /** Runs whose rules are looked at besides those of changes and of what the queue is busy with. */
  readonly hosts: readonly RunId[];
}

export function queueNeeds(input: QueueInput): QueueNeeds {
  const { repository, target } = input;
  const about: QueueNeeds = { repository, target, tree: null, held: "none", changes: [], hosts: [] };
  switch (input.type) {
    case "candidate.built":
    case "revert.built":
    case "promotion.built":
      return input.outcome.kind === "built" ? { ...about, tree: input.outcome.candidate.tree } : about;
    case "landing.ended":
      return { ...about, held: input.outcome.kind === "landed" ? "active" : "none" };
    case "queue.control": {
      const { command } = input;
      switch (command.type) {
        case "resume":
          return { ...about, held: "all" };
        case "revert":
          return { ...about, changes: command.landings.map(({ change }) => change) };
        case "validate":
          return { ...about, changes: command.rollback.map(({ change }) => change), hosts: [command.host] };
        case "promote":
          return { ...about, hosts: [command.host] };
      }
      break;
    }
    default:
      return about;
  }
}

export function isQueueInput(input: AnyInput): input is QueueInput {
  switch (input.type) {
    case "queue.nudged":
    case "queue.control":
    case "revert.built":
    case "promotion.built":
    case "candidate.built":
    case "gate.judged":
    case "gate.stop-sent":
    case "landing.ended":
    case "remote.told":
      return true;
    default:
      return false;
  }
}
