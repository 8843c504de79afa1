import { parentPort, workerData } from "node:worker_threads";
import { readRoadmap } from "./markdown.ts";

// Reading a large roadmap takes seconds of pure computing: here, off the daemon's loop.
parentPort?.postMessage(readRoadmap((workerData as { text: string }).text));
