import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { isNoRoom } from "../adapters/files/no-room.ts";
import { assert } from "../std/assert.ts";
import { isEnd, protocolVersion, type JournalBody, type JournalEntry } from "../domain/job.ts";

export const journalName = "journal.jsonl";

/** More entries than this are not written; the end always is. */
const maxEntries = 20_000;

/** How often the end of a job is tried to be written, where there is no room for it. */
const endTries = 600;
const endPauseMs = 1_000;

/**
 * Append-only, numbered. The end of a job is on disk before anybody is told of it, and waits for room where there is none:
 * the work is done, and must not be done again for want of a line.
 */
export class Journal {
  private readonly fd: number;
  private readonly now: () => number;
  private readonly onWritten: () => void;
  private seq = 0;
  /** A line was cut off: the next one must not be taken for its rest. */
  private torn = false;

  constructor(folder: string, now: () => number, onWritten: () => void) {
    this.fd = openSync(join(folder, journalName), "a", 0o600);
    this.now = now;
    this.onWritten = onWritten;
  }

  /** What finds no room is left out: a full disk must not end the work. */
  write(body: JournalBody): void {
    if (this.seq < maxEntries) this.append(body);
  }

  async end(body: JournalBody): Promise<void> {
    assert(isEnd(body), `${body.type} is no end`);
    for (let tries = 1; !this.append(body); tries++) {
      assert(tries < endTries, "there was no room for the end of the job");
      await delay(endPauseMs);
    }
  }

  private append(body: JournalBody): boolean {
    const entry: JournalEntry = { v: protocolVersion, seq: ++this.seq, at: this.now(), body };
    const line = Buffer.from(`${this.torn ? "\n" : ""}${JSON.stringify(entry)}\n`);
    try {
      // Only part of it may find room.
      for (let done = 0; done < line.length;) {
        this.torn = true;
        done += writeSync(this.fd, line, done);
      }
      this.torn = false;
      if (isEnd(body)) fsyncSync(this.fd);
    } catch (error) {
      if (!isNoRoom(error)) throw error;
      return false;
    }
    this.onWritten();
    return true;
  }

  close(): void {
    closeSync(this.fd);
  }
}
