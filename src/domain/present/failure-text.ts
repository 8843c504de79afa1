import { duration, plural } from "../../std/text.ts";
import type { BlockCause, BudgetScope, Failure } from "../failure.ts";
import { remoteFailureText } from "./remote-text.ts";
import { revertText } from "./queue-text.ts";
import { violationText } from "./policy-text.ts";

/** One sentence a person understands. The facts are the failure's, the words are ours, in one place. */
export function failureText(failure: Failure): string {
  switch (failure.reason) {
    case "agent-not-started":
      return `the agent could not be started: ${failure.command}: ${failure.detail}`;
    case "agent-exit":
      return failure.signal === null
        ? `the agent ended with exit code ${failure.code}`
        : `the agent was ended by ${failure.signal}`;
    case "nothing-changed":
      return failure.claim === null
        ? "the agent ended without changing anything"
        : `the agent changed nothing, though it said: “${failure.claim}”`;
    case "time-limit":
      return `the agent was ended: ${limitText(failure)}`;
    case "agent-failed":
      return `the agent did not finish: ${causeOfEnd(failure)}`;
    case "no-final":
      return `the agent ended (${failure.exit}) without saying that it had finished`;
    case "loop":
      return `the agent was ended: it did the same ${failure.times} times in a row: ${failure.what}`;
    case "turn-limit":
      return `the agent was ended after ${plural(failure.turns, "turn")}`;
    case "refused":
      return `the agent declined the task: “${failure.message}”`;
    case "limited":
      return `the agent's provider takes no more work for now: ${failure.message}`;
    case "budget":
      return `it reached the cap of ${usdText(failure.capUsd)} for ${scopeText(failure.scope)}: ${usdText(failure.spentUsd)} spent`;
    case "nested-repository":
      return `the agent left a git repository inside the work tree: ${failure.paths.join(", ")}`;
    case "work-refused":
      return `git cannot commit what the agent left: ${failure.detail}`;
    case "parts-missing":
      return `nothing shows that ${listText(failure.parts)} ${failure.parts.length === 1 ? "was" : "were"} done, of the ${failure.of} it was given together: no commit that begins with [${failure.parts[0] ?? ""}]`;
    case "policy-violated":
      return violationText(failure);
    case "conflict":
      return conflictText(failure);
    case "check-failed":
      return `check “${failure.check}” failed (${failure.exit}) on the merged tree`;
    case "gate-blocked":
      return `check “${failure.check}” gave no verdict: ${causeText(failure.cause)}`;
    case "red-base":
      return `check “${failure.check}” fails on the target itself, without this change`;
    case "runner-lost":
      return `the process supervising the agent was lost: ${failure.detail}`;
    case "workspace":
      return `the workspace could not be used (${failure.step}): ${failure.detail}`;
    case "landing-refused":
      return `git refused the landing: ${failure.detail}`;
    case "remote-failed":
      return remoteFailureText(failure);
    case "reverted":
      return `it had landed, and was taken back by ${failure.commit.slice(0, 10)}: ${revertText(failure.why)}`;
    case "queue-halted":
      return `the queue is halted: ${failure.detail}`;
    case "not-asked-to-land":
      return "done, and waiting to be landed";
    case "cancelled":
      return "its task was cancelled";
  }
}

function conflictText({ paths, tool, foreseen }: Extract<Failure, { reason: "conflict" }>): string {
  const what = `conflicts with what landed meanwhile in ${listText(paths)}`;
  if (foreseen === true) return `it was stopped on its way: what it had changed ${what}`;
  return tool === undefined ? what : `${what}; ${tool}`;
}

/** Of the target itself, where nothing was merged for it. */
export function targetFailureText(failure: Failure): string {
  return failure.reason === "check-failed" ? `“${failure.check}” failed (${failure.exit})` : failureText(failure);
}

function causeOfEnd({ cause, status, message }: Extract<Failure, { reason: "agent-failed" }>): string {
  const http = status === null ? "" : ` (HTTP ${status})`;
  return `${causeNames[cause]}${http}${message === "" ? "" : `: ${message}`}`;
}

const causeNames = {
  unauthorized: "its key was refused, or it is not logged in",
  limited: "its provider takes no more work for now",
  endpoint: "the model's endpoint failed",
  "unknown-model": "the model is not known there",
  "turn-limit": "it used up its turns",
  budget: "it used up its own budget",
  other: "it failed",
} as const;

export function scopeText(scope: BudgetScope): string {
  return { attempt: "one attempt", task: "one task", run: "the run", day: "the day" }[scope];
}

export function usdText(amount: number): string {
  return `${amount.toFixed(amount > 0 && amount < 0.1 ? 4 : 2)} USD`;
}

function limitText(failure: Extract<Failure, { reason: "time-limit" }>): string {
  const time = duration(failure.limitMs);
  switch (failure.limit) {
    case "first-output":
      return `no output within ${time} of its start`;
    case "silence":
      return `silent for ${time}`;
    case "total":
      return `not done within ${time}`;
  }
}

export function causeText(cause: BlockCause): string {
  switch (cause) {
    case "not-found":
      return "its command was not found (exit code 127)";
    case "not-executable":
      return "its command could not be executed (exit code 126)";
    case "no-test-ran":
      return "no test was seen to run";
    case "no-network":
      return "it needs the network, which the sandbox refused it: see `sandbox: hosts:`";
    case "no-evidence":
      return "its agent left no evidence that could be run";
    case "not-started":
      return "it could not be started";
    case "stopped":
      return "it was stopped";
  }
}

export function listText(paths: readonly string[], max = 5): string {
  if (paths.length <= max) return paths.join(", ");
  return `${paths.slice(0, max).join(", ")} and ${plural(paths.length - max, "more", "more")}`;
}

/** The end of the output that goes with a failure; empty where there is none. */
export function failureLog(failure: Failure): string {
  return "log" in failure ? (failure.log ?? "") : "";
}
