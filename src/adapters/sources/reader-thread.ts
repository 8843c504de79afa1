import { parentPort } from "node:worker_threads";
import { readRoadmap } from "./markdown.ts";

// Reading a large roadmap takes seconds of pure computing: here, off the daemon's loop.
parentPort?.on("message", (text: string) => parentPort?.postMessage(readRoadmap(text)));
