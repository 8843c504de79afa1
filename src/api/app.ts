import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { Hono, type Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import { stream } from "hono/streaming";
import { OperationalError } from "../std/operational-error.ts";
import { errorBody, healthPath, lastEventHeader, openApiPath, restEvent, stoppedEvent, versionHeader } from "./http.ts";
import { dispatch, isMethod, type Service } from "./service.ts";
import { sseAlive, sseText } from "./sse.ts";
import type { HealthView } from "./views.ts";

export interface AppParts {
  readonly service: Service;
  readonly version: string;
  readonly health: () => HealthView;
  /** Made with the build. */
  readonly openApiFile: string;
  /** Aborts when the daemon stops. */
  readonly stopping: AbortSignal;
  /** Throws for requests that must not come by this way. */
  readonly guard: Guard;
  /** Told of what is neither an answer nor an error a person can mend. */
  readonly onBug: (error: unknown) => OperationalError;
}

export type Guard = (header: (name: string) => string | undefined) => void;

const maxBodyBytes = 1024 * 1024;
const alivePauseMs = 15_000;

/** The API on HTTP. */
export function makeApp(parts: AppParts): Hono {
  const app = new Hono();
  app.use(async (c, next) => {
    parts.guard((name) => c.req.header(name));
    refuseOtherVersion(c.req.header(versionHeader), parts.version);
    await next();
  });
  app.get(healthPath, (c) => c.json(parts.health()));
  app.get(openApiPath, (c) => {
    c.header("Content-Type", "application/json");
    return c.body(Readable.toWeb(createReadStream(parts.openApiFile)) as ReadableStream);
  });
  app.get("/v1/runs/:run/events", (c) => feed(c, parts));
  app.use("/v1/:method", bodyLimit({ maxSize: maxBodyBytes, onError: () => Promise.reject(tooLarge()) }));
  app.post("/v1/:method", async (c) => {
    const method = c.req.param("method");
    if (!isMethod(method)) throw noSuchRoute(c);
    return c.json((await dispatch(parts.service, method, parsed(await c.req.text()), c.req.raw.signal)) as object);
  });
  app.all("*", (c) => {
    throw noSuchRoute(c);
  });
  app.onError((error, c) => {
    const known = error instanceof OperationalError ? error : parts.onBug(error);
    return c.json(errorBody(known), statusOf(known.code));
  });
  return app;
}

/** A run's events from behind the last one that was seen, then as they come. */
function feed(c: Context, { service, stopping }: AppParts): Response {
  const run = service.findRun(c.req.param("run") ?? "");
  const after = Number(c.req.header(lastEventHeader) ?? 0);
  if (!Number.isSafeInteger(after) || after < 0) throw invalid("Last-Event-ID is not the number of an event");
  c.header("Content-Type", "text/event-stream");
  c.header("Cache-Control", "no-store");
  return stream(c, async (out) => {
    const left = new AbortController();
    out.onAbort(() => left.abort());
    const alive = setInterval(() => void out.write(sseAlive), alivePauseMs);
    try {
      await service.follow({
        run,
        after,
        signal: AbortSignal.any([left.signal, stopping]),
        // Who follows knows by it that the end will be told.
        onWaiting: () => void out.write(sseAlive),
        onEvents: async (events) => {
          const messages = events.map((event) => sseText({ id: String(event.seq), data: JSON.stringify(event) }));
          await out.write(messages.join(""));
        },
      });
      const event = stopping.aborted ? stoppedEvent : restEvent;
      if (!left.signal.aborted) await out.write(sseText({ event, data: "{}" }));
    } finally {
      clearInterval(alive);
    }
  });
}

function parsed(text: string): unknown {
  if (text === "") return {};
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new OperationalError({ code: "malformed-json", what: "The body is not JSON", why: error.message });
  }
}

function refuseOtherVersion(theirs: string | undefined, ours: string): void {
  if (theirs === undefined || theirs === ours) return;
  throw new OperationalError({
    code: "other-version",
    what: `The daemon of this home is nightcrew ${ours}, and this command is nightcrew ${theirs}`,
    why: "they may not mean the same by the same words",
    next: "nightcrew daemon stop   (what is running goes on), then the command again",
  });
}

function noSuchRoute(c: Context): OperationalError {
  const { method, path } = c.req;
  const name = path.replace(/^\/v1\//, "");
  const other = isMethod(name)
    ? "POST"
    : path === healthPath || path === openApiPath || /^\/v1\/runs\/[^/]+\/events$/.test(path)
      ? "GET"
      : null;
  return other === null || other === method
    ? new OperationalError({ code: "no-such-route", what: `There is nothing at ${path}`, next: `GET ${openApiPath}` })
    : new OperationalError({ code: "method-not-allowed", what: `${path} is asked with ${other}, not ${method}` });
}

function tooLarge(): OperationalError {
  return new OperationalError({
    code: "too-large",
    what: `The request is larger than ${maxBodyBytes} bytes`,
    why: "sources are named by their paths, not sent",
  });
}

function invalid(what: string): OperationalError {
  return new OperationalError({ code: "invalid-request", what });
}

/** Statuses that say more than “it could not be done”, by the error's code. */
const statuses = {
  "invalid-request": 400,
  "malformed-json": 400,
  "no-token": 401,
  "foreign-origin": 403,
  "foreign-host": 403,
  "no-such-route": 404,
  "unknown-run": 404,
  "unknown-task": 404,
  "no-run": 404,
  "method-not-allowed": 405,
  "other-version": 409,
  "run-unfinished": 409,
  "too-large": 413,
  bug: 500,
} as const;

type KnownStatus = (typeof statuses)[keyof typeof statuses];

function statusOf(code: string): KnownStatus | 422 {
  return Object.hasOwn(statuses, code) ? statuses[code as keyof typeof statuses] : 422;
}
