import { createHash } from "node:crypto";
import { Worker } from "node:worker_threads";
import type { Mark, RoadmapReading } from "../../domain/roadmap.ts";
import type { MarkReader } from "./tick-text.ts";

/** Texts below it are read faster than a thread is started. */
const inlineChars = 8_000;
const maxKept = 32;
/** For the next document of the same plan, or of a plan that is looked at again. */
const idleMs = 3_000;
/** Of longer ones only the marks are kept. */
const keptWholeChars = 64_000;

interface Kept {
  readonly marks: readonly Mark[];
  readonly reading: RoadmapReading | null;
}

/** Reads roadmaps, large ones in a thread of their own, and keeps the last ones by content. */
export class RoadmapReader implements MarkReader {
  private readonly threadFile: string;
  private readonly kept = new Map<string, Kept>();
  private idle: Worker | null = null;
  private ending: NodeJS.Timeout | undefined;

  /** `threadFile` is the bundled reader thread. */
  constructor(threadFile: string) {
    this.threadFile = threadFile;
  }

  async read(text: string): Promise<RoadmapReading> {
    const known = this.kept.get(keyOf(text))?.reading;
    if (known !== undefined && known !== null) return known;
    const reading =
      text.length < inlineChars ? (await import("./markdown.ts")).readRoadmap(text) : await this.readInThread(text);
    this.keep(text, { marks: reading.marks, reading: text.length <= keptWholeChars ? reading : null });
    return reading;
  }

  async marks(text: string): Promise<readonly Mark[]> {
    return this.kept.get(keyOf(text))?.marks ?? (await this.read(text)).marks;
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
      const reading = await answerOf(thread, text);
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

async function answerOf(thread: Worker, text: string): Promise<RoadmapReading> {
  thread.ref();
  try {
    return await new Promise((resolve, reject) => {
      thread.once("message", (reading: RoadmapReading) => resolve(reading));
      thread.once("error", reject);
      thread.once("exit", (code) => reject(new Error(`the reader thread ended with ${code}`)));
      thread.postMessage(text);
    });
  } finally {
    // All at once would take the thread's own with them, and it would never answer again.
    for (const name of ["message", "error", "exit"]) thread.removeAllListeners(name);
  }
}

function keyOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
