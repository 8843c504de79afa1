import { readdir } from "node:fs/promises";
import { errnoOf } from "../../std/operational-error.ts";

/** What is in a folder; nothing where there is none. */
export async function namesIfThere(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return [];
    throw error;
  }
}
