import { randomBytes } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

export interface ReplaceOptions {
  /** Permission bits of the new file; 0600 unless given. */
  readonly mode?: number;
  /** Asked last of all: with false the file stays as it is. */
  readonly stillWanted?: () => Promise<boolean>;
}

/** Readers see the old content or the new one, also after a crash. False when it was not wanted any more. */
export async function replaceFile(
  file: string,
  content: string | Buffer,
  options: ReplaceOptions = {},
): Promise<boolean> {
  const temporary = join(dirname(file), `.${basename(file)}.${randomBytes(4).toString("hex")}.tmp`);
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
