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

type StreamName = "stdout" | "stderr";
const streamNames = ["stdout", "stderr"] as const;

/** What may be shown of the end of a stream, and before it as much as a secret may be long, which is not shown. */
const tailBytes = 64 * 1024;
const leadBytes = 64 * 1024;

interface Piece {
  readonly chunk: Buffer;
  readonly name: StreamName;
  /** Pieces of both streams are numbered in the order they came in. */
  readonly number: number;
}

/** The end of what a stream says when there is no room in the log any more, as it came. */
class LatePieces {
  pieces: Piece[] = [];
  /** Bytes that are gone. */
  passedOver = 0;
  private held = 0;

  push(piece: Piece): void {
    this.pieces.push(piece);
    this.held += piece.chunk.length;
    // At twice the size, so that small pieces do not each move all others.
    if (this.held > 2 * (tailBytes + leadBytes)) this.trim();
  }

  private trim(): void {
    let first = 0;
    for (let next = this.lengthOf(0); this.held - next >= tailBytes + leadBytes; next = this.lengthOf(++first)) {
      this.held -= next;
      this.passedOver += next;
    }
    this.pieces = this.pieces.slice(first);
  }

  private lengthOf(index: number): number {
    return this.pieces[index]?.chunk.length ?? 0;
  }
}

/**
 * The end of a stream without its beginning. What the first piece was torn from may have been a secret: as much as one may
 * be long is not shown, nor the rest of a word.
 */
function tornStream(secrets: Redactor): RedactingStream {
  const stream = secrets.stream();
  let hidden = leadBytes;
  let torn = true;
  return {
    push: (text) => {
      const start = torn ? text.search(/\s/) : 0;
      if (start !== -1) torn = false;
      const clear = start === -1 ? "" : stream.push(text.slice(start));
      const cut = Math.min(hidden, text.length);
      hidden -= cut;
      return clear.slice(cut);
    },
    end: () => (hidden > 0 ? "" : stream.end()),
  };
}

/**
 * A log without the secrets of its writer. What comes when it is full is redacted only as far as it is its end: nothing else
 * of it is kept anywhere.
 */
export class RedactedLog {
  private readonly log: BoundedLog;
  private readonly secrets: Redactor;
  private readonly streams: Record<StreamName, RedactingStream>;
  private readonly late = { stdout: new LatePieces(), stderr: new LatePieces() };
  private count = 0;

  constructor(log: BoundedLog, secrets: Redactor) {
    this.log = log;
    this.secrets = secrets;
    this.streams = { stdout: secrets.stream(), stderr: secrets.stream() };
  }

  write(chunk: Buffer, name: StreamName): void {
    if (this.log.isFull) this.late[name].push({ chunk, name, number: this.count++ });
    else this.keep(this.streams[name].push(chunk.toString("latin1")));
  }

  /** Resolves with its last bytes, as text. */
  async end(): Promise<string> {
    for (const name of streamNames) {
      const { passedOver } = this.late[name];
      if (passedOver === 0) continue;
      this.log.leaveOut(passedOver);
      this.streams[name] = tornStream(this.secrets);
    }
    const pieces = streamNames.flatMap((name) => this.late[name].pieces).toSorted((a, b) => a.number - b.number);
    for (const { chunk, name } of pieces) this.keep(this.streams[name].push(chunk.toString("latin1")));
    for (const stream of Object.values(this.streams)) this.keep(stream.end());
    await this.log.end();
    return this.log.tailText();
  }

  private keep(text: string): void {
    if (text !== "") this.log.write(Buffer.from(text, "latin1"));
  }
}
