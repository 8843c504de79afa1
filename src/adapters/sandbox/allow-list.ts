import { isIP } from "node:net";

/** A host and port somebody wants to reach, or that may be reached; hosts are as `canonicalHost` gives them. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

export interface AllowEntry {
  readonly host: string;
  /** Whatever lies below `host`, but not itself. */
  readonly below: boolean;
  /** Null: the ports of the web, 80 and 443. */
  readonly port: number | null;
}

const maxHostLength = 253;
const webPorts: readonly number[] = [80, 443];

/**
 * One spelling for a host: lower case, international names as the resolver sees them, no trailing dot, addresses in their
 * shortest form (`127.1` and `0x7f000001` are `127.0.0.1`), no brackets. Null for what is no host.
 */
export function canonicalHost(text: string): string | null {
  const bare = /^\[([0-9a-f:.]+)\]$/i.exec(text)?.[1] ?? text;
  const address = isIP(bare) === 6;
  // Characters that would make it mean another host to a URL's parser than to who reads it.
  if (!address && !/^[^\s/@?#\\%:[\]<>^|,;"'`]+$/.test(bare)) return null;
  const authority = address ? `[${bare}]` : bare;
  if (!URL.canParse(`http://${authority}/`)) return null;
  const { hostname } = new URL(`http://${authority}/`);
  const host = address ? hostname.slice(1, -1) : hostname.replace(/\.$/, "");
  return host === "" || host.length > maxHostLength || host.endsWith(".") ? null : host;
}

/** `host:port` as a client writes it; the port may only be left out where there is a default. Null for anything else. */
export function parseAuthority(text: string, defaultPort: number | null): HostPort | null {
  const found = /^(\[[^\]]*\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(text);
  const host = canonicalHost(found?.[1] ?? "");
  const port = found?.[2] === undefined ? defaultPort : Number(found[2]);
  return host === null || port === null || port < 1 || port > 65_535 ? null : { host, port };
}

/** Null where it is no entry. */
export function parseAllowEntry(text: string): AllowEntry | null {
  const below = text.startsWith("*.");
  const rest = below ? text.slice(2) : text;
  // 0 is no port, so it tells that none was given.
  const bareAddress = isIP(rest) === 6 ? `[${rest}]` : rest;
  const parsed = /:\d+$/.test(bareAddress) ? parseAuthority(bareAddress, null) : withoutPort(bareAddress);
  if (parsed === null || (below && isIP(parsed.host) !== 0)) return null;
  return { host: parsed.host, below, port: parsed.port };
}

function withoutPort(text: string): { host: string; port: null } | null {
  const host = canonicalHost(text);
  return host === null ? null : { host, port: null };
}

export function isAllowed(entries: readonly AllowEntry[], { host, port }: HostPort): boolean {
  return entries.some((entry) => {
    const samePort = entry.port === null ? webPorts.includes(port) : entry.port === port;
    return samePort && (entry.below ? host.endsWith(`.${entry.host}`) : host === entry.host);
  });
}

/** Hosts that stand for this machine itself, whatever a resolver says. */
export function isThisMachine(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost") || host === "::1" || /^127(\.\d+){3}$/.test(host);
}
