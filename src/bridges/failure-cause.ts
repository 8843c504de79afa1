import { singleLine } from "../std/text.ts";
import type { AgentEvent, FinalCause } from "../domain/agent-event.ts";

export type FinalEvent = Extract<AgentEvent, { type: "final" }>;

export function failed(cause: FinalCause, message: string, status: number | null = null): FinalEvent {
  return { type: "final", ok: false, cause, status, message: singleLine(message, 500) };
}

/** What a request that a model's endpoint refused, or did not answer, means; `status`: of HTTP, where it is known. */
export function failedRequest(message: string, status: number | null = statusIn(message)): FinalEvent {
  return failed(causeOf(message, status), message, status);
}

function causeOf(message: string, status: number | null): FinalCause {
  if (status === 401 || status === 403) return "unauthorized";
  if (status === 402 || status === 429) return "limited";
  if (
    /\bmodel\b.{0,80}\b(not found|not exist|unknown|not supported|invalid)|unknown model|model_not_found/i.test(message)
  ) {
    return "unknown-model";
  }
  if (status !== null) return "endpoint";
  if (
    /(invalid|incorrect|missing).{0,12}\bkey|api[ _-]?key|unauthori[sz]ed|authenticat|not logged in|\blog ?in\b|credential/i.test(
      message,
    )
  )
    return "unauthorized";
  if (/rate.?limit|quota|too many requests|usage limit/i.test(message)) return "limited";
  if (
    /E(CONN|NOTFOUND|AI_AGAIN|TIMEDOUT|PIPE|HOSTUNREACH|NETUNREACH)|fetch failed|connect|socket|network|timed? ?out/i.test(
      message,
    )
  ) {
    return "endpoint";
  }
  return "other";
}

/** An HTTP status of a failure that is named in a message, such as `unexpected status 401` or `429 rate limited`. */
export function statusIn(message: string): number | null {
  const found =
    /\b(?:status|code|http|error)\b\D{0,20}\b([45]\d\d)\b/i.exec(message) ??
    /^\W{0,3}([45]\d\d)\b/.exec(message.trim());
  return found === null ? null : Number(found[1]);
}
