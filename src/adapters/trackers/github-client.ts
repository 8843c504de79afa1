import { OperationalError } from "../../std/operational-error.ts";
import { singleLine } from "../../std/text.ts";
import { TrackerAway } from "./tracker.ts";

export interface GitHubAccess {
  /** Of the API. */
  readonly baseUrl: string;
  readonly token: string;
}

export interface GitHubAnswer {
  readonly status: number;
  readonly data: unknown;
}

/** One question to GitHub's REST API, or to its GraphQL one. */
export type AskGitHub = (route: string, parameters: Readonly<Record<string, unknown>>) => Promise<GitHubAnswer>;

const requestMs = 20_000;
const mostRetries = 2;
/** A limit that lasts longer is told, not waited for. */
const mostWaitSeconds = 60;
const mostKept = 300;

/**
 * Asks GitHub: within its rate limits, again where it stumbles, and without being told twice what has not changed (ETag). One
 * for each token. Aborts with `stopping`.
 */
export async function githubClient({ baseUrl, token }: GitHubAccess, stopping: AbortSignal): Promise<AskGitHub> {
  const { Octokit } = await import("@octokit/core");
  const { retry } = await import("@octokit/plugin-retry");
  const { throttling } = await import("@octokit/plugin-throttling");
  const waits = (retryAfter: number, _: unknown, __: unknown, retries: number): boolean =>
    retryAfter <= mostWaitSeconds && retries < mostRetries;
  // What is on this machine has no limits to keep to.
  const enabled = !isLoopback(new URL(baseUrl));
  const limits = { enabled, onRateLimit: waits, onSecondaryRateLimit: waits };
  const Client = Octokit.plugin(retry, throttling);
  const quiet = { debug: ignore, info: ignore, warn: ignore, error: ignore };
  const octokit = new Client({
    auth: token,
    baseUrl,
    userAgent: "nightcrew",
    log: quiet,
    throttle: limits,
    retry: { retries: mostRetries },
  });
  const kept = new Map<string, { readonly etag: string; readonly answer: GitHubAnswer }>();
  return async (route, parameters) => {
    const key = JSON.stringify([route, parameters]);
    const before = route.startsWith("GET ") ? kept.get(key) : undefined;
    const headers = before === undefined ? {} : { headers: { "if-none-match": before.etag } };
    const signal = AbortSignal.any([stopping, AbortSignal.timeout(requestMs)]);
    try {
      const {
        status,
        data,
        headers: told,
      } = await octokit.request(atItsPlace(route, baseUrl), { ...parameters, ...headers, request: { signal } });
      const answer: GitHubAnswer = { status, data };
      if (told.etag !== undefined && route.startsWith("GET ")) remember(kept, key, { etag: told.etag, answer });
      return answer;
    } catch (error) {
      const status = statusOf(error);
      if (status === 304 && before !== undefined) return before.answer;
      if (status === 404 || status === 410) return { status, data: null };
      throw failure(error, status, baseUrl);
    }
  };
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

interface RequestFailure {
  readonly status?: unknown;
  readonly response?: { readonly headers?: Readonly<Record<string, string | undefined>> };
}

function statusOf(error: unknown): number | null {
  const { status } = error as RequestFailure;
  return typeof status === "number" ? status : null;
}

function failure(error: unknown, status: number | null, baseUrl: string): Error {
  const why = singleLine(error instanceof Error ? error.message : String(error));
  const headers = (error as RequestFailure).response?.headers ?? {};
  const limited = status === 429 || headers["x-ratelimit-remaining"] === "0" || headers["retry-after"] !== undefined;
  if ((status === 403 || status === 429) && limited)
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

function refused(why: string, next: string): OperationalError {
  return new OperationalError({ code: "github-refused", what: "GitHub does not let us in", why, next });
}
