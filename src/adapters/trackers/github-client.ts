import type { ThrottlingOptions } from "@octokit/plugin-throttling";
import { messageOf, OperationalError } from "../../std/operational-error.ts";
import type { Environment } from "../../domain/environment.ts";
import { singleLine } from "../../std/text.ts";
import { fetchThrough, type GitHubQuestion } from "./github-fetch.ts";
import { TrackerAway } from "./tracker.ts";

export interface GitHubAccess {
  /** Of the API. */
  readonly baseUrl: string;
  readonly token: string;
  /** Names the proxy that is gone through. */
  readonly environment?: Environment;
  /** One try may last so long, its answer read. */
  readonly requestMs?: number;
}

export interface GitHubAnswer {
  readonly status: number;
  readonly data: unknown;
}

/** One question to GitHub's REST API, or to its GraphQL one. */
export type AskGitHub = (route: string, parameters: Readonly<Record<string, unknown>>) => Promise<GitHubAnswer>;

const defaultRequestMs = 15_000;
const mostRetries = 2;
const shortestToken = 8;
/** A limit that lasts longer is told, not waited for. */
const mostWaitSeconds = 60;
const mostKept = 300;

/**
 * Asks GitHub: within its rate limits, again where it stumbles, and without being told twice what has not changed (ETag). One
 * for each token. Aborts with `stopping`.
 */
export async function githubClient(access: GitHubAccess, stopping: AbortSignal): Promise<AskGitHub> {
  const { baseUrl, token } = access;
  if (!/^[\x21-\x7e]+$/.test(token)) throw oddToken();
  const octokit = await octokitOf(access, stopping);
  const kept = new Map<string, { readonly etag: string; readonly answer: GitHubAnswer }>();
  return async (route, parameters) => {
    const key = JSON.stringify([route, parameters]);
    const reads = route.startsWith("GET ");
    const before = reads ? kept.get(key) : undefined;
    const headers = before === undefined ? {} : { headers: { "if-none-match": before.etag } };
    // What was not answered may be there all the same, and would be there twice: it is for whoever asked to look.
    const request = route.startsWith("POST ") && route.endsWith("/comments") ? { retries: 0 } : {};
    try {
      const asked = { ...parameters, ...headers, request };
      const { status, data, headers: told } = await octokit.request(atItsPlace(route, baseUrl), asked);
      if (status >= 300) throw new OddAnswer("it sends us elsewhere");
      // One that was cut comes as text, or as nothing.
      if (status !== 204 && (typeof data !== "object" || data === null)) throw new OddAnswer("what came is not whole");
      const answer: GitHubAnswer = { status, data };
      if (told.etag !== undefined && reads) remember(kept, key, { etag: told.etag, answer });
      return answer;
    } catch (error) {
      const status = statusOf(error);
      if (status === 304 && before !== undefined) return before.answer;
      if (status === 404 || status === 410) return { status, data: null };
      throw failure(error, status, access);
    }
  };
}

async function octokitOf(access: GitHubAccess, stopping: AbortSignal) {
  const { baseUrl, token, environment = {}, requestMs = defaultRequestMs } = access;
  const { Octokit } = await import("@octokit/core");
  const { retry } = await import("@octokit/plugin-retry");
  const { throttling } = await import("@octokit/plugin-throttling");
  const waits = (retryAfter: number, _: unknown, __: unknown, retries: number): boolean =>
    retryAfter <= mostWaitSeconds && retries < mostRetries;
  const limits = { onRateLimit: waits, onSecondaryRateLimit: waits };
  // What is on this machine needs no pause between two writes.
  const throttle = isLoopback(new URL(baseUrl)) ? { ...limits, ...unhurried } : limits;
  // Each try has its own time: those that wait for a limit to pass have none left of one for all.
  const ask = fetchThrough(environment);
  const bounded = async (url: string, question: Omit<GitHubQuestion, "signal">): Promise<Response> => {
    const late = AbortSignal.timeout(requestMs);
    const { method, headers, body } = question;
    try {
      return await ask(url, { method, headers, body, signal: AbortSignal.any([stopping, late]) });
    } catch (error) {
      throw late.aborted ? new LateAnswer() : error;
    }
  };
  const quiet = { debug: ignore, info: ignore, warn: ignore, error: ignore };
  return new (Octokit.plugin(retry, throttling))({
    auth: token,
    baseUrl,
    userAgent: "nightcrew",
    log: quiet,
    request: { fetch: bounded },
    throttle,
    retry: { retries: mostRetries },
  });
}

/** GitHub of an own server has GraphQL beside its REST API, not below it. */
function atItsPlace(route: string, baseUrl: string): string {
  return route === "POST /graphql" ? `POST ${baseUrl.replace(/\/v3$/, "")}/graphql` : route;
}

function remember<T>(kept: Map<string, T>, key: string, value: T): void {
  kept.delete(key);
  kept.set(key, value);
  const [oldest] = kept.keys();
  if (kept.size > mostKept && oldest !== undefined) kept.delete(oldest);
}

function ignore(): void {
  // What matters of it comes as an error.
}

export function isLoopback({ hostname }: URL): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

/** No pause between writes. */
const atOnce = { key: () => ({ schedule: () => Promise.resolve() }) } as unknown as ThrottlingOptions["write"];
const unhurried = { write: atOnce, notifications: atOnce };

/** Octokit asks once more after other errors: who waits for this waits long enough. */
class LateAnswer extends Error {
  override readonly name = "AbortError";
  override readonly message = "no answer came in time";
}

/** What came is no answer of GitHub's: it was cut on its way, or somebody else answered. */
class OddAnswer extends Error {
  override readonly name = "OddAnswer";
}

interface RequestFailure {
  readonly status?: unknown;
  readonly response?: { readonly headers?: Readonly<Record<string, string | undefined>> };
}

function statusOf(error: unknown): number | null {
  const { status } = error as RequestFailure;
  return typeof status === "number" ? status : null;
}

function failure(error: unknown, status: number | null, { baseUrl, token }: GitHubAccess): Error {
  // One that is shorter is none, and would be found in any word.
  const why = singleLine(token.length < shortestToken ? messageOf(error) : messageOf(error).replaceAll(token, "…"));
  if ((status === 403 || status === 429) && isLimited(error, status))
    return new TrackerAway(`${baseUrl} answers no more for now: ${why}`);
  if (status === 401) return refused("the token was refused", "see whether GITHUB_TOKEN is right, and has not run out");
  if (status === 403) return refused(why, "the token needs to read and write issues of that repository");
  if (status !== null && status < 500)
    return new OperationalError({
      code: "github-refused",
      what: `GitHub did not take it (HTTP ${status})`,
      why,
      next: "see whether the issue can be edited there",
    });
  return new TrackerAway(`${baseUrl} does not answer: ${why}`);
}

/** GitHub's second limit, for many writes at once, is known by its words alone. */
function isLimited(error: unknown, status: number): boolean {
  const headers = (error as RequestFailure).response?.headers ?? {};
  if (status === 429 || headers["x-ratelimit-remaining"] === "0" || headers["retry-after"] !== undefined) return true;
  return /\bsecondary rate limit\b/i.test(messageOf(error));
}

function refused(why: string, next: string): OperationalError {
  return new OperationalError({ code: "github-refused", what: "GitHub does not let us in", why, next });
}

function oddToken(): OperationalError {
  return new OperationalError({
    code: "bad-token",
    what: "The token of GitHub cannot be one",
    why: "there is a blank, a line break or another odd character in it",
    next: "set GITHUB_TOKEN to the token alone",
  });
}
