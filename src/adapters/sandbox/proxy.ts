import type { IncomingMessage, OutgoingHttpHeaders, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { messageOf } from "../../std/operational-error.ts";
import { isAllowed, parseAllowEntry, parseAuthority, type AllowEntry, type HostPort } from "./allow-list.ts";
import { addressesOf, connectTo, type Lookup } from "./connect.ts";
import { refusalList, type RefusalList } from "./refusal-list.ts";
import type { Refusal } from "./sandbox.ts";
import { idleMs, splice } from "./splice.ts";
import { authorizationOf, connectUpstream, tunnelTo } from "./tunnel.ts";
import type { FindUpstream } from "./upstream.ts";

export interface ProxyOptions {
  /** As in `NetworkPolicy`. Entries that are none allow nothing. */
  readonly allow: readonly string[];
  /** Where an entry is to be added; for whoever is refused. */
  readonly allowedIn: string;
  readonly lookup: Lookup;
  readonly upstream: FindUpstream;
}

export interface Proxy {
  readonly server: Server;
  refusals(): readonly Refusal[];
  close(): void;
}

interface Context extends ProxyOptions {
  readonly entries: readonly AllowEntry[];
  readonly refused: RefusalList;
  readonly request: (typeof import("node:http"))["request"];
}

const maxHeaderBytes = 16 * 1024;
const maxConnections = 256;

/** An HTTP proxy (CONNECT and plain requests) to the allowed hosts only. It does not listen yet. */
export async function createProxy(options: ProxyOptions): Promise<Proxy> {
  // Loaded here: a runner that needs no proxy does without.
  const { createServer, request } = process.getBuiltinModule("node:http");
  const refused = refusalList();
  const entries = options.allow.map(parseAllowEntry).filter((entry) => entry !== null);
  const context: Context = { ...options, entries, refused, request };
  const server = createServer({ maxHeaderSize: maxHeaderBytes, headersTimeout: 30_000, requestTimeout: 0 });
  const open = new Set<Duplex>();
  server.maxConnections = maxConnections;
  server.on("connection", (socket: Socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
    socket.on("error", () => socket.destroy());
  });
  server.on(
    "connect",
    (message: IncomingMessage, socket: Socket, head: Buffer) => void tunnel(context, { message, socket, head }),
  );
  server.on(
    "request",
    (message: IncomingMessage, response: ServerResponse) => void forward(context, message, response),
  );
  server.on("clientError", (_error: Error, socket: Duplex) => socket.destroy());
  return {
    server,
    refusals: () => refused.all(),
    close() {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}

/** Why a request is not done, as it is answered. */
class NotDone extends Error {
  readonly status: 400 | 403 | 502;
  constructor(status: 400 | 403 | 502, message: string) {
    super(message);
    this.status = status;
  }
}

const statusNames = { 400: "Bad Request", 403: "Forbidden", 502: "Bad Gateway" } as const;

function asNotDone(error: unknown): NotDone {
  return error instanceof NotDone ? error : new NotDone(502, `cannot be reached: ${messageOf(error)}`);
}

interface TunnelRequest {
  readonly message: IncomingMessage;
  readonly socket: Socket;
  readonly head: Buffer;
}

async function tunnel(context: Context, { message, socket, head }: TunnelRequest): Promise<void> {
  try {
    const target = parseAuthority(message.url ?? "", null);
    if (target === null) throw new NotDone(400, "CONNECT takes host:port");
    judge(context, target);
    const upstream = context.upstream(target, "https");
    const far = upstream === null ? await direct(context, target) : await tunnelTo(target, upstream);
    if (socket.destroyed) return void far.destroy();
    socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
    if (head.length > 0) far.write(head);
    splice(socket, far);
  } catch (error) {
    const { status, message: text } = asNotDone(error);
    const body = `nightcrew: ${text}\n`;
    const lines = [`HTTP/1.1 ${status} ${statusNames[status]}`, "Content-Type: text/plain; charset=utf-8"];
    socket.end([...lines, `Content-Length: ${Buffer.byteLength(body)}`, "Connection: close", "", body].join("\r\n"));
  }
}

/** Throws where the target is not on the list, and counts it. */
function judge(context: Context, target: HostPort): void {
  if (!isAllowed(context.entries, target)) refuse(context, target, "is not allowed");
}

function refuse({ refused, allowedIn }: Context, target: HostPort, why: string): never {
  refused.add(target);
  const host = target.host.includes(":") ? `[${target.host}]` : target.host;
  const entry = JSON.stringify(target.port === 443 || target.port === 80 ? host : `${host}:${target.port}`);
  throw new NotDone(403, `a connection to ${host}:${target.port} ${why}. To allow it, add ${entry} to ${allowedIn}.`);
}

async function direct(context: Context, target: HostPort): Promise<Socket> {
  const found = await addressesOf(target, context.entries, context.lookup);
  switch (found.kind) {
    case "addresses":
      return connectTo(found.addresses, target.port);
    case "not-allowed":
      context.refused.add(target);
      throw new NotDone(403, `${found.why}. To allow it, add the address with its port to ${context.allowedIn}.`);
    case "unreachable":
      throw new NotDone(502, `cannot be reached: ${found.why}`);
  }
}

async function forward(context: Context, message: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const { target, path, authority } = plainTarget(message.url ?? "");
    judge(context, target);
    const upstream = context.upstream(target, "http");
    const socket = upstream === null ? await direct(context, target) : await connectUpstream(upstream);
    const outgoing = context.request({
      createConnection: () => socket,
      method: message.method ?? "GET",
      path: upstream === null ? path : `http://${authority}${path}`,
      headers: {
        ...endToEnd(message),
        ...framingOf(message),
        ...(upstream === null ? {} : authorizationOf(upstream)),
        host: authority,
        connection: "close",
      },
    });
    outgoing.setTimeout(idleMs, () => outgoing.destroy(new Error("nothing was heard of it")));
    outgoing.once("response", (answer) => {
      response.writeHead(answer.statusCode ?? 502, endToEnd(answer));
      answer.pipe(response);
      answer.once("error", () => response.destroy());
    });
    outgoing.once("error", (error) => answerNotDone(response, asNotDone(error)));
    response.once("close", () => outgoing.destroy());
    message.pipe(outgoing);
  } catch (error) {
    answerNotDone(response, asNotDone(error));
  }
}

function answerNotDone(response: ServerResponse, { status, message }: NotDone): void {
  if (response.headersSent) return void response.destroy();
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8", connection: "close" });
  response.end(`nightcrew: ${message}\n`);
}

/** Only `http://host[:port]/…` is forwarded: what comes out is made of the parsed parts, never of the text that came in. */
function plainTarget(url: string): { target: HostPort; path: string; authority: string } {
  if (!/^http:\/\//i.test(url) || !URL.canParse(url))
    throw new NotDone(400, "this is a proxy: it takes http://host/… or CONNECT");
  const { host, username, password, pathname, search } = new URL(url);
  const target = parseAuthority(host, 80);
  if (target === null || username !== "" || password !== "") throw new NotDone(400, "no host that could be asked");
  return { target, path: `${pathname}${search}`, authority: host };
}

const hopByHop: ReadonlySet<string> = new Set([
  "connection",
  "expect",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** A body without a length is sent in chunks, whatever the method: unframed, it could be read as another request. */
function framingOf({ headers }: IncomingMessage): OutgoingHttpHeaders {
  return headers["transfer-encoding"] === undefined ? {} : { "transfer-encoding": "chunked" };
}

/** The headers that are meant for the other end; how a body is framed is decided anew on each side. */
function endToEnd({ headers }: IncomingMessage): OutgoingHttpHeaders {
  const named = new Set((headers.connection ?? "").toLowerCase().split(/\s*,\s*/));
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !hopByHop.has(name) && !named.has(name)));
}
