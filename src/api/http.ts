import { OperationalError } from "../std/operational-error.ts";

/** What both ends of the API agree on besides the contract. */

/** The product's version, sent by clients; another one than the daemon's is refused. */
export const versionHeader = "nightcrew-version";
/** SSE: where a follower was, and where it goes on. */
export const lastEventHeader = "last-event-id";
/** The name of the SSE event that ends a run's feed; everything else that ends it is a lost connection. */
export const restEvent = "rest";
/** The daemon was stopped by a person: no reason to start another one. */
export const stoppedEvent = "stopped";

export const healthPath = "/v1/health";
export const openApiPath = "/openapi.json";
export const methodPath = (method: string): string => `/v1/${method}`;
export const eventsPath = (run: string): string => `/v1/runs/${encodeURIComponent(run)}/events`;

/** What every answer that is not a success carries. */
export interface ErrorBody {
  readonly version: 1;
  readonly code: string;
  readonly what: string;
  readonly why: string | null;
  readonly next: string | null;
  readonly exitCode: number;
}

export function errorBody({ code, message, why, next, exitCode }: OperationalError): ErrorBody {
  return { version: 1, code, what: message, why, next, exitCode };
}

/** The error an answer tells of. */
export function errorOf(body: Readonly<Record<string, unknown>>): OperationalError {
  const { code, what, why, next, exitCode } = body;
  return new OperationalError({
    code: typeof code === "string" ? code : "unknown",
    what: typeof what === "string" ? what : "The daemon refused the request without saying why",
    ...(typeof why === "string" ? { why } : {}),
    ...(typeof next === "string" ? { next } : {}),
    ...(typeof exitCode === "number" ? { exitCode } : {}),
  });
}
