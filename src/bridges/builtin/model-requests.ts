import { setTimeout as delay } from "node:timers/promises";
import { messageOf } from "../../std/operational-error.ts";
import { singleLine } from "../../std/text.ts";
import type { AgentEvent } from "../../domain/agent-event.ts";
import { failed, failedRequest, type FinalEvent } from "../failure-cause.ts";
import { amountOf, fieldsOf, textOf } from "../untrusted.ts";
import { usageOf } from "./model-usage.ts";

/** Longest answer of a model that is read, in bytes. */
const maxAnswer = 32_000_000;
/** A model that has not answered by then never will. */
const requestTimeoutMs = 600_000;
/** Waits between tries; whoever says that it takes longer is not waited for. */
const firstWaitMs = 1_000;
const maxWaitMs = 60_000;
/** Answers after which another try may go well. */
const passing = new Set([408, 409, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529]);

export interface RequestRules {
  readonly maxTurns: number | null;
  /** Tries after the first. */
  readonly retries: number;
  readonly emit: (event: AgentEvent) => void;
  /** Told once of what ends the work: a refused request, or the limit of turns. */
  readonly stop: (final: FinalEvent) => void;
  readonly signal: AbortSignal;
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: unknown;
}

/** No answer came. */
interface Silence {
  readonly status: null;
  readonly message: string;
}

/**
 * The `fetch` that all requests to the model go through, of the agent and its sub-agents alike: counts them as turns, tells
 * what they used, tries again within bounds, and ends the work where that does not help.
 */
export function makeModelFetch(rules: RequestRules): typeof fetch {
  let turns = 0;
  return async (input, init) => {
    if (rules.maxTurns !== null && turns >= rules.maxTurns) {
      throw ending(rules, failed("turn-limit", `it was ended after ${rules.maxTurns} turns`));
    }
    turns++;
    for (let attempt = 0; ; attempt++) {
      const answer = await tried(input, init, rules.signal);
      const problem = problemOf(answer);
      if (problem === null && answer.status !== null) return told(rules, answer);
      const waitMs = waitOf(answer, attempt);
      // What is no answer may be half of one.
      const again = (answer.status === null || !isRefusal(answer) || passing.has(answer.status)) && !isSpent(answer);
      if (!again || attempt >= rules.retries || waitMs > maxWaitMs) throw refused(rules, answer, problem ?? "");
      rules.emit({ type: "retry", status: answer.status, message: problem ?? "" });
      await delay(waitMs, null, { signal: rules.signal });
    }
  };
}

function told(rules: RequestRules, answer: Answer): Response {
  rules.emit({ type: "turn" });
  const usage = usageOf(answer.body, answer.headers.get("x-litellm-response-cost"));
  rules.emit({ type: "usage", usage, basis: "delta" });
  return new Response(answer.text, { status: answer.status, headers: { "content-type": "application/json" } });
}

function refused(rules: RequestRules, answer: Answer | Silence, problem: string): Error {
  const final =
    answer.status !== null && isRefusal(answer)
      ? failedRequest(problem, statusOf(answer))
      : failed("endpoint", problem);
  if (!final.ok && final.cause === "limited") {
    const seconds = answer.status === null ? null : retryAfter(answer.headers);
    const resetsAt = seconds === null ? null : Date.now() + Math.round(1_000 * seconds);
    rules.emit({ type: "limit", resetsAt, message: problem });
  }
  return ending(rules, final);
}

function ending(rules: RequestRules, final: FinalEvent): Error {
  rules.stop(final);
  return new Error(final.ok ? "it is done" : final.message);
}

async function tried(
  input: string | URL | Request,
  init: RequestInit | undefined,
  signal: AbortSignal,
): Promise<Answer | Silence> {
  try {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(requestTimeoutMs)]);
    const response = await fetch(input, { ...init, signal: bounded });
    const text = await boundedText(response);
    return { status: response.status, headers: response.headers, text, body: parsed(text) };
  } catch (error) {
    if (signal.aborted) throw error;
    const cause = error instanceof Error && error.cause !== undefined ? `: ${reasonOf(error.cause)}` : "";
    return { status: null, message: `the model's endpoint does not answer: ${messageOf(error)}${cause}` };
  }
}

/** A refused connection to a name of several addresses has its reasons inside. */
function reasonOf(cause: unknown): string {
  if (cause instanceof AggregateError) return cause.errors.slice(0, 3).map(messageOf).join(", ");
  return messageOf(cause);
}

async function boundedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > maxAnswer) throw new Error(`its answer is longer than ${maxAnswer / 1_000_000} MB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** What an answer says is wrong; null for a good one. Some proxies put the error into an answer with status 200. */
function problemOf(answer: Answer | Silence): string | null {
  if (answer.status === null) return singleLine(answer.message, 400);
  const error = errorIn(answer.body);
  const message = textOf(fieldsOf(error)["message"]) ?? textOf(error) ?? textOf(fieldsOf(answer.body)["message"]);
  if (answer.status >= 400) {
    return singleLine(`status ${answer.status}: ${message ?? (answer.text.trim() || "no reason given")}`, 400);
  }
  if (error !== null) return singleLine(message ?? "it answered with an error", 400);
  if (isAnswer(answer.body)) return null;
  const start = answer.text.trim().slice(0, 200);
  return singleLine(
    `the model's endpoint answers with ${start === "" ? "nothing" : `what no model says: ${start}`}`,
    400,
  );
}

/** It says that something is wrong. */
function isRefusal({ status, body }: Answer): boolean {
  return status >= 400 || errorIn(body) !== null;
}

function errorIn(body: unknown): unknown {
  return fieldsOf(body)["error"] ?? null;
}

/** By any protocol that is spoken. Servers and proxies of all kinds answer with status 200, whatever they are asked. */
function isAnswer(body: unknown): boolean {
  const { choices, content, output } = fieldsOf(body);
  if (Array.isArray(choices)) return fieldsOf(choices[0])["message"] !== undefined;
  return Array.isArray(content) || Array.isArray(output);
}

function statusOf(answer: Answer): number | null {
  if (answer.status >= 400) return answer.status;
  const code = amountOf(fieldsOf(fieldsOf(answer.body)["error"])["code"]);
  return code !== null && code >= 400 && code < 600 ? code : null;
}

/** A quota that is used up does not come back within minutes. */
function isSpent(answer: Answer | Silence): boolean {
  if (answer.status === null) return false;
  const { code, type } = fieldsOf(fieldsOf(answer.body)["error"]);
  return [code, type].some((name) => name === "insufficient_quota" || name === "billing_error");
}

function waitOf(answer: Answer | Silence, attempt: number): number {
  const asked = answer.status === null ? null : retryAfter(answer.headers);
  return asked === null ? firstWaitMs * 2 ** attempt : Math.max(100, 1_000 * asked);
}

/** Seconds; null where it is not told. */
function retryAfter(headers: Headers): number | null {
  const text = headers.get("retry-after");
  if (text === null) return null;
  if (/^\d+(\.\d+)?$/.test(text.trim())) return Number(text);
  const date = Date.parse(text);
  return Number.isNaN(date) ? null : Math.max(0, (date - Date.now()) / 1_000);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
