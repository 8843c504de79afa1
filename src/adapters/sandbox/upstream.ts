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
  return { ...parsed, tls: protocol === "https:", authorization: basicOf({ username, password }) };
}

/** By who stands in an address; null where nobody does. */
export function basicOf({ username, password }: Pick<URL, "username" | "password">): string | null {
  const pair = `${decoded(username)}:${decoded(password)}`;
  return pair === ":" ? null : `Basic ${Buffer.from(pair).toString("base64")}`;
}

/** A percent sign that stands for itself is left as it is. */
function decoded(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (bytes) => Buffer.from(bytes.replaceAll("%", ""), "hex").toString());
}

function covers(entry: string, { host, port }: HostPort): boolean {
  if (entry === "*") return true;
  const parsed = parseAuthority(entry.replace(/^\*?\./, ""), port);
  return parsed !== null && parsed.port === port && (host === parsed.host || host.endsWith(`.${parsed.host}`));
}
