import type { Ending, Limit } from "../domain/judge-attempt.ts";
import { limitIn } from "../domain/limit-text.ts";
import { lastLines } from "../std/text.ts";
import type { AgentWatch } from "./agent-watch.ts";

/** Lines at the end of a failed agent's output in which its provider's refusal would stand. */
const lastWords = 5;

/**
 * The limit of its provider that ended the agent, as far as any of its words tell; null where none does. The last words of a
 * program that has no way to say how it ended may be those of the tests that it ran: they count where they tell a time.
 */
export function limitOf(
  { limit, final }: AgentWatch,
  { ending, saysFinal, log }: { readonly ending: Ending; readonly saysFinal: boolean; readonly log: string },
): Limit | null {
  if (final?.ok === true) return null;
  if (limit !== null && limit.resetsAt !== null) return limit;
  const failed = ending.kind === "signal" || (ending.kind === "code" && (final !== null || ending.code !== 0));
  const said = limit?.message ?? final?.message ?? (failed ? lastLines(log, lastWords) : "");
  const now = Date.now();
  // The zone of this machine is asked for only where there is a limit: to find it out, node loads megabytes of calendars.
  if (limitIn(said, now) === null) return limit;
  const found = limitIn(said, now, Intl.DateTimeFormat().resolvedOptions().timeZone);
  if (found === null) return limit;
  if (limit === null && final === null && !saysFinal && found.resetsAt === null) return null;
  return { type: "limit", resetsAt: found.resetsAt, message: limit?.message ?? lastLines(said, 1) };
}
