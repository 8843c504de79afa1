import { setTimeout as delay } from "node:timers/promises";

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

interface NoReplyFacts {
  readonly cause?: unknown;
  readonly lasting?: boolean;
  readonly unreadable?: boolean;
}

/** The endpoint was not reached, broke off, or sent without end. */
export class NoReply extends Error {
  override readonly name = "NoReply";
  /** Asked again it would say the same. */
  readonly lasting: boolean;
  /** Something came, and cannot be read. */
  readonly unreadable: boolean;

  constructor(message: string, { cause, lasting = false, unreadable = false }: NoReplyFacts = {}) {
    super(message, { cause });
    this.lasting = lasting || unreadable;
    this.unreadable = unreadable;
  }
}

export interface RetryRules {
  /** Tries in all. */
  readonly tries: number;
  /** Before the second; doubles. */
  readonly pauseMs: number;
  /** A server that wants to be left alone for longer is not waited for. */
  readonly maxPauseMs: number;
  /** Told of what is tried again, in a few words: the time may run out before it passes. */
  readonly onTrouble?: (trouble: string) => void;
}

export const usualRetries: RetryRules = { tries: 4, pauseMs: 1_000, maxPauseMs: 30_000 };

/** Sends again what may pass: no reply, too many requests, a server in trouble. The last reply is the caller's to judge. */
export async function sendPatiently(
  transport: Transport,
  request: ModelRequest,
  { tries, pauseMs, maxPauseMs, onTrouble }: RetryRules,
  signal: AbortSignal,
): Promise<ModelReply> {
  for (let attempt = 1; ; attempt++) {
    const last = attempt >= tries;
    const reply = await transport.send(request, signal).catch((error: unknown) => {
      if (last || !(error instanceof NoReply) || error.lasting) throw error;
      onTrouble?.(error.message);
      return null;
    });
    if (reply !== null && (last || !mayPass(reply.status))) return reply;
    if (reply !== null) onTrouble?.(`HTTP ${reply.status}`);
    const asked = reply === null ? null : retryAfterMs(reply);
    if (reply !== null && asked !== null && asked > maxPauseMs) return reply;
    await delay(Math.min(asked ?? pauseMs * 2 ** (attempt - 1), maxPauseMs), undefined, { signal });
  }
}

function mayPass(status: number): boolean {
  return status === 408 || status === 409 || status === 429 || status >= 500;
}

/** Seconds, or a date; null where it says nothing. */
export function retryAfterMs({ headers }: ModelReply): number | null {
  const said = headers["retry-after"];
  if (said === undefined) return null;
  const seconds = Number(said);
  const ms = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(said) - Date.now();
  return Number.isNaN(ms) ? null : Math.max(0, ms);
}
