import { createHash } from "node:crypto";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { GraphPlace, Skipped } from "./build-graph.ts";

export interface ImportersAsked {
  readonly place: GraphPlace;
  /** With tree-sitter and its grammars. */
  readonly grammarFolder: string;
  readonly paths: readonly string[];
  /** Directly, or through so many others. */
  readonly steps: number;
  /** Of each path at most. */
  readonly limit: number;
}

export interface ImportersFound {
  /** By path, the nearest first. */
  readonly importers: ReadonlyMap<string, readonly string[]>;
  /** Files whose imports are known, and of those the ones that were read now. */
  readonly files: number;
  readonly read: number;
  readonly imports: number;
  readonly skipped: readonly Skipped[];
}

/** Where the parts of the reader are, and what it read before. */
export interface CodeReader {
  /** The bundled thread. */
  readonly threadFile: string;
  readonly grammarFolder: string;
  /** Below the home; it may be removed at any time. */
  readonly cacheFolder: string;
}

/** Which files of a commit import some of it. In a thread of its own, which ends with the answer. */
export function findImporters(
  { threadFile, grammarFolder, cacheFolder }: CodeReader,
  {
    gitDir,
    commit,
    ...asked
  }: { readonly gitDir: string; readonly commit: string } & Pick<ImportersAsked, "paths" | "steps" | "limit">,
): Promise<ImportersFound> {
  const name = createHash("sha256").update(gitDir).digest("hex").slice(0, 32);
  const place = { gitDir, commit, cacheFile: join(cacheFolder, `${name}.json`) };
  const workerData: ImportersAsked = { place, grammarFolder, ...asked };
  return new Promise((resolve, reject) => {
    const worker = new Worker(threadFile, { workerData });
    worker.once("message", (found: ImportersFound) => resolve(found));
    worker.once("error", reject);
    worker.once("exit", (code) => reject(new Error(`the thread that reads imports ended with ${code}`)));
  });
}
