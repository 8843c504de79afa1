import { OperationalError } from "../std/operational-error.ts";

export interface TcpPlace {
  readonly host: string;
  readonly port: number;
}

export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

/** `HOST:PORT` of this machine only: what answers there starts programs. */
export function parseTcpPlace(text: string): TcpPlace {
  const [, host = "", port = ""] = /^(.+):(\d{1,5})$/.exec(text) ?? [];
  if (isLoopback(host) && Number(port) <= 65_535) return { host: host.replace(/[[\]]/g, ""), port: Number(port) };
  throw new OperationalError({
    code: "not-loopback",
    what: `Not an address of this machine alone: ${text}`,
    next: "nightcrew daemon start --listen 127.0.0.1:PORT",
  });
}
