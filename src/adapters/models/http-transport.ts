import { request as plainRequest, type ClientRequest, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import type { Environment } from "../../domain/environment.ts";
import { messageOf } from "../../std/operational-error.ts";
import { parseAuthority } from "../sandbox/allow-list.ts";
import { authorizationOf, connectUpstream, tunnelTo } from "../sandbox/tunnel.ts";
import { upstreamsOf, type FindUpstream } from "../sandbox/upstream.ts";
import { NoReply, type ModelReply, type ModelRequest, type Transport } from "./transport.ts";

const keptHeaders: readonly string[] = ["retry-after", "x-litellm-response-cost", "location"];
/** Unpacked. A plan of hundreds of tasks has less. */
const maxReplyBytes = 4 * 1024 * 1024;

/**
 * Requests on the wire, through the proxy that the user's variables name. A key is for the host it was meant for: redirections
 * are not followed. Node's own `fetch` knows no proxy, and gives up on a model that thinks for five minutes.
 */
export function httpTransport(environment: Environment): Transport {
  const upstreams = upstreamsOf(environment);
  return {
    async send(request, signal) {
      try {
        return await replyTo(request, upstreams, signal);
      } catch (error) {
        if (signal.aborted || error instanceof NoReply) throw error;
        throw new NoReply(causeOf(error), { cause: error, lasting: isLasting(error) });
      }
    },
  };
}

async function replyTo(
  { url, headers, body }: ModelRequest,
  upstreams: FindUpstream,
  signal: AbortSignal,
): Promise<ModelReply> {
  const asking = await openedRequest(new URL(url), upstreams, { method: "POST", headers, signal });
  const reply = await replyOf(asking, body);
  try {
    const kept = keptHeaders.flatMap((name) => {
      const value = reply.headers[name];
      return typeof value === "string" ? [[name, value]] : [];
    });
    return { status: reply.statusCode ?? 0, headers: Object.fromEntries(kept), body: await bodyOf(reply) };
  } finally {
    asking.destroy();
  }
}

/** Ends the request with its body, and gives what is answered, of which nothing was read. */
export function replyOf(asking: ClientRequest, body: string | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    asking.once("response", resolve);
    // Later ones are the reply's to tell.
    asking.on("error", reject);
    asking.end(body);
  });
}

interface Opening {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** A request that is yet to be ended, by the way that leads to its host. */
export async function openedRequest(
  url: URL,
  upstreams: FindUpstream,
  { method, headers, signal }: Opening,
): Promise<ClientRequest> {
  const isTls = url.protocol === "https:";
  const target = parseAuthority(url.host, isTls ? 443 : 80);
  const upstream = target === null ? null : upstreams(target, isTls ? "https" : "http");
  const options = { method, headers, signal } as const;
  const fresh = { ...options, agent: false } as const;
  if (!isTls) {
    if (upstream === null) return plainRequest(url, fresh);
    const way = await untilAborted(connectUpstream(upstream), signal);
    const ownHeaders = { ...headers, ...authorizationOf(upstream), host: url.host };
    return plainRequest({ ...options, createConnection: () => way, path: url.href, headers: ownHeaders });
  }
  const { request } = process.getBuiltinModule("node:https");
  if (target === null || upstream === null) return request(url, fresh);
  const { connect } = process.getBuiltinModule("node:tls");
  const socket = await untilAborted(tunnelTo(target, upstream), signal);
  // An agent would make a connection of its own.
  return request(url, { ...options, createConnection: () => connect({ socket, servername: url.hostname }) });
}

/** A way that is found when nobody waits for it any more is closed. */
function untilAborted(finding: Promise<Socket>, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", stop, { once: true });
    finding
      .then((socket) => {
        if (signal.aborted) socket.destroy();
        resolve(socket);
      }, reject)
      .finally(() => signal.removeEventListener("abort", stop));
  });
}

async function bodyOf(reply: IncomingMessage): Promise<string> {
  const tooMuch = (why: string): Error => new NoReply(why, { unreadable: true });
  return (await bytesOf(unpackedOf(reply), maxReplyBytes, tooMuch)).toString("utf8");
}

/** All that is answered; more than `maxBytes` of it is not read. */
export async function bytesOf(reply: Readable, maxBytes: number, tooMuch: (why: string) => Error): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of reply as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw tooMuch(`its answer has more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Nobody was asked to pack it; some do all the same. */
function unpackedOf(reply: IncomingMessage): Readable {
  const packed = (reply.headers["content-encoding"] ?? "identity").trim().toLowerCase();
  if (packed === "identity" || packed === "") return reply;
  const unpack = unpackers.get(packed);
  if (unpack === undefined) throw new NoReply(`its answer is packed as ${packed}`, { unreadable: true });
  const unpacked = unpack();
  reply.once("error", (error) => unpacked.destroy(error));
  return reply.pipe(unpacked);
}

const unpackers: ReadonlyMap<string, () => ReturnType<typeof createGunzip>> = new Map([
  ["gzip", createGunzip],
  ["x-gzip", createGunzip],
  ["deflate", createInflate],
  ["br", createBrotliDecompress],
]);

function causeOf(error: unknown): string {
  // Of a name with several addresses that all failed.
  const cause = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  const code = codeOf(cause);
  const text = messageOf(cause);
  if (text === "aborted") return "it broke off in the middle of its answer";
  return text === "" ? code : text.includes(code) ? text : `${code}: ${text}`;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

/** Certificates, protocols and characters do not mend themselves within seconds. */
function isLasting(error: unknown): boolean {
  return /^(?:CERT_|ERR_TLS|ERR_SSL|ERR_INVALID|HPE_|EPROTO$|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/.test(codeOf(error));
}
