import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { readPlainFile } from "../adapters/files/read-plain-file.ts";

const maxOutboxFiles = 100;
const maxOutboxBytes = 64 * 1024;

/** Messages left as files, in the order of their names: `*.json`, one object each. What is too large or odd is skipped. */
export async function readOutbox(outbox: string, onLine: (line: string) => void): Promise<void> {
  const names = (await readdir(outbox)).filter((name) => name.endsWith(".json")).sort();
  for (const name of names.slice(0, maxOutboxFiles)) {
    const text = await readPlainFile(join(outbox, name), maxOutboxBytes);
    if (text !== null) onLine(text.replace(/\s*\n\s*/g, " "));
  }
}
