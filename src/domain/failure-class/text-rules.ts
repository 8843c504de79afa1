import { limitIn } from "../limit-text.ts";

/**
 * What kind of cause a failure has. `network`: the way to a service, or the service. `validation`: what was sent or configured
 * is malformed. `resource`: a limit, quota, disk, memory, port or lock. `permission`: a key, a right, a person is needed.
 * `logic`: the work itself is wrong. `unknown`: nothing tells.
 */
export type FailureClass = "network" | "validation" | "resource" | "permission" | "logic" | "unknown";

export interface TextRule {
  readonly class: FailureClass;
  readonly retryable: boolean;
  /** The part of a normalised text (one line, lower case) that tells; null where none does. */
  readonly sign: (text: string) => string | null;
}

function rule(kind: FailureClass, retryable: boolean, pattern: RegExp): TextRule {
  return { class: kind, retryable, sign: (text) => pattern.exec(text)?.[0] ?? null };
}

/** A quota that a person has to pay for does not come back by waiting. */
export const billing =
  /check your plan and billing|insufficient_quota|credit balance is too low|out of credits|billing hard limit|payment required/;

// In order: the first that fits decides. A cause stands before its consequences: a lost connection before the command that
// failed by it, a full disk before the step that could not write, a tool's own crash before the words of its trace.
export const textRules: readonly TextRule[] = [
  rule("unknown", true, /segmentation fault|bun has crashed|illegal instruction \(|core dumped/),

  // Disk, memory, files, ports, locks.
  rule("resource", false, /\benospc\b|no space left on device|disk quota exceeded/),
  rule(
    "resource",
    true,
    /heap out of memory|reached heap limit|\boom[- ]?kill|out of memory|cannot allocate memory|memoryerror/,
  ),
  rule(
    "resource",
    true,
    /\bemfile\b|too many open files|\beaddrinuse\b|address already in use|port \d+ (?:is (?:already )?)?in use/,
  ),
  rule(
    "resource",
    true,
    /index\.lock'?: file exists|another git process seems|database (?:table )?is locked|could not (?:get|acquire) lock/,
  ),

  // A person is needed.
  rule("permission", false, /gh006|protected branch|\[remote rejected\]|approving review is required/),
  rule("permission", false, /permission denied \(|publickey|host key verification failed|authenticity of host/),
  rule("permission", false, /could not read (?:username|password)|authentication failed for|terminal prompts disabled/),
  rule(
    "permission",
    false,
    /incorrect password attempt|sudo: a (?:terminal|password) is required|a password is required/,
  ),
  rule(
    "permission",
    false,
    /(?:invalid|incorrect|expired|missing|no) (?:x-)?api[- ]key|invalid_api_key|authentication_error|invalid authentication|oauth token (?:has )?expired|401 unauthorized|please run \/login|not logged in|(?:status|error|http|code)[:= ]{1,3}401\b/,
  ),
  rule("permission", false, billing),
  { class: "resource", retryable: true, sign: (text) => (limitIn(text, 0) === null ? null : limitSign(text)) },
  rule(
    "permission",
    false,
    /resource not accessible by integration|\be403\b|403 forbidden|permission_error|permission_denied|insufficient permissions?/,
  ),
  rule(
    "permission",
    false,
    /need (?:your )?permission to|permission for this action was denied|requires? (?:your )?approval|waiting for (?:your )?approval|haven't granted|must target its own worktree/,
  ),
  rule(
    "permission",
    false,
    /\bbwrap: |operation not permitted|sandbox(?:ed)? (?:error|denied|denial)|read-only file system/,
  ),
  rule("permission", false, /\beacces\b|\beperm\b|permission denied/),

  // The service, or the way to it; certificates too, though a person has to mend those.
  rule(
    "network",
    false,
    /self[- ]signed certificate|self_signed_cert|unable_to_get_issuer_cert|unable to (?:get local|verify the first) (?:issuer )?certificate|certificate (?:verify failed|has expired)/,
  ),
  rule(
    "network",
    true,
    /\boverloaded(?:_error)?\b|\b529\b|(?:status ?(?:code)?|http(?: error)?|api error|code|error)["']?[:= (]{0,3}5\d\d\b|internal server error|bad gateway|service unavailable|gateway time-?out/,
  ),
  rule(
    "network",
    true,
    /\b(?:econnreset|econnrefused|econnaborted|etimedout|eai_again|enotfound|enetunreach|ehostunreach)\b/,
  ),
  rule(
    "network",
    true,
    /could not resolve host|name resolution|getaddrinfo|network is unreachable|failed to connect to \S+ port|connection (?:reset|refused|timed out)|socket hang up|fetch failed|network error/,
  ),
  rule(
    "network",
    true,
    /rpc failed|early eof|remote end hung up|unexpected disconnect|stream (?:disconnected|closed) before|unable to access 'https?:|tls handshake|error sending request|connection error|request timed out/,
  ),

  // What was sent, written or configured.
  rule(
    "validation",
    false,
    /prompt is too long|maximum context length|context_length_exceeded|context (?:window|length) (?:is )?exceed|exceeds? the (?:model's )?(?:context|maximum)|input is too long/,
  ),
  rule(
    "validation",
    false,
    /does not exist or you do not have access|model_not_found|unknown model|model not found|no such model/,
  ),
  rule("validation", false, /content filter|content_filter|blocked by content/),
  rule(
    "validation",
    true,
    /tool_use` ids were found|without `tool_result`|tool call validation|inputvalidationerror|invalid (?:tool )?(?:arguments|parameters)|required parameter|params must have|invalid_request_error|invalid_argument/,
  ),
  rule("validation", true, /old_string|0 occurrences found|string (?:to replace )?not found in file/),
  rule(
    "validation",
    false,
    /(?:yaml|json|toml)[\w.]*(?:scanner|parser|decode)?error|mapping values are not allowed|parsing a block mapping|problems parsing config|unexpected token .{0,40} in json/,
  ),
  rule(
    "validation",
    false,
    /lock ?file.{0,80}(?:out of (?:sync|date)|not up to date|needs to be updated)|can only install packages when your package\.json|frozen-lockfile|eusage|eresolve/,
  ),
  rule(
    "validation",
    true,
    /\berror ts\d{3,5}\b|eslint.{0,40}(?:error|failed)|lint --fix .{0,8}failed|✖ \d+ problems?|\blint(?:ing)? (?:failed|errors?)\b|code style issues found/,
  ),
  rule(
    "validation",
    false,
    /program not found|command not found|not recognized as an internal|\benoent\b.{0,80}spawn|spawn \S+ enoent|unknown (?:option|argument|flag)/,
  ),

  // The work itself.
  rule(
    "logic",
    true,
    /conflict \(|merge conflict|automatic merge failed|failed to merge in the changes|patch failed at|needs merge/,
  ),
  rule(
    "logic",
    true,
    /assertion ?error|assertionfailed|assertion .{0,40}failed|assert_eq!|expect\(received\)|tests? failed|failed tests?|\bfailures?: [1-9]|there are test failures|=== ?short test summary|--- fail|<<< failure|test timed out|tests?:? +\d+ failed|error: test_/,
  ),
  rule(
    "logic",
    true,
    /error\[e\d{4}\]|undefined reference to|ld returned \d|cannot find symbol|build failure|compilation (?:failed|error)|panicked at|does not compile/,
  ),
  rule("logic", true, /loop was det|loop detected|potential loop|maximum (?:number of )?turns|max[_ ]turns|turn limit/),
];

/** The words around the limit, as far as they can be told. */
function limitSign(text: string): string {
  return (
    /.{0,40}(?:limit|quota|exhausted|429|too many requests|retry|try again).{0,60}/.exec(text)?.[0] ??
    "a limit is reached"
  );
}
