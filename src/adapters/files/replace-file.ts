import { randomBytes } from "node:crypto";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setImmediate } from "node:timers/promises";

export interface ReplaceOptions {
  /** Permission bits of the new file; 0600 unless given. */
  readonly mode?: number;
  /** Asked last of all: with false the file stays as it is. */
  readonly stillWanted?: () => Promise<boolean>;
}

const underWay = new Set<Promise<boolean>>();

/** Readers see the old content or the new one, also after a crash. False when it was not wanted any more. */
export function replaceFile(file: string, content: string | Buffer, options: ReplaceOptions = {}): Promise<boolean> {
  const replaced = replace(file, content, options).finally(() => underWay.delete(replaced));
  underWay.add(replaced);
  return replaced;
}

/**
 * Resolves once no file is being replaced. A process that leaves in the middle would leave half a file beside a person's
 * roadmap, which nobody ever removes.
 */
export async function replacementsDone(): Promise<void> {
  while (underWay.size > 0) {
    await Promise.allSettled(underWay);
    // Who waited for one may begin the next.
    await setImmediate();
  }
}

async function replace(file: string, content: string | Buffer, options: ReplaceOptions): Promise<boolean> {
  const temporary = temporaryBeside(file);
  try {
    const handle = await open(temporary, "wx", options.mode ?? 0o600);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (options.stillWanted !== undefined && !(await options.stillWanted())) return false;
    await rename(temporary, file);
    return true;
  } finally {
    await rm(temporary, { force: true });
  }
}

/**
 * The same without waiting for the disk and in one go: readers see old or new content, but a power failure may leave an
 * empty file. For small files that can be made again.
 */
export function replaceFileQuickly(file: string, content: string): void {
  const temporary = temporaryBeside(file);
  try {
    writeFileSync(temporary, content, { flag: "wx", mode: 0o600 });
    renameSync(temporary, file);
  } finally {
    rmSync(temporary, { force: true });
  }
}

function temporaryBeside(file: string): string {
  return join(dirname(file), `.${basename(file)}.${randomBytes(4).toString("hex")}.tmp`);
}
