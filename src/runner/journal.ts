import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { isEnd, protocolVersion, type JournalBody, type JournalEntry } from "../domain/job.ts";

export const journalName = "journal.jsonl";

/** More entries than this are not written; the end always is. */
const maxEntries = 20_000;

/** Append-only, numbered. The end of a job is on disk before anybody is told of it. */
export class Journal {
  private readonly fd: number;
  private readonly now: () => number;
  private readonly onWritten: () => void;
  private seq = 0;

  constructor(folder: string, now: () => number, onWritten: () => void) {
    this.fd = openSync(join(folder, journalName), "a", 0o600);
    this.now = now;
    this.onWritten = onWritten;
  }

  write(body: JournalBody): void {
    const last = isEnd(body);
    if (this.seq >= maxEntries && !last) return;
    const entry: JournalEntry = { v: protocolVersion, seq: ++this.seq, at: this.now(), body };
    writeSync(this.fd, `${JSON.stringify(entry)}\n`);
    if (last) fsyncSync(this.fd);
    this.onWritten();
  }

  close(): void {
    closeSync(this.fd);
  }
}
