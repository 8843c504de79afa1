import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { withoutMarks, type Mark } from "../../domain/roadmap.ts";
import { OperationalError } from "../../std/operational-error.ts";

/** Of a text that is read as work. */
export const maxSourceBytes = 1_000_000;

/** The text of a file that a person names as work. `word`: how they call it. Rejects where there is none, or it is no such text. */
export async function readText(word: string, file: string): Promise<string> {
  const found = await stat(file);
  if (!found.isFile()) {
    throw new OperationalError({
      code: "source-not-a-file",
      what: `Not a file: ${word}`,
      next: `name a file in it, such as ${join(word, "ROADMAP.md")}`,
    });
  }
  if (found.size > maxSourceBytes)
    throw unreadable(word, `it has ${found.size} bytes; at most ${maxSourceBytes} are read`);
  const bytes = await readFile(file);
  const text = bytes.toString("utf8");
  if (text.includes("\0")) throw unreadable(word, "it is a binary file");
  if (!Buffer.from(text).equals(bytes)) throw unreadable(word, "it is not UTF-8 text");
  return text;
}

/** Stands for what a roadmap says, but for how far its tasks are. */
export function saidIn(text: string, marks: readonly Mark[]): string {
  return createHash("sha256").update(withoutMarks(text, marks)).digest("hex").slice(0, 16);
}

function unreadable(word: string, why: string): OperationalError {
  return new OperationalError({
    code: "source-unreadable",
    what: `${word} cannot be read as work`,
    why,
    next: "name a Markdown file with boxes, or a text file with one title a line",
  });
}
