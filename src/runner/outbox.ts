import { lstat, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

const maxOutboxFiles = 100;
const maxOutboxBytes = 64 * 1024;

/** Messages left as files, in the order of their names: `*.json`, one object each. What is too large or odd is skipped. */
export async function readOutbox(outbox: string, onLine: (line: string) => void): Promise<void> {
  const names = (await readdir(outbox)).filter((name) => name.endsWith(".json")).sort();
  for (const name of names.slice(0, maxOutboxFiles)) {
    const file = join(outbox, name);
    const found = await lstat(file);
    if (found.isFile() && found.size <= maxOutboxBytes)
      onLine((await readFile(file, "utf8")).replace(/\s*\n\s*/g, " "));
  }
}
