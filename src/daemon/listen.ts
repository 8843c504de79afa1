import { chmod, rm } from "node:fs/promises";
import type { Server } from "node:http";
import { isIP, type AddressInfo, type ListenOptions } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import type { Hono } from "hono";
import { errnoOf, OperationalError } from "../std/operational-error.ts";
import type { TcpPlace } from "./tcp-place.ts";

/** More at once are turned away. */
const maxConnections = 500;

/** Listens on the home's socket, for its owner alone. The caller owns the home: a file there is a dead daemon's. */
export async function listenOnSocket(app: Hono, path: string): Promise<Server> {
  await rm(path, { force: true });
  const server = await listening(app, { path });
  await chmod(path, 0o600);
  return server;
}

export async function listenOnTcp(app: Hono, { host, port }: TcpPlace): Promise<{ server: Server; at: string }> {
  try {
    const server = await listening(app, { host, port });
    const { address, port: bound } = server.address() as AddressInfo;
    return { server, at: isIP(address) === 6 ? `[${address}]:${bound}` : `${address}:${bound}` };
  } catch (error) {
    throw new OperationalError({
      code: "cannot-listen",
      what: `The daemon cannot listen on ${host}:${port}`,
      why: errnoOf(error) ?? String(error),
      next: "choose another port: nightcrew daemon start --listen 127.0.0.1:PORT",
      cause: error,
    });
  }
}

function listening(app: Hono, where: ListenOptions): Promise<Server> {
  const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false }) as Server;
  server.maxConnections = maxConnections;
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(where, () => {
      server.off("error", reject);
      resolve(server);
    });
  });
}
