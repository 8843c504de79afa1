import { isThisMachine, parseAuthority, type HostPort } from "./allow-list.ts";

/** A proxy of the user's that connections go through. */
export interface Upstream extends HostPort {
  readonly tls: boolean;
  /** Value of `Proxy-Authorization`; null where it asks for none. */
  readonly authorization: string | null;
}

/** The proxy a target is reached through by the user's own variables; null: directly. */
export type FindUpstream = (target: HostPort, protocol: "http" | "https") => Upstream | null;

/** By the custom of curl: `https_proxy`, `http_proxy`, `all_proxy`, `no_proxy`, in lower case first. */
export function upstreamsOf(environment: NodeJS.ProcessEnv): FindUpstream {
  const value = (name: string): string => environment[name] ?? environment[name.toUpperCase()] ?? "";
  const all = value("all_proxy");
  const ways = { https: parseUpstream(value("https_proxy") || all), http: parseUpstream(value("http_proxy") || all) };
  const direct = value("no_proxy")
    .split(/[\s,]+/)
    .filter((entry) => entry !== "");
  // This machine means another one to a proxy.
  return (target, protocol) =>
    isThisMachine(target.host) || direct.some((entry) => covers(entry, target)) ? null : ways[protocol];
}

/** Only proxies that speak HTTP; null for any other. */
function parseUpstream(text: string): Upstream | null {
  const spelled = text.includes("://") ? text : `http://${text}`;
  if (text === "" || !URL.canParse(spelled)) return null;
  const { protocol, hostname, port, username, password } = new URL(spelled);
  if (protocol !== "http:" && protocol !== "https:") return null;
  const parsed = parseAuthority(`${hostname}${port === "" ? "" : `:${port}`}`, protocol === "https:" ? 443 : 80);
  if (parsed === null) return null;
  const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const authorization = user === ":" ? null : `Basic ${Buffer.from(user).toString("base64")}`;
  return { ...parsed, tls: protocol === "https:", authorization };
}

function covers(entry: string, { host, port }: HostPort): boolean {
  if (entry === "*") return true;
  const parsed = parseAuthority(entry.replace(/^\*?\./, ""), port);
  return parsed !== null && parsed.port === port && (host === parsed.host || host.endsWith(`.${parsed.host}`));
}
