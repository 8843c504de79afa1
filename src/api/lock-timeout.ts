import { OperationalError } from "../std/operational-error.ts";

const longestSeconds = 3_600;

/** A daemon that is silent because it computes is waited for so long in all, in milliseconds. */
export const longestComputingMs = 120_000;

/**
 * How long a process waits for a lock of nightcrew's own that another one holds, in milliseconds: `AGENT_LOCK_TIMEOUT`,
 * in seconds. Null where nothing is said, and each lock has its own bound.
 */
export function lockTimeoutMs(env: NodeJS.ProcessEnv): number | null {
  const text = (env["AGENT_LOCK_TIMEOUT"] ?? "").trim();
  if (text === "") return null;
  const seconds = Number(text);
  if (seconds >= 1 && seconds <= longestSeconds) return seconds * 1_000;
  throw new OperationalError({
    code: "invalid-setting",
    what: `AGENT_LOCK_TIMEOUT is not a number of seconds from 1 to ${longestSeconds}: ${text}`,
    why: "a process that holds the home and does not answer for so long is replaced",
    next: "set it to one, or leave it out: unset AGENT_LOCK_TIMEOUT",
  });
}
