import { stripAnsi } from "../std/text.ts";
import { billing, textRules, type FailureClass } from "./failure-class/text-rules.ts";

export interface FailureSignals {
  /** HTTP status of the request that ended it. */
  readonly status?: number | null;
  /** Name of a system error: `ECONNRESET`. */
  readonly errno?: string | null;
  readonly exitCode?: number | null;
  readonly signal?: string | null;
  /** What the program said. Never nightcrew's own words: a rule must not read its own diagnosis. */
  readonly text?: string | null;
}

export interface Classified {
  readonly class: FailureClass;
  /** Whether doing the same again, later, may succeed. */
  readonly retryable: boolean;
  /** The signal it rests on, to be shown. */
  readonly why: string;
}

/** Structured signals first; then the rules over the text, in their order; then the exit. */
export function classify(signals: FailureSignals): Classified {
  const text = normalised(signals.text ?? "");
  return (
    ofStatus(signals.status ?? null, text) ??
    ofErrno(signals.errno ?? null) ??
    ofText(text) ??
    ofExit(signals.exitCode ?? null, signals.signal ?? null) ?? {
      class: "unknown",
      retryable: true,
      why: "no known sign",
    }
  );
}

const endLength = 8_000;

/** The beginning and the end, as causes stand there; without colours, on one line, in lower case. */
function normalised(text: string): string {
  const bounded = text.length <= endLength * 2 ? text : `${text.slice(0, endLength)} ${text.slice(-endLength)}`;
  return stripAnsi(bounded).replace(/\s+/g, " ").toLowerCase();
}

function ofStatus(status: number | null, text: string): Classified | null {
  if (status === null || !Number.isInteger(status) || status < 400 || status > 599) return null;
  const as = (kind: FailureClass, retryable: boolean): Classified => ({
    class: kind,
    retryable,
    why: `HTTP status ${status}`,
  });
  if (status === 401 || status === 402 || status === 403 || status === 407) return as("permission", false);
  if (status === 429) return billing.test(text) ? as("permission", false) : as("resource", true);
  if (status === 408 || status >= 500) return as("network", true);
  return as("validation", status === 409 || status === 425);
}

const errnos: Readonly<Record<string, readonly [FailureClass, boolean]>> = {
  ...Object.fromEntries(
    "ECONNRESET ECONNREFUSED ECONNABORTED ETIMEDOUT EAI_AGAIN ENOTFOUND ENETUNREACH EHOSTUNREACH ENETDOWN EPIPE UND_ERR_SOCKET"
      .split(" ")
      .map((name) => [name, ["network", true] as const]),
  ),
  ...Object.fromEntries(
    "EMFILE ENFILE ENOMEM EADDRINUSE EBUSY EAGAIN".split(" ").map((name) => [name, ["resource", true] as const]),
  ),
  ENOSPC: ["resource", false],
  EDQUOT: ["resource", false],
  EACCES: ["permission", false],
  EPERM: ["permission", false],
  EROFS: ["permission", false],
  ENOENT: ["validation", false],
  ENOEXEC: ["validation", false],
  E2BIG: ["validation", false],
};

function ofErrno(errno: string | null): Classified | null {
  const found = errno !== null && Object.hasOwn(errnos, errno) ? errnos[errno] : undefined;
  return found === undefined ? null : { class: found[0], retryable: found[1], why: errno ?? "" };
}

function ofText(text: string): Classified | null {
  for (const rule of textRules) {
    const sign = rule.sign(text);
    if (sign !== null) return { class: rule.class, retryable: rule.retryable, why: sign.trim().slice(0, 120) };
  }
  return null;
}

function ofExit(code: number | null, signal: string | null): Classified | null {
  if (signal === "SIGKILL" || code === 137) return { class: "resource", retryable: true, why: "killed" };
  if (signal !== null) return { class: "unknown", retryable: true, why: signal };
  if (code === 126) return { class: "permission", retryable: false, why: "exit code 126: not executable" };
  if (code === 127) return { class: "validation", retryable: false, why: "exit code 127: command not found" };
  return null;
}
