import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { apiUrl } from "../../src/adapters/trackers/github-api-url.ts";
import { githubClient, type AskGitHub } from "../../src/adapters/trackers/github-client.ts";
import { TrackerAway } from "../../src/adapters/trackers/tracker.ts";

// How GitHub is asked, by a server that answers as each test says.
type Answer = (outgoing: ServerResponse) => void;

const json = { "content-type": "application/json" };
const answers =
  (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Answer =>
  (outgoing) => {
    outgoing.writeHead(status, { ...json, ...headers }).end(JSON.stringify(body));
  };
/** Half of what was promised, then nothing. */
const cut: Answer = (outgoing) => {
  outgoing.writeHead(200, { ...json, etag: '"1"', "content-length": "1000" });
  outgoing.write('[{"id":1');
  setImmediate(() => outgoing.destroy());
};

describe("GitHub's client", () => {
  let server: Server;
  /** In order; the last one again and again. */
  let script: Answer[];
  let asked: IncomingMessage[];
  let baseUrl: string;
  beforeEach(async () => {
    script = [];
    asked = [];
    server = createServer((incoming, outgoing) => {
      asked.push(incoming);
      incoming.resume();
      const next = script.length > 1 ? script.shift() : script[0];
      next?.(outgoing);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  const client = (requestMs?: number): Promise<AskGitHub> => {
    const access = { baseUrl, token: "secret-token", ...(requestMs === undefined ? {} : { requestMs }) };
    return githubClient(access, new AbortController().signal);
  };

  it("takes an answer that was cut for none, and does not remember it", async () => {
    script = [cut, answers(200, [{ id: 1 }])];
    const ask = await client();
    await expect(ask("GET /x", {})).rejects.toThrow(TrackerAway);
    expect((await ask("GET /x", {})).data).toEqual([{ id: 1 }]);
    expect(asked.at(-1)?.headers["if-none-match"]).toBeUndefined();
  });

  it("takes what is no JSON for no answer of GitHub's", async () => {
    script = [(outgoing) => void outgoing.writeHead(200, { "content-type": "text/html" }).end("<h1>Log in</h1>")];
    await expect((await client())("GET /x", {})).rejects.toThrow("what came is not whole");
  });

  it("posts a comment once where the answer is lost, and asks again for whatever can be asked twice", async () => {
    script = [answers(502, { message: "lost" })];
    const ask = await client();
    await expect(ask("POST /repos/o/a/issues/1/comments", { body: "x" })).rejects.toThrow(TrackerAway);
    expect(asked).toHaveLength(1);
    script = [answers(502, { message: "lost" }), answers(200, {})];
    expect((await ask("PATCH /repos/o/a/issues/1", { state: "closed" })).status).toBe(200);
  });

  it("waits for a limit to pass also where that takes longer than one try may", async () => {
    const limit = answers(403, { message: "You have exceeded a secondary rate limit" }, { "retry-after": "1" });
    script = [limit, answers(200, [])];
    expect((await (await client(600))("GET /x", {})).status).toBe(200);
  });

  it("gives up on what does not answer in time, and does not ask it again", async () => {
    script = [() => undefined];
    await expect((await client(30))("GET /x", {})).rejects.toThrow("no answer came in time");
    expect(asked).toHaveLength(1);
  });

  it("knows the limit on many writes by its words alone", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    const headers = { "content-type": "application/json" };
    const limited = (): Response =>
      new Response('{"message":"You have exceeded a secondary rate limit."}', { status: 403, headers });
    vi.stubGlobal("fetch", () => Promise.resolve(limited()));
    const outcomes: unknown[] = [];
    const asking = (await client())("GET /x", {}).catch((error: unknown) => outcomes.push(error));
    for (let minutes = 0; minutes < 20 && outcomes.length === 0; minutes++) await vi.advanceTimersByTimeAsync(60_000);
    expect(outcomes).toEqual([expect.any(TrackerAway)]);
    await asking;
  });

  it("says nothing of its token, whatever is wrong with it", async () => {
    for (const token of ["two\nlines", "a blank", "gh–dash", ""]) {
      const failed = githubClient({ baseUrl, token }, new AbortController().signal);
      await expect(failed).rejects.toThrow("The token of GitHub cannot be one");
    }
    script = [answers(422, { message: "what is secret-token?" })];
    await expect((await client())("PATCH /x", {})).rejects.toMatchObject({
      why: expect.not.stringContaining("secret-token") as string,
    });
    for (const url of ["https://me:pw@example.org/api", "https://example.org/api?x=1", "http://example.org"])
      expect(() => apiUrl({ GITHUB_API_URL: url })).toThrow("no address that a token may be sent to");
  });

  it("takes its token to nobody else whom it is sent to", async () => {
    const seen: (string | undefined)[] = [];
    const other = createServer((incoming, outgoing) => {
      seen.push(incoming.headers.authorization);
      answers(200, [])(outgoing);
    });
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const location = `http://127.0.0.1:${(other.address() as AddressInfo).port}/x`;
    for (const method of ["GET", "POST", "PATCH"])
      for (const status of [301, 307]) {
        script = [answers(status, {}, { location })];
        await expect((await client())(`${method} /x`, {})).rejects.toThrow("it sends us elsewhere");
      }
    expect(asked[0]?.headers.authorization).toBe("token secret-token");
    expect(seen).toEqual([]);
    other.closeAllConnections();
    await new Promise((resolve) => other.close(resolve));
  });

  it("is told where a repository is by now, and writes nothing by a question that only reads", async () => {
    script = [answers(307, {}, { location: "/repositories/1/issues/1/comments" }), answers(201, {})];
    expect((await (await client())("POST /repos/o/a/issues/1/comments", { body: "x" })).status).toBe(201);
    expect(asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
      "POST /repos/o/a/issues/1/comments",
      "POST /repositories/1/issues/1/comments",
    ]);
    script = [answers(301, {}, { location: "/elsewhere" }), answers(200, [])];
    await expect((await client())("POST /repos/o/a/issues/1/comments", { body: "x" })).rejects.toThrow(TrackerAway);
  });

  it("goes through the user's proxy, which does not see the token where that is for a host behind TLS", async () => {
    const lines: string[] = [];
    server.removeAllListeners("request");
    server.on("request", (incoming: IncomingMessage, outgoing: ServerResponse) => {
      const { "proxy-authorization": by = "", authorization, "if-none-match": known } = incoming.headers;
      lines.push(`${incoming.method} ${incoming.url} ${by} ${authorization}`);
      if (known === '"1"') return void outgoing.writeHead(304).end();
      if (incoming.url === "http://api.test/moved") answers(301, {}, { location: "/x" })(outgoing);
      else if (incoming.url === "http://api.test/away") answers(301, {}, { location: "http://other.test/x" })(outgoing);
      else answers(200, [1], { etag: '"1"' })(outgoing);
    });
    server.on("connect", (incoming: IncomingMessage, socket: Socket) => {
      lines.push(`CONNECT ${incoming.url}`);
      socket.on("error", () => undefined);
      socket.write("HTTP/1.1 200 Yes\r\n\r\n");
      socket.once("data", (data: Buffer) => {
        lines.push(data[0] === 0x16 && !data.includes("secret-token") ? "TLS" : "plain");
        socket.destroy();
      });
    });
    const environment = { http_proxy: baseUrl.replace("//", "//me:pw@"), HTTPS_PROXY: baseUrl };
    const { signal } = new AbortController();
    const ask = await githubClient({ baseUrl: "http://api.test", token: "secret-token", environment }, signal);
    expect((await ask("GET /x", {})).data).toEqual([1]);
    expect((await ask("GET /x", {})).data).toEqual([1]);
    expect((await ask("GET /moved", {})).data).toEqual([1]);
    await expect(ask("GET /away", {})).rejects.toThrow("it sends us elsewhere");
    const basic = `Basic ${Buffer.from("me:pw").toString("base64")} token secret-token`;
    const paths = ["x", "x", "moved", "x", "away"];
    expect(lines).toEqual(paths.map((path) => `GET http://api.test/${path} ${basic}`));
    lines.length = 0;
    const secure = await githubClient({ baseUrl: "https://api.test", token: "secret-token", environment }, signal);
    await expect(secure("POST /x/comments", {})).rejects.toThrow(TrackerAway);
    expect(lines).toEqual(["CONNECT api.test:443", "TLS"]);
  });
});
