import { assertDefined, unreachable } from "../../std/assert.ts";
import { isLanded, type Landing } from "../change-state.ts";
import type { Failure } from "../failure.ts";
import type { ChangeStep } from "../input.ts";
import type { ChangeRow } from "../rows.ts";
import { attemptNumber } from "../run.ts";
import { stageOf } from "../task-state.ts";
import { failTask, revertTask } from "./attempts.ts";
import { completeTask } from "./dependants.ts";
import type { Draft } from "./draft.ts";

/** What the queue decided about a change, and what becomes of its task by it. */
export function changeAdvanced(draft: Draft, step: ChangeStep): void {
  const change = assertDefined(draft.slice.change, "the decision needs a change");
  switch (step.kind) {
    case "taken":
      // One less that waits: it may begin something again.
      if (draft.run.holdsBack) draft.nudge(draft.run.id);
      return stage(draft, change, "gating");
    case "landing":
      return stage(draft, change, "landing");
    case "returned":
      return returned(draft, change);
    case "regenerating":
      return regenerating(draft, change, step.paths);
    case "regenerated":
      return regenerated(draft, change, step.tip);
    case "released":
      draft.moveChange(change, { type: "released" });
      draft.reopen();
      return draft.nudgeQueue();
    case "landed":
      return landed(draft, change, step);
    case "validated":
      return validated(draft, change);
    case "suspected":
      return suspected(draft, change, step.check);
    case "reverted":
      return reverted(draft, change, step);
    case "stays":
      return stays(draft, change, step);
    case "held":
      return held(draft, change, step);
    case "rejected":
      return rejected(draft, change, step.failure);
    default:
      return unreachable(step);
  }
}

function stage(draft: Draft, change: ChangeRow, name: "gating" | "landing"): void {
  if (withdrawn(draft, change)) return;
  const { task } = change;
  draft.moveTask(task, { type: "staged", stage: name });
  draft.emit(task, { type: "task.staged", stage: name });
}

function returned(draft: Draft, change: ChangeRow): void {
  if (withdrawn(draft, change)) return;
  draft.moveTask(change.task, { type: "staged", stage: "queued to land" });
  draft.emit(change.task, { type: "change.moved", attempt: draft.attempt().number });
}

function regenerating(draft: Draft, change: ChangeRow, paths: readonly string[]): void {
  if (withdrawn(draft, change)) return;
  draft.emit(change.task, { type: "change.regenerating", attempt: draft.attempt().number, paths });
}

function regenerated(draft: Draft, change: ChangeRow, tip: string): void {
  if (withdrawn(draft, change)) return;
  draft.moveTask(change.task, { type: "staged", stage: "queued to land" });
  draft.emit(change.task, { type: "change.regenerated", attempt: draft.attempt().number, tip });
}

function landed(draft: Draft, change: ChangeRow, { landing, validating }: Of<"landed">): void {
  const { commit, place, together } = landing;
  draft.moveChange(change, { type: "landed", landing });
  draft.emit(change.task, { type: "change.landed", attempt: draft.attempt().number, commit, place, together });
  // One that was cancelled while it landed has landed, and waits for nothing more.
  if (!validating || draft.task(change.task).state.status === "cancelled")
    return completeTask(draft, change.task, commit);
  draft.moveTask(change.task, { type: "staged", stage: "validating" });
  draft.emit(change.task, { type: "task.staged", stage: "validating" });
}

type Of<K extends ChangeStep["kind"]> = Extract<ChangeStep, { kind: K }>;

function validated(draft: Draft, change: ChangeRow): void {
  if (change.state.status !== "landed") return;
  draft.moveChange(change, { type: "validated" });
  draft.emit(change.task, { type: "change.validated", attempt: attemptNumber(change.id) });
  completeValidated(draft, change.task, change.state.landing);
}

function completeValidated(draft: Draft, task: string, { commit }: Landing): void {
  if (stageOf(draft.task(task).state) === "validating") completeTask(draft, task, commit);
}

/** It has landed, and stays; that the target is red is told. */
function suspected(draft: Draft, change: ChangeRow, check: string): void {
  if (change.state.status !== "landed") return;
  draft.emit(change.task, { type: "validation.failed", attempt: attemptNumber(change.id), check });
  draft.alert(change.task, { kind: "target-red", landed: change.state.landing.commit, check });
  completeValidated(draft, change.task, change.state.landing);
}

function reverted(draft: Draft, change: ChangeRow, { commit, why, pushedTo, waits }: Of<"reverted">): void {
  if (change.state.status !== "landed" && change.state.status !== "validated") return;
  const landedAs = change.state.landing.commit;
  draft.moveChange(change, { type: "reverted", commit });
  draft.emit(change.task, {
    type: "change.reverted",
    attempt: attemptNumber(change.id),
    landed: landedAs,
    commit,
    why,
    ...(pushedTo === undefined ? {} : { pushedTo }),
    ...(waits === undefined ? {} : { waits }),
  });
  // Who asked for it is there to see it.
  if (why.by !== "person") draft.alert(change.task, { kind: "reverted", landed: landedAs, commit, why });
  const failure: Failure = { reason: "reverted", commit, why };
  revertTask(draft, draft.attempt(), failure);
}

function stays(draft: Draft, change: ChangeRow, { why, detail }: Of<"stays">): void {
  draft.emit(change.task, { type: "change.stays", attempt: attemptNumber(change.id), why, detail });
  // It is done, though not well: the target is red by it, which the halted queue tells.
  if (change.state.status === "landed") completeValidated(draft, change.task, change.state.landing);
}

function rejected(draft: Draft, change: ChangeRow, failure: Failure): void {
  if (withdrawn(draft, change)) return;
  if (failure.reason === "conflict" && keepsConflicts(draft)) {
    if (draft.run.settings.onConflict === "stop") {
      draft.interrupt();
      draft.alert(change.task, { kind: "run-stopped", failure });
    }
    return held(draft, change, { failure, tip: failure.tip });
  }
  draft.moveChange(change, { type: "rejected", failure });
  const attempt = draft.attempt();
  draft.emit(change.task, { type: "change.rejected", attempt: attempt.number, failure });
  failTask(draft, attempt, failure);
}

function held(draft: Draft, change: ChangeRow, { failure, tip }: { failure: Failure; tip: string }): void {
  if (withdrawn(draft, change)) return;
  draft.moveChange(change, { type: "held", failure, tip });
  const attempt = draft.attempt();
  draft.emit(change.task, { type: "change.held", attempt: attempt.number, failure });
  failTask(draft, attempt, failure);
}

function keepsConflicts({ run }: Draft): boolean {
  return run.settings.onConflict === "block" || run.settings.onConflict === "stop";
}

/** A change whose task was cancelled goes no further; its branch stays. */
function withdrawn(draft: Draft, change: ChangeRow): boolean {
  if (draft.task(change.task).state.status !== "cancelled") return false;
  if (change.state.status === "rejected" || isLanded(change.state)) return true;
  draft.moveChange(change, { type: "rejected", failure: { reason: "cancelled" } });
  draft.nudgeQueue();
  // Nothing of the run may be left to go on.
  draft.nudge(draft.run.id);
  return true;
}
