import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { readPlainFile } from "../adapters/files/read-plain-file.ts";
import { removeTree } from "../adapters/files/remove-tree.ts";

const maxOutboxFiles = 100;
const maxOutboxBytes = 64 * 1024;

/**
 * Messages left as files, in the order of their names: `*.json`, one object each. What is too large or odd is skipped. Nothing is
 * kept of it as the agent wrote it: there may be secrets in it, or gigabytes.
 */
export async function takeOutbox(outbox: string, onLine: (line: string) => void): Promise<void> {
  const names = (await readdir(outbox)).filter((name) => name.endsWith(".json")).sort();
  for (const name of names.slice(0, maxOutboxFiles)) {
    const text = await readPlainFile(join(outbox, name), maxOutboxBytes);
    if (text !== null) onLine(text.replace(/\s*\n\s*/g, " "));
  }
  await removeTree(outbox);
}
