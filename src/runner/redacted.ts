import { isSecretName } from "../domain/secret-name.ts";
import { makeRedactor, type RedactingStream, type Redactor } from "../domain/redact.ts";
import type { Environment } from "../domain/environment.ts";
import type { BoundedLog } from "../adapters/process/bounded-log.ts";

/** Knows the secrets that are handed to an agent: what looks like one by its name, and what the configuration names. */
export function redactorFor(environment: Environment, named: readonly string[]): Redactor {
  const values = Object.entries(environment)
    .filter(([name, value]) => named.includes(name) || isSecretName(name, value))
    .map(([name, value]) => ({ name, value }));
  return makeRedactor({ values });
}

/** The same value with every text in it redacted. */
export function redacted<T>(value: T, secrets: Redactor): T {
  return redactAny(value, secrets.redact) as T;
}

function redactAny(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value === "string") return redact(value);
  if (Array.isArray(value)) return value.map((item: unknown) => redactAny(item, redact));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, redactAny(inner, redact)]));
}

/** A log without the secrets of its writer. */
export class RedactedLog {
  private readonly log: BoundedLog;
  private readonly streams: Record<"stdout" | "stderr", RedactingStream>;

  constructor(log: BoundedLog, secrets: Redactor) {
    this.log = log;
    this.streams = { stdout: secrets.stream(), stderr: secrets.stream() };
  }

  write(chunk: Buffer, name: "stdout" | "stderr"): void {
    this.keep(this.streams[name].push(chunk.toString("latin1")));
  }

  /** Resolves with its last bytes, as text. */
  async end(): Promise<string> {
    for (const stream of Object.values(this.streams)) this.keep(stream.end());
    await this.log.end();
    return this.log.tailText();
  }

  private keep(text: string): void {
    if (text !== "") this.log.write(Buffer.from(text, "latin1"));
  }
}
