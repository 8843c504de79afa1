import { duration, plural } from "../../std/text.ts";
import type { BlockCause, Failure } from "../failure.ts";

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
    case "nested-repository":
      return `the agent left a git repository inside the work tree: ${failure.paths.join(", ")}`;
    case "work-refused":
      return `git cannot commit what the agent left: ${failure.detail}`;
    case "conflict":
      return `conflicts with what landed meanwhile in ${listText(failure.paths)}`;
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
    case "cancelled":
      return "its task was cancelled";
  }
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
  return "log" in failure ? failure.log : "";
}
