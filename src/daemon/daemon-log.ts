import { appendFileSync, copyFileSync, statSync, truncateSync } from "node:fs";
import { errnoOf, messageOf } from "../std/operational-error.ts";

const maxBytes = 5 * 1024 * 1024;

/** `daemon.log`: few lines, each with its time. One older file is kept. */
export class DaemonLog {
  private readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  /** What cannot be logged (the disk is full, the home is gone) goes to stderr. */
  line(text: string): void {
    try {
      this.rotate();
      appendFileSync(this.file, `${new Date().toISOString()} ${text}\n`, { mode: 0o600 });
    } catch (error) {
      process.stderr.write(`${text}\n(not logged: ${messageOf(error)})\n`);
    }
  }

  /** Copied and emptied, not renamed: whoever started this process has it open for what node itself has to say. */
  private rotate(): void {
    if (sizeOf(this.file) <= maxBytes) return;
    copyFileSync(this.file, `${this.file}.1`);
    truncateSync(this.file);
  }
}

function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return 0;
    throw error;
  }
}

/** For the log: with its stack, where there is one. */
export function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
