import type { Dirent } from "node:fs";
import { readdir } from "node:fs/promises";
import { errnoOf } from "../../std/operational-error.ts";

/** What stands in a folder; nothing where it is not there, is none, or cannot be listed. */
export async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (errnoOf(error) === null) throw error;
    return [];
  }
}
