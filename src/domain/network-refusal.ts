/** What programs print when a name cannot be resolved, or there is no network at all; what they wanted, where they say it. */
const signs: readonly RegExp[] = [
  /\bgetaddrinfo (?:EAI_AGAIN|ENOTFOUND) ([\w.-]{1,253})/,
  /\bgetaddrinfo (?:EAI_AGAIN|ENOTFOUND)\b/,
  /\b[Cc]ould not resolve host(?:name)?: ?([\w.-]{1,253})/,
  /\bfailed to lookup address information\b/,
  /\bTemporary failure in name resolution\b/,
  /\bTemporary failure resolving '([\w.-]{1,253})'/,
  /\b(?:UnknownHostException|Unknown host):? ?([\w.-]{1,253})/,
  /\bdial tcp: lookup ([\w.-]{1,253})[^\n]{0,60}: (?:no such host|server misbehaving|Temporary failure)/,
  /\bdial tcp: lookup ([\w.-]{1,253}) on [^\n]{0,60}connection refused/,
  /\b[Nn]etwork is unreachable\b/,
  /\bconnect ENETUNREACH\b/,
];

/** Much longer output tells it near its end as well. */
const maxChars = 256 * 1024;

/** What an output says that it wanted of the network and did not get: a host, or `the network`. Null: it says nothing of it. */
export function networkRefusal(output: string): string | null {
  const text = output.slice(-maxChars);
  for (const sign of signs) {
    const found = sign.exec(text);
    if (found !== null) return found[1] ?? "the network";
  }
  return null;
}
