import { parentPort, workerData } from "node:worker_threads";
import { buildGraph } from "./build-graph.ts";
import type { ImportersAsked, ImportersFound } from "./code-graph.ts";
import { Grammars } from "./grammars.ts";

// Parsing thousands of files takes seconds of pure computing: here, off the daemon's loop. The graph ends with the thread.
async function find({ place, grammarFolder, paths, steps, limit }: ImportersAsked): Promise<ImportersFound> {
  const { graph, files, read, skipped } = await buildGraph(place, new Grammars(grammarFolder));
  const importers = paths.map((path) => [path, graph.importersOf(path, { steps, limit })] as const);
  return { importers: new Map(importers), files, read, skipped, imports: graph.imports };
}

// What it rejects with ends the thread, and is told to whoever waits for it.
void find(workerData as ImportersAsked).then((found) => parentPort?.postMessage(found));
