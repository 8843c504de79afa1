import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createRawServer, type AddressInfo, type Server as RawServer, type Socket } from "node:net";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import type { Environment } from "../../domain/environment.ts";
import { httpTransport } from "./http-transport.ts";
import { NoReply, sendPatiently, type ModelReply } from "./transport.ts";

// Real servers on loopback that do what servers do.

const open: (Server | RawServer)[] = [];
const sockets = new Set<Socket>();

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  for (const server of open.splice(0)) await new Promise((resolve) => server.close(resolve));
});

async function listening<S extends Server | RawServer>(server: S): Promise<number> {
  open.push(server);
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

type Answer = (response: ServerResponse, request: IncomingMessage, body: string) => void;

async function served(answer: Answer): Promise<string> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.once("end", () => answer(response, request, Buffer.concat(chunks).toString()));
  });
  return `http://127.0.0.1:${await listening(server)}/v1/chat`;
}

function sent(
  url: string,
  own: { body?: string; environment?: Environment; signal?: AbortSignal } = {},
): Promise<ModelReply> {
  const { body = "{}", environment = {}, signal = AbortSignal.timeout(10_000) } = own;
  return httpTransport(environment).send({ url, headers: { authorization: "Bearer k" }, body }, signal);
}

describe("a reply", () => {
  it("comes whole, in chunks or not, with the headers that are looked at", async () => {
    const url = await served((response, { headers, method }, body) => {
      response.writeHead(200, { "retry-after": "3", "set-cookie": "a=b" });
      response.write(`${method ?? ""} ${headers["content-length"] ?? ""} `);
      response.end(body);
    });
    expect(await sent(url, { body: "é".repeat(2) })).toEqual({
      status: 200,
      headers: { "retry-after": "3" },
      body: "POST 4 éé",
    });
  });

  it("to five megabytes comes, and one of five megabytes does not", async () => {
    const url = await served((response, _, body) => response.end(String(body.length)));
    expect((await sent(url, { body: "x".repeat(5_000_000) })).body).toBe("5000000");
    const large = await served((response) => response.end("x".repeat(5_000_000)));
    await expect(sent(large)).rejects.toMatchObject({ name: "NoReply", lasting: true, unreadable: true });
  });

  it.each([
    ["gzip", gzipSync],
    ["deflate", deflateSync],
    ["br", brotliCompressSync],
  ] as const)("that was packed as %s unasked is unpacked", async (name, pack) => {
    const url = await served((response) => {
      response.writeHead(200, { "content-encoding": name });
      response.end(pack('{"a":1}'));
    });
    expect((await sent(url)).body).toBe('{"a":1}');
  });

  it("that unpacks without end is left", async () => {
    const bomb = gzipSync(Buffer.alloc(100_000_000));
    const url = await served((response) => {
      response.writeHead(200, { "content-encoding": "gzip" });
      response.end(bomb);
    });
    await expect(sent(url)).rejects.toMatchObject({ name: "NoReply", message: /more than 4194304 bytes/ });
  });

  it("that is packed in another way, or badly, is none", async () => {
    const url = await served((response) => {
      response.writeHead(200, { "content-encoding": "zstd" });
      response.end("x");
    });
    await expect(sent(url)).rejects.toThrow("its answer is packed as zstd");
    const bad = await served((response) => {
      response.writeHead(200, { "content-encoding": "gzip" });
      response.end("not gzip");
    });
    await expect(sent(bad)).rejects.toBeInstanceOf(NoReply);
  });

  it("that sends to another host is told, and nobody is asked there", async () => {
    const asked: string[] = [];
    const other = await served((response, { url = "" }) => {
      asked.push(url);
      response.end("{}");
    });
    const url = await served((response) => {
      response.writeHead(307, { location: other });
      response.end();
    });
    expect(await sent(url)).toMatchObject({ status: 307, headers: { location: other } });
    expect(asked).toEqual([]);
  });
});

describe("no reply", () => {
  it("comes from one that breaks off in the middle", async () => {
    const url = await served((response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write('{"choices": [', () => response.destroy());
    });
    await expect(sent(url)).rejects.toMatchObject({
      name: "NoReply",
      message: "it broke off in the middle of its answer",
      lasting: false,
    });
  });

  it.each<[string, Answer]>([
    ["never answers", () => undefined],
    [
      "answers a byte at a time",
      (response) => {
        const timer = setInterval(() => response.write(" "), 5);
        response.once("close", () => clearInterval(timer));
      },
    ],
  ])("is waited for beyond the time limit from one that %s", async (_, answer) => {
    const url = await served(answer);
    await expect(sent(url, { signal: AbortSignal.timeout(60) })).rejects.not.toBeInstanceOf(NoReply);
  });

  it("comes from where nobody listens, and is asked for again", async () => {
    const port = await listening(createRawServer());
    for (const server of open.splice(0)) await new Promise((resolve) => server.close(resolve));
    const trouble = sent(`http://localhost:${port}/`);
    await expect(trouble).rejects.toMatchObject({ message: /ECONNREFUSED/, lasting: false });
  });

  it.each([
    ["speaks no TLS", "https", (socket: Socket) => socket.end("HTTP/1.1 200 OK\r\n\r\n")],
    ["speaks no HTTP", "http", (socket: Socket) => socket.end("SSH-2.0-x\r\n")],
  ])("is asked for twice where the other %s", async (_, protocol, answer) => {
    let connections = 0;
    const port = await listening(
      createRawServer((socket) => {
        connections++;
        socket.on("error", () => undefined);
        socket.once("data", () => answer(socket));
      }),
    );
    const request = { url: `${protocol}://127.0.0.1:${port}/`, headers: {}, body: "{}" };
    const rules = { tries: 3, pauseMs: 1, maxPauseMs: 1 };
    const asked = sendPatiently(httpTransport({}), request, rules, AbortSignal.timeout(10_000));
    await expect(asked).rejects.toMatchObject({ name: "NoReply", lasting: true });
    expect(connections).toBe(1);
  });
});

describe("a proxy of the user's", () => {
  interface Seen {
    readonly lines: string[];
    readonly url: string;
  }

  /** Answers plain requests by itself; a tunnel with `status`, and then with nothing. */
  async function proxied(status = 200): Promise<Seen> {
    const lines: string[] = [];
    const server = createServer((request, response) => {
      const { authorization = "" } = request.headers;
      lines.push(
        `${request.method ?? ""} ${request.url ?? ""} ${request.headers["proxy-authorization"] ?? ""} ${authorization}`,
      );
      response.end("{}");
    });
    server.on("connect", (request: IncomingMessage, socket: Socket) => {
      lines.push(`CONNECT ${request.url ?? ""} ${request.headers["proxy-authorization"] ?? ""}`);
      socket.on("error", () => undefined);
      socket.write(`HTTP/1.1 ${status} Said\r\n\r\n`);
      // What goes through begins a TLS handshake with the other end, not with the proxy.
      socket.once("data", (data: Buffer) => {
        lines.push(`${data[0] === 0x16 ? "TLS" : "?"} ${data.includes("planner.test") ? "for planner.test" : ""}`);
        socket.end();
      });
    });
    return { lines, url: `http://me:pass%20word@127.0.0.1:${await listening(server)}` };
  }

  const basic = `Basic ${Buffer.from("me:pass word").toString("base64")}`;

  it("is asked for what is not encrypted", async () => {
    const { lines, url } = await proxied();
    const reply = await sent("http://planner.test/v1/chat", { environment: { http_proxy: url } });
    expect([reply.body, lines]).toEqual(["{}", [`POST http://planner.test/v1/chat ${basic} Bearer k`]]);
  });

  it("opens a way for what is, and never sees the key", async () => {
    const { lines, url } = await proxied();
    await expect(sent("https://planner.test/v1/chat", { environment: { HTTPS_PROXY: url } })).rejects.toBeInstanceOf(
      NoReply,
    );
    expect(lines).toEqual([`CONNECT planner.test:443 ${basic}`, "TLS for planner.test"]);
  });

  it("that refuses is told of", async () => {
    const { url } = await proxied(407);
    const asked = sent("https://planner.test/v1/chat", { environment: { HTTPS_PROXY: url } });
    await expect(asked).rejects.toThrow("the upstream proxy answered 407");
  });

  it("that never answers is left in time", async () => {
    const port = await listening(createRawServer(() => undefined));
    const environment = { HTTPS_PROXY: `http://127.0.0.1:${port}` };
    const signal = AbortSignal.timeout(60);
    await expect(sent("https://planner.test/", { environment, signal })).rejects.toMatchObject({
      name: "TimeoutError",
    });
  });

  it("is passed by for this machine, and for what is to be reached directly", async () => {
    const { lines, url } = await proxied();
    const direct = await served((response) => response.end("direct"));
    expect((await sent(direct, { environment: { http_proxy: url, https_proxy: url } })).body).toBe("direct");
    const environment = { https_proxy: url, http_proxy: url, NO_PROXY: "planner.invalid" };
    await expect(sent("http://planner.invalid/", { environment })).rejects.toBeInstanceOf(NoReply);
    expect(lines).toEqual([]);
  });
});
