import { isLoopback } from "./github-client.ts";

/** `owner/name` of a remote's address, where it is at the GitHub whose API is at `baseUrl`; null elsewhere. */
export function placeOfRemote(url: string, baseUrl: string): string | null {
  const [, host = "", path = ""] =
    /^(?:[\w+]+:\/\/)?(?:[^@/]+@)?([^:/]+)(?::\d+)?[:/]+(.+?)(?:\.git)?\/?$/.exec(url) ?? [];
  if (!hostsOf(new URL(baseUrl)).has(host.toLowerCase())) return null;
  return /^[\w.-]+\/[\w.-]+$/.test(path) ? path : null;
}

/** An emulated one stands for github.com. Names of another server's repositories mean something else there. */
function hostsOf(api: URL): ReadonlySet<string> {
  const own = api.hostname.replace(/^api\./, "");
  const isGitHub = own === "github.com" || isLoopback(api);
  return new Set(isGitHub ? [own, "github.com", "ssh.github.com"] : [own, `ssh.${own}`]);
}
