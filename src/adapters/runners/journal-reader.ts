import { open } from "node:fs/promises";
import { protocolVersion, type JournalEntry } from "../../domain/job.ts";
import { parseJsonObject } from "../../std/json-lines.ts";
import { errnoOf } from "../../std/operational-error.ts";

const readSize = 256 * 1024;
/** A line longer than this was not written by a runner of ours. */
const maxLine = 64 * 1024 * 1024;

/** Reads a journal from where it was last read. A line that is not whole yet is left for the next time. */
export class JournalReader {
  private readonly file: string;
  private offset = 0;
  /** The beginning of a line whose end has not been read yet. */
  private rest: Buffer = Buffer.alloc(0);

  constructor(file: string) {
    this.file = file;
  }

  async read(): Promise<JournalEntry[]> {
    const handle = await open(this.file, "r").catch((error: unknown) => {
      if (errnoOf(error) === "ENOENT") return null;
      throw error;
    });
    if (handle === null) return [];
    try {
      const entries: JournalEntry[] = [];
      for (;;) {
        const { buffer, bytesRead } = await handle.read(Buffer.alloc(readSize), 0, readSize, this.offset);
        if (bytesRead === 0) return entries;
        this.offset += bytesRead;
        this.rest = Buffer.concat([this.rest, buffer.subarray(0, bytesRead)]);
        entries.push(...this.takeWholeLines());
        if (this.rest.length > maxLine) throw new Error(`a line of more than ${maxLine} bytes`);
      }
    } finally {
      await handle.close();
    }
  }

  private takeWholeLines(): JournalEntry[] {
    const whole = this.rest.lastIndexOf(0x0a) + 1;
    const lines = this.rest.subarray(0, whole).toString("utf8").split("\n");
    this.rest = Buffer.from(this.rest.subarray(whole));
    return lines
      .map((line) => parseJsonObject(line))
      .filter((entry) => entry?.["v"] === protocolVersion)
      .map((entry) => entry as unknown as JournalEntry);
  }
}
