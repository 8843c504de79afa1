import { assert, assertDefined, unreachable } from "../../std/assert.ts";
import type { Input } from "../input.ts";
import { needs } from "../needs.ts";
import type { Slice } from "../rows.ts";
import {
  attemptEnded,
  attemptProgressed,
  attemptSession,
  attemptTold,
  attemptWorking,
  freezeSent,
} from "./attempts.ts";
import { changeAdvanced } from "./changes.ts";
import { Draft, type Decision } from "./draft.ts";
import { attemptForeseen } from "./foreseen.ts";
import { issueClaimed, issueLost, issueTold, tellAgain, tellIssues } from "./issues.ts";
import { extendRun, sourceChanged } from "./reconcile.ts";
import { alertSent, controlRun, submitRun, wrappedUp } from "./runs.ts";
import { schedule } from "./schedule.ts";
import { attemptSpent, gateSpent, stopAtCaps } from "./spending.ts";
import { controlTask } from "./task-control.ts";

/** The one place where it is decided what happens next in a run: pure, synchronous, from what is stored and what was observed. */
export function decide(slice: Slice, input: Input, now: number): Decision {
  if (input.type === "run.submit") {
    assert(slice.run === null, `run ${input.run.id} is already there`);
    const draft = new Draft(slice, input.run, now);
    submitRun(draft, input.run, input.tasks);
    schedule(draft);
    return draft.decision();
  }
  const draft = new Draft(slice, assertDefined(slice.run, `run ${needsRun(input)} is not there`), now);
  apply(draft, input);
  tellIssues(draft);
  if (needs(input).scheduling) schedule(draft);
  return draft.decision();
}

function needsRun(input: Exclude<Input, { type: "run.submit" }>): string {
  return input.run;
}

function apply(draft: Draft, input: Exclude<Input, { type: "run.submit" }>): void {
  switch (input.type) {
    case "run.control":
      return controlRun(draft, input.command);
    case "task.control":
      return controlTask(draft, input.task, input.command);
    case "source.changed":
      return sourceChanged(draft, input);
    case "run.extend":
      return extendRun(draft, input);
    case "run.wrapped-up":
      return wrappedUp(draft, input);
    case "attempt.working":
      return attemptWorking(draft);
    case "attempt.progressed":
      return attemptProgressed(draft, input);
    case "attempt.session":
      return attemptSession(draft, input.session);
    case "attempt.foreseen":
      return attemptForeseen(draft, input.foreseen);
    case "attempt.told":
      return attemptTold(draft, input.message);
    case "attempt.spent":
      return attemptSpent(draft, input.usage);
    case "attempt.ended":
      return attemptEnded(draft, input.result);
    case "gate.spent":
      return gateSpent(draft, input);
    case "issue.claimed":
      return issueClaimed(draft, input.outcome);
    case "issue.told":
      return issueTold(draft, input);
    case "issue.lost":
      return issueLost(draft, input);
    case "issue.tell-again":
      return tellAgain(draft, input.task);
    case "change.advanced":
      return changeAdvanced(draft, input.step);
    case "alert.sent":
      return alertSent(draft, input);
    case "attempt.freeze-sent":
      return freezeSent(draft, input.frozen);
    // Others may have spent what was left of the day.
    case "run.nudged":
      return stopAtCaps(draft, null);
    // Nothing to record: they only close the effect that asked, or wake the scheduler.
    case "time.reached":
    case "attempt.stop-sent":
    case "attempt.message-sent":
      return;
    default:
      return unreachable(input);
  }
}
