import { createHash } from "node:crypto";
import { Worker } from "node:worker_threads";
import type { Mark, RoadmapReading } from "../../domain/roadmap.ts";
import type { MarkReader } from "./tick-text.ts";

/** Texts below it are read faster than a thread is started. */
const inlineChars = 8_000;
const maxKept = 32;
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

  private readInThread(text: string): Promise<RoadmapReading> {
    return new Promise((resolve, reject) => {
      const worker = new Worker(this.threadFile, { workerData: { text } });
      worker.once("message", (reading: RoadmapReading) => resolve(reading));
      worker.once("error", reject);
      worker.once("exit", (code) => reject(new Error(`the reader thread ended with ${code}`)));
    });
  }
}

function keyOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
