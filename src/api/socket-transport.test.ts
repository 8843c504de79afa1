import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SocketTransport } from "./socket-transport.ts";

let folder = "";
let server: Server | null = null;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nightcrew-socket-"));
});
afterEach(() => {
  server?.close();
  rmSync(folder, { recursive: true, force: true });
});

const feedHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n: alive\n\n";

/** A daemon that has a feed open, and loses the first question; `atLoss` is what becomes of the feed then. Later questions are answered. */
async function losing(atLoss: (feed: Socket) => void): Promise<{ transport: SocketTransport; starts: () => number }> {
  const socket = join(folder, "socket");
  let feed: Socket | null = null;
  let questions = 0;
  let starts = 0;
  server = createServer((connection) => {
    connection.on("error", () => undefined);
    connection.once("data", (data) => {
      if (data.toString().startsWith("GET")) return void (feed = connection).write(feedHead);
      if (++questions > 1) return void connection.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
      connection.destroy();
      if (feed !== null) setTimeout(atLoss, 50, feed);
    });
  });
  await new Promise<void>((resolve) => server?.listen(socket, resolve));
  const start = async (): Promise<void> => void starts++;
  const parts = { socket, version: "0.0.0", log: "daemon.log", start, onRestart: () => undefined };
  return { transport: new SocketTransport(parts), starts: () => starts };
}

function followed(transport: SocketTransport, over: AbortSignal): Promise<{ readonly ended: Promise<unknown> }> {
  return new Promise((resolve) => {
    const ended: Promise<unknown> = transport
      .follow({ run: "r", after: 0, onEvents: () => undefined, signal: over, onOpen: () => resolve({ ended }) })
      .catch((error: unknown) => error);
  });
}

describe("a question that is lost while a feed is open", () => {
  it("starts no daemon where the feed tells that it was stopped", async () => {
    const { transport, starts } = await losing((feed) => feed.end("event: stopped\ndata: {}\n\n"));
    const { ended } = await followed(transport, new AbortController().signal);
    await expect(transport.call("runs", {})).rejects.toMatchObject({ code: "daemon-stopped" });
    expect(await ended).toMatchObject({ code: "daemon-stopped" });
    expect(starts()).toBe(0);
  });

  it("is asked again where the feed is lost, too, or goes on", async () => {
    for (const atLoss of [(feed: Socket) => void feed.destroy(), () => undefined]) {
      const over = new AbortController();
      const { transport, starts } = await losing(atLoss);
      const { ended } = await followed(transport, over.signal);
      expect(await transport.call("runs", {})).toEqual({});
      expect(starts()).toBeGreaterThan(0);
      over.abort();
      await ended;
      server?.close();
    }
  });
});
