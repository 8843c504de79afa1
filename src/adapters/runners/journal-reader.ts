import { open } from "node:fs/promises";
import { protocolVersion, type JournalEntry } from "../../domain/job.ts";
import { parseJsonObject } from "../../std/json-lines.ts";
import { errnoOf } from "../../std/operational-error.ts";

const readSize = 256 * 1024;

/** Reads a journal from where it was last read. A line that is not whole yet is left for the next time. */
export class JournalReader {
  private readonly file: string;
  private offset = 0;

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
        const whole = buffer.subarray(0, bytesRead).lastIndexOf(0x0a) + 1;
        if (whole === 0) return entries;
        for (const line of buffer.subarray(0, whole).toString("utf8").split("\n")) {
          const entry = parseJsonObject(line);
          if (entry?.["v"] === protocolVersion) entries.push(entry as unknown as JournalEntry);
        }
        this.offset += whole;
      }
    } finally {
      await handle.close();
    }
  }
}
