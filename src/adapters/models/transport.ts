import { setTimeout as delay } from "node:timers/promises";
import { messageOf } from "../../std/operational-error.ts";

export interface ModelRequest {
  readonly url: string;
  /** Keys among them: never kept, never shown. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface ModelReply {
  readonly status: number;
  /** Of those that are looked at (`keptHeaders`), in small letters. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** One request on the wire. Rejects with `NoReply` where there is no whole reply. */
export interface Transport {
  send(request: ModelRequest, signal: AbortSignal): Promise<ModelReply>;
}

/** The endpoint was not reached, broke off, or sent without end. */
export class NoReply extends Error {
  override readonly name = "NoReply";
}

const keptHeaders: readonly string[] = ["retry-after", "x-litellm-response-cost"];
/** A plan of hundreds of tasks has less. */
const maxReplyBytes = 4 * 1024 * 1024;

export const fetchTransport: Transport = {
  async send({ url, headers, body }, signal) {
    try {
      // A key is for the host it was meant for: redirections are not followed.
      const reply = await fetch(url, { method: "POST", headers, body, signal, redirect: "manual" });
      const kept = keptHeaders.flatMap((name) => {
        const value = reply.headers.get(name);
        return value === null ? [] : [[name, value]];
      });
      return { status: reply.status, headers: Object.fromEntries(kept), body: await bounded(reply) };
    } catch (error) {
      if (signal.aborted) throw error;
      throw new NoReply(causeOf(error), { cause: error });
    }
  },
};

async function bounded(reply: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of reply.body ?? []) {
    size += chunk.length;
    if (size > maxReplyBytes) throw new NoReply(`its answer has more than ${maxReplyBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** fetch says “fetch failed”, and why only in its cause. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : "";
  const text = messageOf(cause);
  return text === "" ? code : text.includes(code) ? text : `${code}: ${text}`;
}

export interface RetryRules {
  /** Tries in all. */
  readonly tries: number;
  /** Before the second; doubles. */
  readonly pauseMs: number;
  /** A server that wants to be left alone for longer is not waited for. */
  readonly maxPauseMs: number;
}

export const usualRetries: RetryRules = { tries: 4, pauseMs: 1_000, maxPauseMs: 30_000 };

/** Sends again what may pass: no reply, too many requests, a server in trouble. The last reply is the caller's to judge. */
export async function sendPatiently(
  transport: Transport,
  request: ModelRequest,
  { tries, pauseMs, maxPauseMs }: RetryRules,
  signal: AbortSignal,
): Promise<ModelReply> {
  for (let attempt = 1; ; attempt++) {
    const last = attempt >= tries;
    const reply = await transport.send(request, signal).catch((error: unknown) => {
      if (last || !(error instanceof NoReply)) throw error;
      return null;
    });
    if (reply !== null && (last || !mayPass(reply.status))) return reply;
    const asked = reply === null ? null : retryAfterMs(reply);
    if (reply !== null && asked !== null && asked > maxPauseMs) return reply;
    await delay(Math.min(asked ?? pauseMs * 2 ** (attempt - 1), maxPauseMs), undefined, { signal });
  }
}

function mayPass(status: number): boolean {
  return status === 408 || status === 409 || status === 429 || status >= 500;
}

/** Seconds, or a date; null where it says nothing. */
function retryAfterMs({ headers }: ModelReply): number | null {
  const said = headers["retry-after"];
  if (said === undefined) return null;
  const seconds = Number(said);
  const ms = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(said) - Date.now();
  return Number.isNaN(ms) ? null : Math.max(0, ms);
}
