import { createServer, request as send, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { openMock, type MockedRequest } from "./aimock.ts";
import { answerTo, marksIn, marksOf, resetSeconds, type ScenarioName } from "./scenarios.ts";

/** One request that a model would have been paid for. */
export interface Seen {
  readonly model: string;
  readonly scenario: ScenarioName | null;
  /** The file it is about, by which requests of one task are told from others. */
  readonly file: string | null;
  readonly tools: readonly string[];
  readonly messages: number;
  /** Tool results since the newest message of the user. */
  readonly results: number;
  /** Tool results in all: more than `results` in a session that was resumed. */
  readonly resultsInAll: number;
}

export interface Model {
  readonly url: string;
  /** Every request that reached the model, in order; what the front answered itself is only in `arrived`. */
  readonly seen: readonly Seen[];
  /** Paths of all requests that came in at all. An idle home makes none. */
  readonly arrived: readonly string[];
  close(): Promise<void>;
}

const maxBody = 64 * 1024 * 1024;

/**
 * A scripted model on loopback: aimock speaks the protocols of all providers, and a front of ours before it counts, adds
 * headers, and leaves requests without an answer. Lives in this process and ends with it.
 */
export async function openModel(clis: string): Promise<Model> {
  const seen: Seen[] = [];
  const arrived: string[] = [];
  const hung = new Set<string>();
  const mock = openMock(clis, { host: "127.0.0.1", port: 0, logLevel: "silent" });
  mock.on({ predicate: () => true }, async (request) => {
    const asked = marksIn(request);
    const newest = request.messages.findLastIndex(({ role }) => role === "user");
    const isResult = ({ role }: { readonly role: string }): boolean => role === "tool";
    const results = request.messages.slice(newest).filter(isResult).length;
    const resultsInAll = request.messages.filter(isResult).length;
    seen.push({
      model: request.model,
      scenario: asked?.scenario ?? null,
      file: asked?.files[0]?.path ?? null,
      tools: namesOf(request),
      messages: request.messages.length,
      results,
      resultsInAll,
    });
    if (asked === null) return { content: "Title" };
    const first = (): boolean => {
      const key = asked.files.map(({ path }) => path).join(" ");
      const isFirst = !hung.has(key);
      hung.add(key);
      return isFirst;
    };
    // A hang: the front ends it, with its connection.
    return answerTo({ request, asked, results, resultsInAll, first }) ?? new Promise(() => undefined);
  });
  const behind = new URL(await mock.start());
  const sockets = new Set<Socket>();
  const front = createServer((incoming, outgoing) => {
    arrived.push(incoming.url ?? "");
    bodyOf(incoming)
      .then((body) => forward({ incoming, outgoing, body, behind }))
      .catch((error: unknown) => outgoing.destroy(error instanceof Error ? error : new Error(String(error))));
  });
  front.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => front.listen(0, "127.0.0.1", resolve));
  const { port } = front.address() as AddressInfo;
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => front.close(resolve));
    await mock.stop();
  };
  return { url: `http://127.0.0.1:${port}`, seen, arrived, close };
}

function namesOf({ tools = [] }: MockedRequest): string[] {
  return tools.map(({ function: { name } }) => name);
}

interface Exchange {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly body: Buffer;
  readonly behind: URL;
}

function forward({ incoming, outgoing, body, behind }: Exchange): void {
  const scenario = lastMarks(body.toString("utf8"));
  const headers = { ...incoming.headers, host: behind.host, "content-length": String(body.length) };
  const path = withVersion(incoming.url ?? "/");
  const sent = send({ host: behind.hostname, port: behind.port, method: incoming.method, path, headers }, (answer) => {
    const more = scenario === null ? {} : headersOf(scenario, answer.statusCode ?? 0);
    outgoing.writeHead(answer.statusCode ?? 502, { ...answer.headers, ...more });
    answer.pipe(outgoing);
  });
  // The agent has gone; or the mock was stopped while it still asked.
  outgoing.once("close", () => sent.destroy());
  sent.once("error", () => outgoing.destroy());
  sent.end(body);
}

/** Base URLs are given with and without `/v1`. */
function withVersion(path: string): string {
  return /^\/(chat\/completions|responses|messages|models)\b/.test(path) ? `/v1${path}` : path;
}

/** What providers and gateways tell besides the answer itself. */
function headersOf(scenario: ScenarioName, status: number): Record<string, string> {
  const cost = { "x-litellm-response-cost": "0.0025" };
  if (status !== 429) return status === 200 ? cost : {};
  const seconds = scenario === "limited" ? resetSeconds : 1;
  const at = Math.floor(Date.now() / 1000) + seconds;
  return {
    "retry-after": String(seconds),
    "anthropic-ratelimit-unified-status": "rejected",
    "anthropic-ratelimit-unified-reset": String(at),
    "anthropic-ratelimit-requests-reset": new Date(at * 1000).toISOString(),
    "x-ratelimit-reset-requests": `${seconds}s`,
  };
}

/** By the newest mark in the raw body; null where there is none. */
function lastMarks(body: string): ScenarioName | null {
  const last = [...body.matchAll(/\{\{do [a-z0-9-]+\}\}/g)].at(-1)?.[0];
  return last === undefined ? null : (marksOf(last)?.scenario ?? null);
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBody) throw new Error(`a request of more than ${maxBody} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
