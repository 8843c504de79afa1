import { createHash } from "node:crypto";
import { Worker } from "node:worker_threads";
import type { Mark, RoadmapReading } from "../../domain/roadmap.ts";
import { OperationalError } from "../../std/operational-error.ts";
import type { MarkReader } from "./tick-text.ts";

/** Texts below it are read faster than a thread is started. */
const inlineChars = 8_000;
const maxKept = 32;
/** For the next document of the same plan, or of a plan that is looked at again. */
const idleMs = 3_000;
/** Of longer ones only the marks are kept. */
const keptWholeChars = 64_000;
/** Some texts take the parser the square of their length: those are given up, as nobody wrote them for people. */
const usualLimitMs = 60_000;

interface Kept {
  readonly marks: readonly Mark[];
  readonly reading: RoadmapReading | null;
}

/** Reads roadmaps, large ones in a thread of their own, and keeps the last ones by content. */
export class RoadmapReader implements MarkReader {
  private readonly threadFile: string;
  private readonly limitMs: number;
  private readonly kept = new Map<string, Kept>();
  private idle: Worker | null = null;
  private ending: NodeJS.Timeout | undefined;

  /** `threadFile` is the bundled reader thread. */
  constructor(threadFile: string, limitMs = usualLimitMs) {
    this.threadFile = threadFile;
    this.limitMs = limitMs;
  }

  /** Rejects with an operational error where it takes too long. */
  async read(text: string): Promise<RoadmapReading> {
    const known = this.kept.get(keyOf(text))?.reading;
    if (known !== undefined && known !== null) return known;
    const reading =
      text.length < inlineChars ? (await import("./markdown.ts")).readRoadmap(text) : await this.readInThread(text);
    this.keep(text, { marks: reading.marks, reading: text.length <= keptWholeChars ? reading : null });
    return reading;
  }

  /** None where it takes too long to find them: a mark that is not found is told as such. */
  async marks(text: string): Promise<readonly Mark[]> {
    try {
      return this.kept.get(keyOf(text))?.marks ?? (await this.read(text)).marks;
    } catch (error) {
      if (error instanceof OperationalError) return [];
      throw error;
    }
  }

  remember(text: string, marks: readonly Mark[]): void {
    this.keep(text, { marks, reading: null });
  }

  private keep(text: string, kept: Kept): void {
    const key = keyOf(text);
    this.kept.delete(key);
    this.kept.set(key, kept);
    const [oldest] = this.kept.keys();
    if (this.kept.size > maxKept && oldest !== undefined) this.kept.delete(oldest);
  }

  /** A thread that has read is warm: for some seconds the next document finds it so. */
  private async readInThread(text: string): Promise<RoadmapReading> {
    const thread = this.idle ?? new Worker(this.threadFile);
    this.idle = null;
    clearTimeout(this.ending);
    try {
      const reading = await answerOf(thread, text, this.limitMs);
      this.rest(thread);
      return reading;
    } catch (error) {
      void thread.terminate();
      throw error;
    }
  }

  private rest(thread: Worker): void {
    if (this.idle !== null) {
      void thread.terminate();
      return;
    }
    this.idle = thread;
    thread.once("exit", () => {
      if (this.idle === thread) this.idle = null;
    });
    thread.unref();
    this.ending = setTimeout(() => {
      this.idle = null;
      void thread.terminate();
    }, idleMs).unref();
  }
}

async function answerOf(thread: Worker, text: string, limitMs: number): Promise<RoadmapReading> {
  thread.ref();
  let limit: NodeJS.Timeout | undefined;
  try {
    return await new Promise((resolve, reject) => {
      limit = setTimeout(() => reject(tooSlow(limitMs)), limitMs);
      thread.once("message", (reading: RoadmapReading) => resolve(reading));
      thread.once("error", reject);
      thread.once("exit", (code) => reject(new Error(`the reader thread ended with ${code}`)));
      thread.postMessage(text);
    });
  } finally {
    clearTimeout(limit);
    // All at once would take the thread's own with them, and it would never answer again.
    for (const name of ["message", "error", "exit"]) thread.removeAllListeners(name);
  }
}

function tooSlow(limitMs: number): OperationalError {
  return new OperationalError({
    code: "source-unreadable",
    what: `The roadmap was not understood within ${Math.round(limitMs / 1_000)} s`,
    why: "it has thousands of lists and blocks between each other",
    next: "split it into several files, and name the one with what is to be done",
  });
}

function keyOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
