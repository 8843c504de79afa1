import { createWriteStream, type WriteStream } from "node:fs";

const tailBytes = 64 * 1024;

/** A log file with a bound: its beginning up to the limit, then what was left out is counted, then the very end. */
export class BoundedLog {
  private readonly file: WriteStream;
  private readonly limit: number;
  private written = 0;
  private tail = Buffer.alloc(0);
  private dropped = 0;
  private failure: Error | null = null;

  constructor(path: string, limit: number) {
    this.limit = limit;
    this.file = createWriteStream(path, { flags: "a", mode: 0o600 });
    // A full disk must not end the work; `end` reports it.
    this.file.on("error", (error) => (this.failure ??= error));
  }

  write(chunk: Buffer): void {
    const room = this.limit - this.written;
    if (room > 0 && this.failure === null) this.file.write(chunk.length > room ? chunk.subarray(0, room) : chunk);
    this.written += Math.min(chunk.length, Math.max(room, 0));
    this.dropped += Math.max(chunk.length - Math.max(room, 0), 0);
    this.keepTail(chunk);
  }

  /** Nothing more of what comes finds room but at the very end. */
  get isFull(): boolean {
    return this.written >= this.limit;
  }

  /** Counts bytes that are left out without having been written. */
  leaveOut(bytes: number): void {
    this.dropped += bytes;
  }

  /** The last bytes that were written, as text. */
  tailText(): string {
    return this.tail.toString("utf8");
  }

  /** Resolves with what kept the log from being written, or null. */
  end(): Promise<Error | null> {
    if (this.dropped > 0 && this.failure === null) {
      const shown = this.tail.subarray(-Math.min(this.dropped, tailBytes));
      this.file.write(`\n[… ${this.dropped - shown.length} bytes left out …]\n`);
      this.file.write(shown);
    }
    return new Promise((resolve) => {
      if (this.file.closed || this.failure !== null) resolve(this.failure);
      else {
        this.file.once("close", () => resolve(this.failure));
        this.file.end();
      }
    });
  }

  private keepTail(chunk: Buffer): void {
    if (chunk.length >= tailBytes) this.tail = Buffer.from(chunk.subarray(-tailBytes));
    // Trimmed at twice the size, so that small chunks do not each copy the whole tail.
    else if (this.tail.length + chunk.length > 2 * tailBytes)
      this.tail = Buffer.concat([this.tail.subarray(-(tailBytes - chunk.length)), chunk]);
    else this.tail = Buffer.concat([this.tail, chunk]);
  }
}
