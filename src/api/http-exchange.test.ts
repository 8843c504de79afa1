import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ConnectionLost, exchange } from "./http-exchange.ts";

let folder = "";
let server: Server | null = null;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nightcrew-http-"));
});
afterEach(() => {
  server?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Answers every request with these pieces, then ends the connection. */
async function answering(pieces: readonly string[]): Promise<string> {
  const socket = join(folder, "socket");
  server = createServer((connection) => {
    connection.on("error", () => undefined);
    connection.once("data", () => {
      const next = ([piece, ...rest]: readonly string[]): void => {
        if (piece === undefined) connection.end();
        else connection.write(piece, () => setImmediate(next, rest));
      };
      next(pieces);
    });
  });
  await new Promise<void>((resolve) => server?.listen(socket, resolve));
  return socket;
}

async function ask(socket: string): Promise<{ readonly status: number; readonly body: string }> {
  let body = "";
  const onBody = (chunk: Buffer): void => void (body += chunk.toString());
  return { status: await exchange({ socket, method: "GET", path: "/", headers: {}, onBody }), body };
}

const chunked =
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4;x=y\r\nfirs\r\n6\r\nt\r\n\r\n2\r\n3\r\nend\r\n0\r\nTrailer: 1\r\n\r\n";

describe("an exchange", () => {
  it.each([
    ["a length", ["HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nbody"], { status: 404, body: "body" }],
    ["no body", ["HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"], { status: 200, body: "" }],
    ["an end by closing", ["HTTP/1.1 200 OK\r\n\r\nall ", "of it"], { status: 200, body: "all of it" }],
    ["chunks", [chunked], { status: 200, body: "first\r\n\r\n2end" }],
    ["chunks that come a byte at a time", chunked.split(""), { status: 200, body: "first\r\n\r\n2end" }],
  ])("reads %s", async (_, pieces, answer) => {
    expect(await ask(await answering(pieces))).toEqual(answer);
  });

  it.each([
    ["half a head", ["HTTP/1.1 200 OK\r\nCont"]],
    ["half a body", ["HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbo"]],
    ["half the chunks", [chunked.slice(0, -8)]],
    ["something else", ["220 mail.example ESMTP\r\n\r\n"]],
    ["a chunk of no size", ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"]],
  ])("that ends with %s is lost, and was sent", async (_, pieces) => {
    await expect(ask(await answering(pieces))).rejects.toMatchObject({ name: "ConnectionLost", sent: true });
  });

  it("with nobody is lost before anything was sent", async () => {
    await expect(ask(join(folder, "none"))).rejects.toBeInstanceOf(ConnectionLost);
    await expect(ask(join(folder, "none"))).rejects.toMatchObject({ sent: false });
  });

  it("ends with status 0 when it is aborted", async () => {
    const socket = await answering(["HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1"]);
    const left = new AbortController();
    const onBody = (): void => left.abort();
    expect(await exchange({ socket, method: "GET", path: "/", headers: {}, signal: left.signal, onBody })).toBe(0);
  });
});
