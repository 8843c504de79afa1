import { existsSync, watch } from "node:fs";
import { rm } from "node:fs/promises";
import { basename, dirname } from "node:path";
import type { SqliteStore } from "../adapters/store/sqlite-store.ts";
import type { Engine } from "../engine/loop.ts";
import { errnoOf, OperationalError } from "../std/operational-error.ts";
import type { Beat } from "./beat.ts";

const runsLookedAt = 1_000;

/**
 * The emergency stop is a file in the home: whoever may write there can stop everything, with or without a daemon. Runners
 * look for it by themselves; the daemon interrupts every run, so that nothing is started again.
 */
export class StopFile {
  private readonly file: string;
  private endWatch: () => void = () => undefined;

  constructor(file: string) {
    this.file = file;
  }

  get isThere(): boolean {
    return existsSync(this.file);
  }

  /** Calls `onStop` now where the file is there, and whenever it appears; again at every beat. */
  watch(onStop: () => void, beat: Beat): void {
    const look = (): void => {
      if (this.isThere) onStop();
    };
    const endNotices = this.notice(look);
    const endBeat = beat.on(look);
    this.endWatch = () => {
      endNotices();
      endBeat();
    };
    look();
  }

  /** The system may have no notices left to give (inotify instances), or none for this folder: the beat is enough. */
  private notice(look: () => void): () => void {
    const name = basename(this.file);
    try {
      const watcher = watch(dirname(this.file), { persistent: false }, (_event, changed) => {
        if (changed === null || changed === name) look();
      });
      watcher.on("error", () => watcher.close());
      return () => watcher.close();
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      return () => undefined;
    }
  }

  /** Whether there was anything to lift. */
  async lift(): Promise<boolean> {
    const wasThere = this.isThere;
    await rm(this.file, { force: true });
    return wasThere;
  }

  /** Nothing is begun while everything is to stand still. */
  refuseWhileThere(): void {
    if (!this.isThere) return;
    throw new OperationalError({
      code: "everything-stopped",
      what: "Everything was stopped with nightcrew stop --all",
      why: `nothing is begun as long as this file is there: ${this.file}`,
      next: "go on with everything: nightcrew resume --all",
    });
  }

  close(): void {
    this.endWatch();
  }
}

interface Standing {
  readonly store: Pick<SqliteStore, "openRuns">;
  readonly engine: Engine;
  readonly stopFile: StopFile;
}

/** Stops what is running in every run that goes on. */
export async function interruptAll({ store, engine, stopFile }: Standing): Promise<void> {
  for (const { id, state } of store.openRuns(runsLookedAt)) {
    // Lifted meanwhile.
    if (!stopFile.isThere) return;
    if (state.status !== "active" && state.status !== "paused") continue;
    await engine.submit({ type: "run.control", run: id, command: { type: "interrupt" } });
  }
}
