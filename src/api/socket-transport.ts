import { statSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { LineSplitter, parseJsonObject } from "../std/json-lines.ts";
import { errnoOf, OperationalError } from "../std/operational-error.ts";
import type { Event } from "../domain/event.ts";
import type { Following, Transport } from "./client.ts";
import type { Method } from "./contract.ts";
import {
  errorOf,
  eventsPath,
  healthPath,
  lastEventHeader,
  methodPath,
  restEvent,
  stoppedEvent,
  versionHeader,
} from "./http.ts";
import { ConnectionLost, exchange } from "./http-exchange.ts";
import { SseReader } from "./sse.ts";
import type { HealthView } from "./views.ts";

export interface SocketParts {
  readonly socket: string;
  readonly version: string;
  /** Named in errors. */
  readonly log: string;
  /** Starts a daemon, or finds the one that answers; replaces one that does not. */
  readonly start: () => Promise<void>;
  /** Told when a follower had to start the daemon again. */
  readonly onRestart: () => void;
}

/** After so long without a word the daemon is asked whether it is there at all; milliseconds. */
const silenceMs = 1_000;
const maxTries = 3;
/** Lost connections in a row, without an event between them, that a follower puts up with. */
const maxLosses = 6;
const lossPauseMs = 200;
/** Of one event. */
const maxLine = 32 * 1024 * 1024;

/** Asking these again does nothing twice. */
const once: ReadonlySet<Method> = new Set<Method>(["init"]);

/** The daemon behind its unix socket; one is started where none answers. */
export class SocketTransport implements Transport {
  private readonly parts: SocketParts;
  /** Of a feed that is open: resolves when it is over or begun anew, rejects where the daemon was stopped. */
  private feed: Promise<void> | null = null;

  constructor(parts: SocketParts) {
    this.parts = parts;
  }

  async call(method: Method, params: unknown): Promise<unknown> {
    for (let tries = 1; ; tries++) {
      const { feed } = this;
      try {
        return await this.callOnce(method, JSON.stringify(params));
      } catch (error) {
        if (!(error instanceof ConnectionLost)) throw error;
        if (tries >= maxTries || (error.sent && once.has(method))) throw daemonLost(this.parts.log, error);
        // Lost at the same moment; whether somebody stopped the daemon is told there.
        if (feed !== null) await Promise.race([feed, delay(silenceMs)]);
        await this.parts.start();
      }
    }
  }

  async follow(following: Following): Promise<void> {
    try {
      await this.followOn(following);
    } finally {
      this.feed = null;
    }
  }

  private async followOn(following: Following): Promise<void> {
    const state = { after: following.after, losses: 0 };
    for (;;) {
      const feed = this.followOnce(following, state);
      this.feed = feed.then(
        () => undefined,
        (error: unknown) => {
          if (!(error instanceof ConnectionLost)) throw error;
        },
      );
      // Who asks for nothing meanwhile does not look at it.
      this.feed.catch(() => undefined);
      try {
        if (await feed) return;
      } catch (error) {
        if (!(error instanceof ConnectionLost)) throw error;
        if (++state.losses >= maxLosses) throw daemonLost(this.parts.log, error);
        if (state.losses > 1) await delay(lossPauseMs * state.losses);
        await this.parts.start();
        this.parts.onRestart();
      }
    }
  }

  private async callOnce(method: Method, body: string): Promise<unknown> {
    const chunks: Buffer[] = [];
    const status = await this.exchange({
      method: "POST",
      path: methodPath(method),
      headers: {},
      body,
      onBody: (chunk) => void chunks.push(chunk),
    });
    return answerOf(status, Buffer.concat(chunks));
  }

  /** True when the run rests or the follower left. Every connection goes on behind the last event that was handed on. */
  private async followOnce(
    { run, onEvents, onOpen, signal }: Following,
    state: { after: number; losses: number },
  ): Promise<boolean> {
    const sse = new SseReader();
    const failure: Buffer[] = [];
    let end: string | null = null;
    let events: Event[] = [];
    const lines = new LineSplitter((line) => {
      const message = sse.readLine(line);
      if (message === null) return;
      if (message.event === restEvent || message.event === stoppedEvent) end = message.event;
      else events.push(JSON.parse(message.data) as Event);
    }, maxLine);
    const decoder = new TextDecoder();
    const status = await this.exchange({
      method: "GET",
      path: eventsPath(run),
      headers: { [lastEventHeader]: String(state.after) },
      ...(signal === undefined ? {} : { signal }),
      onBody: (chunk, code) => {
        if (code !== 200) return void failure.push(chunk);
        onOpen?.();
        lines.push(decoder.decode(chunk, { stream: true }));
        const last = events.at(-1);
        if (last === undefined) return;
        state.after = last.seq;
        state.losses = 0;
        onEvents(events);
        events = [];
      },
    });
    if (end === stoppedEvent) throw daemonStopped(run);
    if (status === 0 || end === restEvent) return true;
    if (status !== 200) answerOf(status, Buffer.concat(failure));
    throw new ConnectionLost("the feed ended before the run", true);
  }

  /** Long silence is an ordinary thing; a daemon that does not even say that it is there is replaced. */
  private async exchange(request: Omit<Parameters<typeof exchange>[0], "socket" | "silence">): Promise<number> {
    const { socket, version } = this.parts;
    let looking = false;
    let failed: unknown = null;
    const reached = placeOf(socket);
    const look = async (): Promise<void> => {
      if (looking) return;
      looking = true;
      try {
        if ((await askHealth(socket, silenceMs)) === null) await this.parts.start();
        // Whoever answers there is not the one that was asked: that one was replaced, and may never say another word.
        if (placeOf(socket) !== reached) throw new ConnectionLost("another daemon has taken its place", true);
      } finally {
        looking = false;
      }
    };
    const gaveUp = new AbortController();
    const onSilence = (): void =>
      void look().catch((error: unknown) => {
        failed = error;
        gaveUp.abort();
      });
    const signal = request.signal === undefined ? gaveUp.signal : AbortSignal.any([request.signal, gaveUp.signal]);
    const headers = { ...request.headers, [versionHeader]: version };
    const status = await exchange({ ...request, socket, headers, signal, silence: { ms: silenceMs, onSilence } });
    if (failed !== null) throw failed;
    return status;
  }
}

/** Differs for every daemon that has listened there. A socket that somebody listens on keeps its inode to itself. */
function placeOf(socket: string): string | null {
  try {
    const { dev, ino, ctimeMs } = statSync(socket);
    return `${dev}:${ino}:${ctimeMs}`;
  } catch (error) {
    // Where there is nothing, or nothing that could be, the connection tells why.
    if (["ENOENT", "ENOTDIR", "EACCES"].includes(errnoOf(error) ?? "")) return null;
    throw error;
  }
}

/** What the daemon says of itself; null where none answers in time. */
export async function askHealth(socket: string, timeoutMs: number): Promise<HealthView | null> {
  const chunks: Buffer[] = [];
  try {
    const status = await exchange({
      socket,
      method: "GET",
      path: healthPath,
      headers: {},
      signal: AbortSignal.timeout(timeoutMs),
      onBody: (chunk) => void chunks.push(chunk),
    });
    return status === 200 ? (parseJsonObject(Buffer.concat(chunks).toString()) as HealthView | null) : null;
  } catch (error) {
    if (error instanceof ConnectionLost) return null;
    throw error;
  }
}

function answerOf(status: number, body: Buffer): unknown {
  const text = body.toString();
  if (status === 200) return JSON.parse(text) as unknown;
  throw errorOf(parseJsonObject(text) ?? {});
}

function daemonStopped(run: string): OperationalError {
  return new OperationalError({
    code: "daemon-stopped",
    what: `The daemon was stopped; run ${run} goes on when there is one again`,
    why: "agents that are at work go on, nothing else does",
    next: "nightcrew status --watch",
    exitCode: 1,
  });
}

function daemonLost(log: string, cause: ConnectionLost): OperationalError {
  return new OperationalError({
    code: "daemon-lost",
    what: "The daemon ended before it had answered",
    why: cause.message,
    next: `look at its log: ${log}\nwhat was running is safe; the next command starts another daemon`,
    exitCode: 70,
    cause,
  });
}
