import { rmSync, statSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { errnoOf, messageOf } from "../../std/operational-error.ts";
import { backupOf } from "./damage.ts";

/** What a start has to do comes first. */
const firstLookMs = 2_000;
const lookMs = 60 * 60_000;
const olderThanMs = 24 * 60 * 60_000;

export interface StoreBackupParts {
  readonly file: string;
  /** The bundled backup thread. */
  readonly threadFile: string;
  readonly log: (line: string) => void;
}

/** Keeps a copy of the store that is at most a day old, as long as the store is healthy; an older copy stays where it is not. */
export class StoreBackup {
  private readonly parts: StoreBackupParts;
  private readonly timers: readonly NodeJS.Timeout[];
  /** Not 0: the thread is to leave. */
  private readonly leave = new Int32Array(new SharedArrayBuffer(4));
  private worker: Worker | null = null;

  constructor(parts: StoreBackupParts) {
    this.parts = parts;
    // Of a daemon that was killed in the middle.
    rmSync(temporaryOf(parts.file), { force: true });
    const look = (): void => this.look();
    this.timers = [setTimeout(look, firstLookMs).unref(), setInterval(look, lookMs).unref()];
  }

  /** Resolves when its thread has left: one that is ended inside of SQLite takes the whole process with it, by SIGABRT. */
  async stop(): Promise<void> {
    for (const timer of this.timers) clearTimeout(timer);
    const { worker } = this;
    if (worker === null) return;
    Atomics.store(this.leave, 0, 1);
    worker.ref();
    await new Promise((resolve) => worker.once("exit", resolve));
  }

  private look(): void {
    const { file, threadFile, log } = this.parts;
    const backup = backupOf(file);
    if (this.worker !== null || ageOf(backup) < olderThanMs) return;
    const workerData = { file, backup, temporary: temporaryOf(file), leave: this.leave };
    const worker = new Worker(threadFile, { workerData });
    this.worker = worker;
    worker.unref();
    worker.once("error", (error) => log(`no backup was made of the store: ${messageOf(error)}`));
    const tidy = (): void => rmSync(temporaryOf(file), { force: true });
    // A process that has no time left to wait for a slow disk leaves nothing either.
    process.once("exit", tidy);
    worker.once("exit", () => {
      this.worker = null;
      process.off("exit", tidy);
      tidy();
    });
  }
}

function temporaryOf(file: string): string {
  return `${backupOf(file)}.tmp`;
}

/** Infinite where there is none. */
function ageOf(file: string): number {
  try {
    return Date.now() - statSync(file).mtimeMs;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return Infinity;
    throw error;
  }
}
