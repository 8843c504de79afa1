import { createServer, request, type IncomingMessage, type Server } from "node:http";
import { connect, createServer as createTcpServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listening, makeGround, real, run, type Ran } from "../../../test/rig/sandboxed.ts";
import { createProxy, type Proxy } from "./proxy.ts";
import { noSandbox, type NetworkPolicy } from "./sandbox.ts";
import { upstreamsOf } from "./upstream.ts";

const ground = makeGround();
afterAll(() => ground.remove());

/** Names that are there only for the proxy; all of them are addresses of this machine's loopback. */
const names: Readonly<Record<string, readonly string[]>> = {
  "model.test": ["127.0.0.2"],
  "inner.test": ["127.0.0.3"],
  "mixed.test": ["10.255.255.1", "127.0.0.2"],
};
const lookup = (name: string): Promise<readonly string[]> =>
  names[name] === undefined ? Promise.reject(new Error(`no such name: ${name}`)) : Promise.resolve(names[name]);

interface Echo {
  readonly server: Server;
  readonly port: number;
  readonly seen: {
    readonly method: string;
    readonly url: string;
    readonly headers: IncomingMessage["headers"];
    readonly body: string;
  }[];
}

/** Says what it was asked; on all addresses of the loopback. */
async function echo(): Promise<Echo> {
  const seen: Echo["seen"] = [];
  const server = createServer((message, response) => {
    const chunks: Buffer[] = [];
    message.on("data", (chunk: Buffer) => chunks.push(chunk));
    message.on("end", () => {
      const { method = "", url = "", headers } = message;
      seen.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
      response.setHeader("connection", "close").end(`heard ${url}`);
    });
  });
  server.listen(0, "0.0.0.0");
  await once(server, "listening");
  return { server, port: (server.address() as AddressInfo).port, seen };
}

const state: { echo: Echo | null } = { echo: null };
const far = (): Echo => {
  if (state.echo === null) throw new Error("not set up");
  return state.echo;
};
beforeAll(async () => {
  state.echo = await echo();
});
afterAll(() => far().server.close());

/** A name counts for addresses of this machine only where these are named too. */
const model = (): string[] => [`model.test:${far().port}`, `127.0.0.2:${far().port}`];

interface Asked {
  readonly status: number;
  readonly body: string;
}

async function proxied(
  allow: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<Proxy & { readonly port: number }> {
  const proxy = await createProxy({
    allow,
    allowedIn: "network in nightcrew.yaml",
    lookup,
    upstream: upstreamsOf(environment),
  });
  proxy.server.listen(0, "127.0.0.1");
  await once(proxy.server, "listening");
  return { ...proxy, port: (proxy.server.address() as AddressInfo).port };
}

/** Bytes to the proxy, and all it answers. */
async function say(port: number, bytes: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.end(bytes);
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.on("error", () => undefined);
  await once(socket, "close");
  return Buffer.concat(chunks).toString();
}

const connectTo = (authority: string): string => `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`;

async function ask(
  port: number,
  url: string,
  headers: Record<string, string> = {},
  body: string | null = null,
): Promise<Asked> {
  const outgoing = request({
    host: "127.0.0.1",
    port,
    path: url,
    method: body === null ? "GET" : "POST",
    headers,
    agent: false,
  });
  outgoing.end(body ?? undefined);
  const [response] = (await once(outgoing, "response")) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() };
}

describe("the proxy", () => {
  it("lets through what is named with its port, however it is spelled", async () => {
    const { port } = far();
    const proxy = await proxied([`model.test:${port}`, `127.0.0.2:${port}`]);
    for (const host of ["model.test", "MODEL.test", "model.test.", "127.0.0.2", "0x7f000002"]) {
      const answer = await say(
        proxy.port,
        `${connectTo(`${host}:${port}`)}GET /t HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
      );
      expect(answer).toMatch(/^HTTP\/1\.1 200 Connection Established\r\n\r\nHTTP\/1\.1 200 OK[^]*heard \/t/);
    }
    expect(proxy.refusals()).toEqual([]);
    proxy.close();
  });

  it("refuses everything else, says where it is allowed, and counts it", async () => {
    const { port } = far();
    const proxy = await proxied([`model.test:${port}`, "*.wild.test"]);
    const refused = [
      "other.test:443",
      `model.test:${port + 1}`,
      `127.0.0.2:${port}`,
      "[::1]:80",
      "wild.test:443",
      "evilwild.test:443",
      "other.test:443",
    ];
    for (const authority of refused)
      expect(`${authority} ${await say(proxy.port, connectTo(authority))}`).toMatch(/ HTTP\/1\.1 403 /);
    expect(await say(proxy.port, connectTo("other.test:443"))).toContain(
      'nightcrew: a connection to other.test:443 is not allowed. To allow it, add "other.test" to network in nightcrew.yaml.',
    );
    expect(proxy.refusals()[0]).toEqual({ host: "other.test", port: 443, count: 3 });
    expect(proxy.refusals()).toHaveLength(6);
    for (let n = 0; n < 200; n++) await say(proxy.port, connectTo(`n${n}.test:443`));
    expect(proxy.refusals()).toHaveLength(100);
    proxy.close();
  });

  it("refuses a name that hides an address of this machine or of a private network", async () => {
    const { port } = far();
    const named = await proxied([`inner.test:${port}`, `mixed.test:${port}`, `127.0.0.2:${port}`]);
    expect(await say(named.port, connectTo(`inner.test:${port}`))).toMatch(
      /^HTTP\/1\.1 403 [^]*inner\.test is 127\.0\.0\.3, which is not/,
    );
    // Of several addresses only those that are allowed count.
    expect(await say(named.port, connectTo(`mixed.test:${port}`))).toMatch(/^HTTP\/1\.1 200 /);
    expect(named.refusals()).toEqual([{ host: "inner.test", port, count: 1 }]);
    named.close();
    const both = await proxied([`inner.test:${port}`, `127.0.0.3:${port}`]);
    expect(await say(both.port, connectTo(`inner.test:${port}`))).toMatch(/^HTTP\/1\.1 200 /);
    both.close();
  });

  it.each([
    ["no port", connectTo("model.test")],
    ["a path", connectTo("model.test:443/x")],
    ["a user", connectTo("user@model.test:443")],
    ["two hosts", connectTo("model.test:443,other.test:443")],
    ["a port that is none", connectTo("model.test:70000")],
    ["no host", connectTo(":443")],
    ["a request to itself", "GET / HTTP/1.1\r\nHost: model.test\r\n\r\n"],
    ["another protocol", "GET ftp://model.test/ HTTP/1.1\r\nHost: model.test\r\n\r\n"],
    ["a user in a request", "GET http://a:b@model.test/ HTTP/1.1\r\nHost: model.test\r\n\r\n"],
  ])("takes no request with %s", async (_, bytes) => {
    const proxy = await proxied(["model.test"]);
    expect(await say(proxy.port, bytes)).toMatch(/^HTTP\/1\.1 400 /);
    proxy.close();
  });

  it("forwards plain requests with the host that was judged, whatever their headers say", async () => {
    const { port, seen } = far();
    const proxy = await proxied(model());
    const headers = {
      host: "other.test",
      "x-kept": "1",
      "proxy-authorization": "Basic eDp5",
      connection: "x-dropped",
      "x-dropped": "1",
    };
    expect(await ask(proxy.port, `http://model.test:${port}/a?b=c`, headers, "text")).toEqual({
      status: 200,
      body: "heard /a?b=c",
    });
    const last = seen.at(-1);
    expect(last).toMatchObject({ method: "POST", url: "/a?b=c", body: "text" });
    expect(last?.headers).toMatchObject({ host: `model.test:${port}`, "x-kept": "1" });
    expect(Object.keys(last?.headers ?? {})).not.toEqual(expect.arrayContaining(["x-dropped"]));
    expect(last?.headers["proxy-authorization"]).toBeUndefined();
    expect((await ask(proxy.port, "http://other.test/")).status).toBe(403);
    proxy.close();
  });

  it("lets no request be hidden in another's body", async () => {
    const { port, seen } = far();
    const proxy = await proxied(model());
    const before = seen.length;
    const hidden = "GET /hidden HTTP/1.1\r\nHost: model.test\r\n\r\n";
    const chunked = `5\r\nhello\r\n0\r\n\r\n`;
    const start = `http://model.test:${port}/x HTTP/1.1\r\nHost: model.test\r\nConnection: close\r\n`;
    const both = await say(
      proxy.port,
      `POST ${start}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n${chunked}${hidden}`,
    );
    expect(both).not.toContain("heard");
    // A body of a method that has none by custom stays framed.
    await say(
      proxy.port,
      `GET ${start}Transfer-Encoding: chunked\r\n\r\n${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`,
    );
    expect(seen.slice(before).map(({ url, body }) => ({ url, body }))).toEqual([{ url: "/x", body: hidden }]);
    expect(await say(proxy.port, `GET ${start}X: ${"x".repeat(20_000)}\r\n\r\n`)).not.toContain("heard");
    proxy.close();
  });

  it("tells a host that is not there or does not answer from one that is refused", async () => {
    const gone = await listening({ host: "127.0.0.2", port: 0 });
    const { port } = gone.address() as AddressInfo;
    gone.close();
    const proxy = await proxied(["nowhere.test", `127.0.0.2:${port}`]);
    expect(await say(proxy.port, connectTo("nowhere.test:443"))).toMatch(
      /^HTTP\/1\.1 502 [^]*no such name: nowhere\.test/,
    );
    expect(await say(proxy.port, connectTo(`127.0.0.2:${port}`))).toMatch(/^HTTP\/1\.1 502 [^]*ECONNREFUSED/);
    expect((await ask(proxy.port, "http://nowhere.test/")).status).toBe(502);
    expect(proxy.refusals()).toEqual([]);
    proxy.close();
  });

  it("goes through the user's own proxy where there is one, with what it asks for", async () => {
    const { port, seen } = far();
    const upstream = await proxied([...model(), `other.test:${port}`]);
    const heard: string[] = [];
    upstream.server.prependListener("connect", (message: IncomingMessage) =>
      heard.push(`${message.url} ${message.headers["proxy-authorization"]}`),
    );
    upstream.server.prependListener("request", (message: IncomingMessage) =>
      heard.push(`${message.url} ${message.headers["proxy-authorization"]}`),
    );
    const url = `http://me:secret@127.0.0.1:${upstream.port}`;
    const proxy = await proxied(model(), { https_proxy: url, HTTP_PROXY: url });
    const tunnel = await say(
      proxy.port,
      `${connectTo(`model.test:${port}`)}GET /u HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    );
    expect(tunnel).toContain("heard /u");
    expect((await ask(proxy.port, `http://model.test:${port}/plain`)).body).toBe("heard /plain");
    const credentials = `Basic ${Buffer.from("me:secret").toString("base64")}`;
    expect(heard).toEqual([`model.test:${port} ${credentials}`, `http://model.test:${port}/plain ${credentials}`]);
    expect(seen.at(-1)?.headers["proxy-authorization"]).toBeUndefined();
    expect(await say(proxy.port, connectTo(`other.test:${port}`))).toMatch(/^HTTP\/1\.1 403 /);
    proxy.close();
    upstream.close();
  });
});

const found = await real();
const there = found.name === "bubblewrap";
const curl = (url: string, more = ""): string[] => [
  process.execPath,
  "-e",
  `const { request } = require("http"); const via = ${JSON.stringify(more)} === "direct" ? null : new URL(process.env.HTTP_PROXY);
   const url = new URL(${JSON.stringify(url)});
   const options = via ? { host: via.hostname, port: via.port, path: url.href } : { host: url.hostname, port: url.port, path: url.pathname };
   request({ ...options, headers: { host: url.host }, timeout: 20000 }, (r) => { let t = ""; r.on("data", (d) => t += d).on("end", () => console.log(r.statusCode, t.trim())); })
     .on("error", (e) => { console.log(e.code); process.exit(1); }).on("timeout", () => process.exit(2)).end()`,
];

describe.runIf(there).each([
  ["perl", {}],
  ["node", { perl: null }],
] as const)("a sandboxed command with some hosts, bridged by %s,", (_, options) => {
  const go = async (argv: readonly string[], network: NetworkPolicy): Promise<Ran> =>
    run(argv, { sandbox: await real({ lookup, ...options }), policy: ground.policy({ network }) });

  it("reaches them through the proxy, and nothing else by any way", async () => {
    const { port } = far();
    const network = { kind: "hosts", allow: [`model.test:${port}`, `127.0.0.2:${port}`] } as const;
    expect((await go(curl(`http://model.test:${port}/in`), network)).stdout).toBe("200 heard /in\n");
    const refused = await go(curl(`http://127.0.0.4:${port}/in`), network);
    expect(refused.stdout).toMatch(/^403 nightcrew: a connection to 127\.0\.0\.4:\d+ is not allowed/);
    expect(refused.refusals).toEqual([{ host: "127.0.0.4", port, count: 1 }]);
    const beside = curl(`http://127.0.0.4:${port}/in`, "direct");
    expect((await go(beside, network)).stdout).toBe("ECONNREFUSED\n");
    expect((await run(beside, { sandbox: noSandbox, policy: ground.policy() })).stdout).toBe("200 heard /in\n");
  });

  it("reaches a named port of the loopback as if there were no sandbox", async () => {
    const { port } = far();
    const network = { kind: "hosts", allow: [`127.0.0.1:${port}`] } as const;
    expect((await go(curl(`http://127.0.0.1:${port}/model`, "direct"), network)).stdout).toBe("200 heard /model\n");
    expect((await go(curl(`http://127.0.0.1:${port}/model`), network)).stdout).toBe("200 heard /model\n");
    const other = { kind: "hosts", allow: [`127.0.0.1:${port + 1}`] } as const;
    expect((await go(curl(`http://127.0.0.1:${port}/model`, "direct"), other)).stdout).toBe("ECONNREFUSED\n");
  });

  it("carries much in both directions at once", async () => {
    const mirror = createTcpServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));
    mirror.listen(0, "127.0.0.1");
    await once(mirror, "listening");
    const { port } = mirror.address() as AddressInfo;
    const script = `const s = require("net").connect(${port}, "127.0.0.1"); let n = 0; const all = Buffer.alloc(20e6, 7);
      s.on("data", (d) => n += d.length).on("end", () => console.log(n)); s.end(all)`;
    const ran = await go([process.execPath, "-e", script], { kind: "hosts", allow: [`127.0.0.1:${port}`] });
    expect(ran.stdout).toBe("20000000\n");
    mirror.close();
  });

  it("is given its stdin whole", async () => {
    const policy = ground.policy({ network: { kind: "hosts", allow: [] } });
    const stdin = "line\n".repeat(50_000);
    const ran = await run(["wc", "-c"], { sandbox: await real({ lookup, ...options }), policy, stdin });
    expect(ran.stdout).toBe("250000\n");
  });

  it("is told of its proxy in every spelling, not of the user's", async () => {
    const policy = ground.policy({ network: { kind: "hosts", allow: ["127.0.0.1:3128"] } });
    const ran = await run(["env"], {
      sandbox: await real({ lookup, ...options }),
      policy,
      env: { HTTPS_PROXY: "http://me:secret@proxy.test:1" },
    });
    for (const name of ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"])
      expect(ran.stdout).toMatch(new RegExp(`^${name}=http://127\\.0\\.0\\.1:3129$`, "m"));
    expect(ran.stdout).not.toContain("secret");
  });
});
