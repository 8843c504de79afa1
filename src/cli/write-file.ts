import { writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { OperationalError } from "../std/operational-error.ts";

/** Writes a file of the person's: over the one that is there, or, with `fresh`, only where there is none. */
export async function writeFor(
  { name, file }: { readonly name: string; readonly file: string },
  text: string,
  fresh: { readonly elsewhere: string } | null = null,
): Promise<void> {
  try {
    await writeFile(file, text, { flag: fresh === null ? "w" : "wx" });
  } catch (error) {
    throw problemOf(error as NodeJS.ErrnoException, name, fresh?.elsewhere ?? "name another file");
  }
}

function problemOf(error: NodeJS.ErrnoException, name: string, elsewhere: string): OperationalError {
  const about = { code: "not-written", cause: error } as const;
  if (error.code === "EEXIST")
    return new OperationalError({ ...about, what: `There is a ${name} already`, next: elsewhere });
  const why = error.code === "ENOENT" ? `there is no folder ${dirname(name)}` : error.message;
  return new OperationalError({ ...about, what: `${name} could not be written`, why, next: elsewhere });
}
