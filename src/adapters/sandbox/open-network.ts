import { closeSync, constants, existsSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import type { Server } from "node:net";
import { join } from "node:path";
import { isThisMachine, parseAllowEntry, type HostPort } from "./allow-list.ts";
import { nodeBridge, perlBridge } from "./bridge-script.ts";
import { resolveName, type Lookup } from "./connect.ts";
import { createProxy } from "./proxy.ts";
import type { NetworkPolicy, Refusal } from "./sandbox.ts";
import { quoted } from "./shell-words.ts";
import { splice } from "./splice.ts";
import { upstreamsOf } from "./upstream.ts";

/** A way out of a sandbox that has a network of its own. */
export interface OpenNetwork {
  /** Laid over the command's environment. */
  readonly env: NodeJS.ProcessEnv;
  /** A folder to be seen inside at `networkFolder`. */
  readonly folder: string;
  /** Lines of shell that make it work, before the command is started inside. */
  readonly start: string;
  /** The program that `start` runs, which must be seen inside. */
  readonly program: string;
  refusals(): readonly Refusal[];
  close(): void;
}

/** Where sockets and the bridge are inside. */
export const networkFolder = "/run/nightcrew";

const perl = "/usr/bin/perl";

export interface NetworkOptions {
  readonly folder: string;
  readonly policy: Extract<NetworkPolicy, { kind: "hosts" }>;
  readonly lookup?: Lookup;
  /** Null: node, by which this process runs. */
  readonly perl?: string | null;
}

/**
 * A proxy for what is allowed, and for every named port of this machine a connection at the same address inside: clients
 * that take no proxy for it, as most do for the loopback, reach it as if there were no sandbox. Both are on sockets in
 * `folder`, in which nobody else may look.
 */
export async function openNetwork({
  folder,
  policy,
  lookup = resolveName,
  ...options
}: NetworkOptions): Promise<OpenNetwork> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const local = localPorts(policy.allow);
  const proxyPort = freePort(local);
  const proxy = await createProxy({
    allow: policy.allow,
    allowedIn: policy.allowedIn ?? "the hosts its network allows",
    lookup,
    upstream: upstreamsOf(policy.environment ?? {}),
  });
  const forwards: Forward[] = [];
  for (const target of local) forwards.push(await createForward(target));
  const servers = [proxy.server, ...forwards.map(({ server }) => server)];
  // A socket's path may have 107 bytes, and folders of attempts have more: it is named through the folder's handle, also when
  // it is removed.
  const handle = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  const close = (): void => {
    proxy.close();
    for (const forward of forwards) forward.close();
    closeSync(handle);
  };
  try {
    for (const [index, server] of servers.entries()) await listening(server, `/proc/self/fd/${handle}/${index}.sock`);
  } catch (error) {
    close();
    throw error;
  }
  const places = [{ host: "127.0.0.1", port: proxyPort }, ...local.map(listeningInside)];
  const found = options.perl === undefined ? (existsSync(perl) ? perl : null) : options.perl;
  writeFileSync(join(folder, "bridge"), found === null ? nodeBridge : perlBridge, { mode: 0o600 });
  const bridged = places
    .map(({ host, port }, index) => quoted(`${host}=${port}=${networkFolder}/${index}.sock`))
    .join(" ");
  return {
    env: proxyVariables(proxyPort),
    folder,
    start: found === null ? startWithNode(bridged) : startWithPerl(found, bridged),
    program: found ?? process.execPath,
    refusals: () => proxy.refusals(),
    close,
  };
}

/** Says nothing and holds no pipe of the command's; the perl of a user may be told to load what it likes, this one not. */
function startWithPerl(program: string, bridged: string): string {
  return `PERL5OPT= PERL5LIB= ${quoted(program)} ${networkFolder}/bridge ${bridged} </dev/null >/dev/null 2>&1 3>&- 4>&- || { echo bridge >&4; exit 126; }`;
}

/** Node cannot go on in the background once it listens: it is there when it has said so. */
function startWithNode(bridged: string): string {
  const ready = "/run/nightcrew-bridge";
  return [
    `mkfifo ${ready} || { echo bridge >&4; exit 126; }`,
    `(NODE_OPTIONS= ${quoted(process.execPath)} ${networkFolder}/bridge ${bridged} </dev/null >${ready} 2>/dev/null 3>&- 4>&- &)`,
    `read -r _ <${ready} || { echo bridge >&4; exit 126; }`,
  ].join("\n");
}

/** Ports of this machine that are allowed by their number. */
function localPorts(allow: readonly string[]): HostPort[] {
  const found = new Map<string, HostPort>();
  for (const text of allow) {
    const entry = parseAllowEntry(text);
    if (entry === null || entry.below || entry.port === null || !isThisMachine(entry.host)) continue;
    const target = { host: entry.host, port: entry.port };
    // `localhost` and 127.0.0.1 are one address inside; the first that is named is meant.
    const place = listeningInside(target);
    const key = `${place.host} ${place.port}`;
    if (place.host !== "::1" && !found.has(key)) found.set(key, target);
  }
  return [...found.values()];
}

function listeningInside({ host, port }: HostPort): HostPort {
  return { host: host.endsWith("localhost") ? "127.0.0.1" : host, port };
}

/** Nothing else listens in a network of one's own, but what is forwarded. */
function freePort(taken: readonly HostPort[]): number {
  const ports = new Set(taken.map(({ port }) => port));
  let port = 3128;
  while (ports.has(port)) port += 1;
  return port;
}

interface Forward {
  readonly server: Server;
  close(): void;
}

const maxConnections = 256;

/** Hands every connection on to one port of this machine. */
async function createForward({ host, port }: HostPort): Promise<Forward> {
  const { connect, createServer } = process.getBuiltinModule("node:net");
  const open = new Set<{ destroy(): void }>();
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ host, port, allowHalfOpen: true });
    for (const socket of [near, far]) {
      open.add(socket);
      socket.once("close", () => open.delete(socket));
    }
    splice(near, far);
  });
  server.maxConnections = maxConnections;
  return {
    server,
    close() {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

/** In the spellings that clients look for. What is on the sandbox's own loopback is reached without the proxy. */
function proxyVariables(port: number): NodeJS.ProcessEnv {
  const url = `http://127.0.0.1:${port}`;
  const direct = "localhost,127.0.0.1,::1";
  return {
    HTTP_PROXY: url,
    HTTPS_PROXY: url,
    ALL_PROXY: url,
    NO_PROXY: direct,
    http_proxy: url,
    https_proxy: url,
    all_proxy: url,
    no_proxy: direct,
    // Node's own fetch takes a proxy from the environment only when told so, from 22.21 and 24.5 on.
    NODE_USE_ENV_PROXY: "1",
  };
}
