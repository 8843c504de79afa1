import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { errnoOf } from "../../std/operational-error.ts";

/**
 * The text of a file in a place that somebody writes to who is not trusted; null where it is not there, cannot be read, has more
 * bytes than `most`, or is something else: a pipe, which nobody may ever write to, a device without an end, a link.
 */
export async function readPlainFile(path: string, most: number): Promise<string | null> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const found = await file.stat();
      return found.isFile() && found.size <= most ? await file.readFile("utf8") : null;
    } finally {
      await file.close();
    }
  } catch (error) {
    if (errnoOf(error) === null) throw error;
    return null;
  }
}
