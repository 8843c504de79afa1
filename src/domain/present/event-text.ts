import { duration, plural } from "../../std/text.ts";
import type { LandingPlace } from "../change-state.ts";
import type { AttemptResult } from "../attempt-state.ts";
import type { Event } from "../event.ts";
import type { Failure } from "../failure.ts";
import type { Stopping } from "../rows.ts";
import { executed } from "../test-count.ts";
import type { PassedCheck } from "../verdict.ts";
import { unsentText } from "./alert-text.ts";
import { collisionText, fateText } from "./block-text.ts";
import type { EditedTask } from "../source-changes.ts";
import { failureText, listText, targetFailureText, usdText } from "./failure-text.ts";
import { foreseenText } from "./foreseen-text.ts";
import { issueEventText, lossText } from "./issue-text.ts";
import { regeneratingText } from "./lock-files-text.ts";
import { budgetText, capText, spendText, whyText } from "./money-text.ts";
import { revertText } from "./queue-text.ts";
import { remoteFailureText } from "./remote-text.ts";
import { checkNotes } from "./report-text.ts";

/** One plain line for an event; null-free and printable, the task's id in front. */
export function eventText(event: Event): string {
  const subject = event.task === null ? "run" : event.task;
  return `${subject}: ${bodyText(event)}`;
}

function bodyText({ body }: Event): string {
  switch (body.type) {
    case "run.submitted":
    case "run.extended":
    case "source.changed":
    case "run.interrupted":
    case "run.paused":
    case "run.reopened":
    case "run.resumed":
    case "run.finished":
    case "alert.failed":
      return runText(body);
    case "task.queued":
    case "task.blocked":
    case "task.staged":
    case "task.requeued":
    case "task.completed":
    case "task.failed":
    case "task.cancelled":
    case "task.paused":
    case "task.resumed":
    case "task.retried":
    case "task.prioritized":
    case "task.edited":
    case "task.messaged":
      return taskText(body);
    case "issue.claimed":
    case "issue.told":
    case "issue.untold":
      return issueEventText(body);
    case "attempt.told":
      return `attempt ${body.attempt} was told: “${body.text}”`;
    case "attempt.spent":
    case "gate.spent":
    case "attempt.stopping":
    case "budget.alert":
    case "budget.reached":
    case "budget.changed":
    case "quota.reached":
      return moneyText(body);
    case "attempt.started":
    case "attempt.progressed":
    case "attempt.foreseen":
    case "attempt.ended":
      return attemptText(body);
    default:
      return queueText(body);
  }
}

type RemoteEvent = Extract<
  Event["body"],
  { type: "remote.followed" | "remote.pushed" | "remote.rejected" | "remote.lost" }
>;

function remoteText(body: RemoteEvent): string {
  switch (body.type) {
    case "remote.followed":
      return `${body.target} follows ${body.remote} to ${body.commit.slice(0, 10)}${placeText(body.place)}`;
    case "remote.pushed":
      return `${body.commit.slice(0, 10)} is pushed to ${body.target} on ${body.remote}`;
    case "remote.rejected":
      return `somebody had pushed to ${body.target} on ${body.remote} before; merging again`;
    case "remote.lost":
      return `${remoteFailureText(body.failure)}; trying again at ${new Date(body.until).toISOString()}`;
  }
}

type AttemptEvent = Extract<
  Event["body"],
  { type: "attempt.started" | "attempt.progressed" | "attempt.foreseen" | "attempt.ended" }
>;

/** Of an agent's work. */
function attemptText(body: AttemptEvent): string {
  switch (body.type) {
    case "attempt.started":
      return startedText(body);
    case "attempt.progressed":
      return progressText(body);
    case "attempt.foreseen":
      return `attempt ${body.attempt} ${body.foreseen === null ? "conflicts with the target no more" : foreseenText(body.foreseen)}`;
    case "attempt.ended":
      return `attempt ${body.attempt} ended: ${outcomeText(body.result.outcome)}${warningsText(body.result)}`;
  }
}

type TaskEvent = Extract<Event["body"], { type: `task.${string}` }>;

function taskText(body: TaskEvent): string {
  switch (body.type) {
    case "task.queued":
      return "ready";
    case "task.blocked":
      return blockedText(body.by);
    case "task.staged":
      return body.stage;
    case "task.requeued":
      return requeuedText(body);
    case "task.completed":
      return body.commit === null ? "completed: no change was asked for, and none was made" : "completed";
    case "task.failed":
      return `left for a person after ${plural(body.attempts, "attempt")}: ${failureText(body.failure)}`;
    case "task.cancelled":
      return body.because === undefined ? "cancelled" : `cancelled: ${lossText(body.because)}`;
    case "task.paused":
      return "paused";
    case "task.resumed":
      return "resumed";
    case "task.retried":
      return "tried again, as asked";
    case "task.prioritized":
      return `priority ${body.priority}`;
    case "task.edited":
      return `edited: ${body.fields.join(", ")}`;
    case "task.messaged":
      return `a person says: “${body.text}”`;
  }
}

type RunEvent = Extract<
  Event["body"],
  {
    type:
      | "run.submitted"
      | "run.extended"
      | "source.changed"
      | "run.interrupted"
      | "run.paused"
      | "run.reopened"
      | "run.resumed"
      | "run.finished"
      | "alert.failed";
  }
>;

function runText(body: RunEvent): string {
  switch (body.type) {
    case "run.submitted":
      return `started: ${plural(body.tasks, "task")}, ${plural(body.workers, "worker")}, onto ${body.target}`;
    case "run.extended":
      return `taken over: ${listText(body.tasks, 8)}`;
    case "source.changed":
      return sourceText(body);
    case "run.interrupted":
      return "interrupted: stopping what is running";
    case "run.paused":
      return "paused: agents are frozen, nothing new starts";
    case "run.reopened":
      return "goes on: there is something to do again";
    case "run.resumed":
      return "resumed";
    case "run.finished":
      return `finished: ${body.completed} of ${plural(body.tasks, "task")} landed${body.problem === null ? "" : `; its report could not be kept: ${body.problem}`}`;
    case "alert.failed":
      return unsentText(body);
  }
}

function sourceText({ source, added, dropped, edited = [] }: Extract<RunEvent, { type: "source.changed" }>): string {
  const news = [
    ...(added.length === 0 ? [] : [`${plural(added.length, "new task")} (nightcrew reconcile takes them over)`]),
    ...(dropped.length === 0 ? [] : [`it has ${listText(dropped, 8)} no more: cancelled`]),
    ...(edited.length === 0
      ? []
      : [`it says something else of ${editedText(edited)}, which goes on as it was planned`]),
  ];
  return `${source} was changed: ${news.length === 0 ? "nothing of it concerns this run" : news.join("; ")}`;
}

function editedText(edited: readonly EditedTask[]): string {
  return listText(
    edited.map(({ id, what }) => `${id} (${what.join(", ")})`),
    8,
  );
}

type QueueEvent = Extract<
  Event["body"],
  {
    type:
      | "change.built"
      | "gate.passed"
      | "gate.failed"
      | "change.moved"
      | "change.regenerating"
      | "change.regenerated"
      | "change.held"
      | "change.rejected"
      | "change.landed"
      | "change.validated"
      | "validation.failed"
      | "change.reverted"
      | "change.stays"
      | "target.judged"
      | "promotion.ended"
      | "queue.halted"
      | RemoteEvent["type"];
  }
>;

/** On the way into the target. */
function queueText(body: QueueEvent): string {
  switch (body.type) {
    case "change.built":
      return `merged as ${body.commit.slice(0, 10)}`;
    case "gate.passed":
      return `gate passed${withOthers(body.together)}${body.cached ? " (this tree was judged before)" : ""}${checksText(body.checks)}`;
    case "gate.failed":
      if (body.on === "base") return `“${body.check}” fails on the target too`;
      return `gate: “${body.check}” did not pass${withOthers(body.together)}`;
    case "change.moved":
      return "the target moved; merging again";
    case "change.regenerating":
      return regeneratingText(body);
    case "change.regenerated":
      return `made anew, merged with the target as ${body.tip.slice(0, 10)}; merging again`;
    case "change.held":
      return heldText(body.failure);
    case "change.rejected":
      return `not landed: ${failureText(body.failure)}`;
    case "change.landed":
      return `landed as ${body.commit.slice(0, 10)}${withOthers(body.together)}${placeText(body.place)}`;
    case "change.validated":
      return "the target is good with it";
    case "validation.failed":
      return `“${body.check}” fails on the target with it`;
    case "change.reverted":
      return `taken back by ${body.commit.slice(0, 10)}${pushedText(body)}${body.waits === undefined ? "" : `, which waits beside the target (${body.waits})`}: ${revertText(body.why)}`;
    case "change.stays":
      return `could not be taken back: ${body.detail}`;
    case "target.judged":
      return body.failure === null
        ? "the target passes as asked"
        : `the target, as asked: ${targetFailureText(body.failure)}`;
    case "promotion.ended":
      return promotionText(body);
    case "queue.halted":
      return `nothing lands any more: ${body.detail}; nightcrew queue resume goes on`;
    default:
      return remoteText(body);
  }
}

function promotionText(body: Extract<QueueEvent, { type: "promotion.ended" }>): string {
  const { from, to, outcome, place, detail } = body;
  if (outcome === "unchanged") return `${to} has all of ${from} already`;
  if (outcome === "stays") return `${from} was not promoted to ${to}: ${detail ?? ""}`;
  const how = outcome === "merged" ? "merged and judged" : "as it is";
  return `${from} is promoted to ${to}, ${how}${place === null ? "" : placeText(place)}${pushedText(body)}`;
}

function pushedText({ pushedTo }: { readonly pushedTo?: string }): string {
  return pushedTo === undefined ? "" : `, pushed to ${pushedTo}`;
}

/** What is only kept back is done: nothing is wrong with it. */
function heldText(failure: Failure): string {
  return failure.reason === "not-asked-to-land" ? failureText(failure) : `held: ${failureText(failure)}`;
}

/** What was built, judged or landed together. */
function withOthers(together: number): string {
  return together > 1 ? `, with ${plural(together - 1, "other")}` : "";
}

function placeText(place: LandingPlace): string {
  return place.on === "target" ? "" : ` beside the target: ${place.because}`;
}

type MoneyEvent = Extract<
  Event["body"],
  {
    type:
      | "attempt.spent"
      | "gate.spent"
      | "attempt.stopping"
      | "budget.alert"
      | "budget.reached"
      | "budget.changed"
      | "quota.reached";
  }
>;

function moneyText(body: MoneyEvent): string {
  switch (body.type) {
    case "attempt.spent":
      return `attempt ${body.attempt}: ${spendText(body.spend)}`;
    case "gate.spent":
      return `${body.agent} verified for check “${body.check}”: ${spendText(body.spend)}`;
    case "attempt.stopping":
      return `attempt ${body.attempt} is stopped: ${stoppingText(body.why)}`;
    case "budget.alert":
      return `${capText(body.cap)} soon: ${usdText(body.cap.spentUsd)} spent`;
    case "budget.reached":
      return `${capText(body.cap)}; nightcrew budget raises it`;
    case "budget.changed":
      return `caps: ${budgetText(body.budget)}`;
    case "quota.reached":
      return `${body.provider} takes no more work until ${new Date(body.until).toISOString()}: ${body.message}`;
  }
}

function stoppingText(why: Stopping): string {
  switch (why.reason) {
    case "parked":
      return "paused so long, its place went to others; its session goes on later";
    case "budget":
      return capText(why.cap);
    case "conflict":
      return "it could not land as it is; its task is done again from what landed";
  }
}

function progressText({ percent, message }: Extract<Event["body"], { type: "attempt.progressed" }>): string {
  return [percent === null ? "" : `${Math.round(percent)} %`, message].filter((part) => part !== "").join(" ");
}

function startedText({ attempt, agent, why, resumes }: Extract<Event["body"], { type: "attempt.started" }>): string {
  return `attempt ${attempt} (${agent}${whyText(why)})${resumes ? ", goes on with its session" : ""}`;
}

function blockedText(by: Extract<Event["body"], { type: "task.blocked" }>["by"]): string {
  switch (by.reason) {
    case "dependency":
      return "waits for others";
    case "dependency-failed":
      return `cannot start: it needs ${listText([by.task])}, which ${fateText(by.because)}`;
    case "collision":
      return collisionText(by.task);
    case "held":
      return heldText(by.failure);
    case "agent":
      return "waits for an agent";
    case "budget":
      return capText(by.cap);
  }
}

function requeuedText(body: Extract<Event["body"], { type: "task.requeued" }>): string {
  const wait = body.notBefore === null ? "" : " after a pause";
  return body.failure === null ? "back in the queue" : `trying again${wait}`;
}

function outcomeText(outcome: Extract<Event["body"], { type: "attempt.ended" }>["result"]["outcome"]): string {
  switch (outcome.kind) {
    case "done":
      return "work to offer";
    case "nothing-changed":
      return "nothing was changed";
    case "partial":
      return `left work, but ${failureText(outcome.failure)}`;
    case "refused":
      return `declined: “${outcome.message}”`;
    case "limited":
      return `out of quota: ${outcome.message}`;
    case "failed":
      return failureText(outcome.failure);
    case "stopped":
      return "stopped";
    case "lost":
      return `lost: ${outcome.detail}`;
  }
}

/** Events of an earlier version have none. */
function warningsText({ outcome, warnings = [] }: Partial<AttemptResult>): string {
  if (outcome?.kind !== "done" || warnings.length === 0) return "";
  return `; ${plural(warnings.length, "warning")} of the diff policy: ${[...new Set(warnings.map(({ rule }) => rule))].join(", ")}`;
}

function checksText(checks: readonly PassedCheck[]): string {
  const time = duration(checks.reduce((total, check) => total + check.durationMs, 0));
  const counts = checks.map(({ tests }) => tests).filter((tests) => tests !== null);
  const ran = counts.reduce((total, tests) => total + executed(tests), 0);
  const notes = checks.flatMap(checkNotes).map((note) => `; ${note}`);
  return `${counts.length === 0 ? ", no test count" : `, ${plural(ran, "test")}`}, ${time}${notes.join("")}`;
}
