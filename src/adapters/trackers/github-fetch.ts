import type { Environment } from "../../domain/environment.ts";
import { bytesOf, openedRequest, replyOf } from "../models/http-transport.ts";
import { parseAuthority } from "../sandbox/allow-list.ts";
import { upstreamsOf, type FindUpstream } from "../sandbox/upstream.ts";

/** A page of a hundred issues with texts as long as they may be has a quarter of it. */
const maxBytes = 32 * 1024 * 1024;
const mostRedirects = 3;

export interface GitHubQuestion {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly signal: AbortSignal;
}

/**
 * Through the proxy that the user's variables name, which Node's own `fetch` does not know. Redirections are followed on the
 * same host, for whatever is asked: a repository that was renamed has them. Other hosts have no answers for us.
 */
export function fetchThrough(environment: Environment): (url: string, question: GitHubQuestion) => Promise<Response> {
  const upstreams = upstreamsOf(environment);
  return async (url, question) => {
    let at = new URL(url);
    for (let left = mostRedirects; ; left--) {
      const answer = await (isDirect(at, upstreams) ? askedDirectly(at, question) : answerTo(at, question, upstreams));
      const location = answer.headers.get("location");
      const next = location !== null && URL.canParse(location, at.href) ? new URL(location, at) : null;
      if (next?.origin !== at.origin || !isToBeFollowed(answer.status, question) || left === 0) return answer;
      await answer.body?.cancel();
      at = next;
    }
  };
}

function isToBeFollowed(status: number, { method }: GitHubQuestion): boolean {
  // With another method than it was asked with, what is to be written is not.
  return status === 307 || status === 308 || (method === "GET" && (status === 301 || status === 302));
}

function isDirect({ protocol, host }: URL, upstreams: FindUpstream): boolean {
  const isTls = protocol === "https:";
  const target = parseAuthority(host, isTls ? 443 : 80);
  return target === null || upstreams(target, isTls ? "https" : "http") === null;
}

function askedDirectly(url: URL, { body, ...question }: GitHubQuestion): Promise<Response> {
  return fetch(url, { ...question, redirect: "manual", ...(body === undefined ? {} : { body }) });
}

async function answerTo(
  url: URL,
  { method, headers, body, signal }: GitHubQuestion,
  upstreams: FindUpstream,
): Promise<Response> {
  const asking = await openedRequest(url, upstreams, { method, headers, signal });
  const reply = await replyOf(asking, body);
  try {
    const { statusCode: status = 502 } = reply;
    const told = Object.entries(reply.headers).flatMap(([name, value]): [string, string][] =>
      typeof value === "string" ? [[name, value]] : [],
    );
    const content = await bytesOf(reply, maxBytes, (why) => new Error(why));
    return new Response(status === 204 || status === 304 ? null : content, { status, headers: told });
  } finally {
    asking.destroy();
  }
}
