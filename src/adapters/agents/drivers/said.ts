import type { AgentEvent, FinalCause, Usage, UsageBasis } from "../../../domain/agent-event.ts";
import { noUsage } from "../../../domain/agent-event.ts";
import { singleLine } from "../../../std/text.ts";
import { asFields, lineAt, textAt, type Fields } from "./fields.ts";

// The events that several readers make, and what the words of a failure mean.

const maxMessage = 500;

export function message(text: string | null): readonly AgentEvent[] {
  const line = singleLine(text ?? "", maxMessage);
  return line === "" ? [] : [{ type: "message", text: line }];
}

/** An id becomes an argument of a later launch: only what no program takes for an option or a path. */
export function isSessionId(id: string): boolean {
  return /^[A-Za-z0-9][\w.:-]{0,127}$/.test(id);
}

export function session(id: string | null): readonly AgentEvent[] {
  return id !== null && isSessionId(id) ? [{ type: "session", id }] : [];
}

/** Nothing where nothing is known. */
export function used(basis: UsageBasis, usage: Partial<Usage>): readonly AgentEvent[] {
  const whole = { ...noUsage, ...usage };
  const amounts = [whole.inputTokens, whole.cachedTokens, whole.outputTokens, whole.cost];
  return amounts.every((amount) => amount === null) ? [] : [{ type: "usage", usage: whole, basis }];
}

export function retry(status: number | null, text: string | null): Extract<AgentEvent, { type: "retry" }> {
  const told = httpStatus(status) ?? statusIn(text ?? "");
  return { type: "retry", status: told, message: singleLine(text ?? "", maxMessage) };
}

export interface Refusal {
  readonly cause?: FinalCause;
  readonly status?: number | null;
  readonly message: string;
}

/** A final event that is not ok; before it the limit, where that is what it was. */
export function failed(refusal: Refusal): readonly AgentEvent[] {
  const status = httpStatus(refusal.status ?? null) ?? statusIn(refusal.message);
  const cause = refusal.cause ?? causeOf(status, refusal.message);
  const text = singleLine(refusal.message, maxMessage);
  const final: AgentEvent = { type: "final", ok: false, cause, status, message: text };
  return cause === "limited" ? [limit(refusal.message), final] : [final];
}

export function limit(text: string, resetsAt: number | null = null): AgentEvent {
  return { type: "limit", resetsAt: resetsAt ?? resetIn(text), message: singleLine(text, maxMessage) };
}

/** Seconds or milliseconds since the epoch, as agents print them, in milliseconds; null for what is no such time. */
export function epochMs(amount: number | null): number | null {
  if (amount === null) return null;
  const ms = amount < 100_000_000_000 ? amount * 1_000 : amount;
  return ms > 1_000_000_000_000 && ms < 10_000_000_000_000 ? Math.round(ms) : null;
}

/** An absolute time behind a bar, as in `limit reached|1718900000`. Other times are for those who have a clock. */
function resetIn(text: string): number | null {
  const found = /\|(\d{10,13})\b/.exec(text.slice(0, maxSearched));
  return found === null ? null : epochMs(Number(found[1]));
}

export function httpStatus(status: number | null): number | null {
  return status !== null && Number.isInteger(status) && status >= 100 && status <= 599 ? status : null;
}

/** The HTTP status a text tells of: `401 invalid key`, `unexpected status 429 …`, `Error code: 404`, `"code":500`. */
function statusIn(text: string): number | null {
  const found = statusWords.exec(text.slice(0, maxSearched));
  return found === null ? null : Number(found[1]);
}

const statusWords =
  /(?:^|\bstatus(?: code)?:? |\bHTTP[ /:](?:[\d.]+ )?|\b(?:API )?error(?: code)?:? |"(?:code|status)": ?)([45]\d\d)\b/i;

const maxSearched = 8_000;

/** First match wins: an answer's status says more than its words, and a quota is often told with a status of its own. */
function causeOf(status: number | null, text: string): FinalCause {
  const words = text.slice(0, maxSearched);
  if (status === 401 || status === 403) return "unauthorized";
  if (status === 429 || status === 402) return "limited";
  if (/model.{0,80}(?:not found|not exist|not supported|unknown|invalid)|unknown model|no such model/i.test(words))
    return "unknown-model";
  if (status !== null) return "endpoint";
  if (limitWords.test(words)) return "limited";
  if (keyWords.test(words)) return "unauthorized";
  return endpointWords.test(words) ? "endpoint" : "other";
}

const limitWords =
  /\b(?:usage|rate|session|weekly|spend(?:ing)?)[ _-]?limit|limit reached|hit your [\w-]+ limit|quota|too many requests|resource_exhausted|credit balance|insufficient (?:credit|fund|balance)|out of credits/i;
const keyWords =
  /api[ _-]?key|unauthori[sz]ed|authenticat|not logged in|log ?in\b|\/login|auth method|credentials|permission_denied/i;
const endpointWords =
  /api ?(?:call ?)?error|econn|enotfound|eai_again|etimedout|epipe|unable to connect|connection|fetch failed|network|timed? ?out|overloaded|high demand|unavailable|internal server error|stream (?:error|disconnected|closed)|bad gateway/i;

/** Words of an error, wherever agents put them: a string, or an object with a message. */
export function errorText(value: unknown): string {
  if (typeof value === "string") return value;
  const fields = asFields(value);
  return textAt(fields, "message") ?? textAt(asFields(fields["data"]), "message") ?? textAt(fields, "name") ?? "";
}

/** What a tool is used on, in a few words: the argument that tells most. */
export function toolDetail(input: Fields): string {
  for (const name of detailNames) {
    const line = lineAt(input, name);
    if (line !== null) return line;
  }
  return "";
}

const detailNames = [
  "command",
  "cmd",
  "file_path",
  "filePath",
  "absolute_path",
  "path",
  "notebook_path",
  "pattern",
  "query",
  "url",
  "description",
  "prompt",
];

/** The file a tool writes, as the agent names it; null for a tool that writes none. */
export function writtenBy(tool: string, input: Fields): string | null {
  if (!writers.has(tool.toLowerCase().replaceAll("_", ""))) return null;
  const names = ["file_path", "filePath", "absolute_path", "path", "notebook_path"];
  for (const name of names) {
    const path = textAt(input, name);
    if (path !== null && path !== "" && path.length <= 4_096) return path;
  }
  return null;
}

const writers: ReadonlySet<string> = new Set([
  "write",
  "writefile",
  "edit",
  "multiedit",
  "notebookedit",
  "replace",
  "create",
  "patch",
]);
