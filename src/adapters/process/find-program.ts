import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { errnoOf } from "../../std/operational-error.ts";

/** The file a program name stands for, by the rules of execvp(3); null when there is none that can be executed. */
export function findProgram(program: string, path: string, cwd: string): string | null {
  const candidates = program.includes("/")
    ? [resolve(cwd, program)]
    : path.split(delimiter).map((folder) => join(folder, program));
  return candidates.find(isProgram) ?? null;
}

/** A folder is executable too, in its way. */
function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch (error) {
    if (
      ["ENOENT", "ENOTDIR", "EACCES", "ELOOP", "ENAMETOOLONG", "ERR_INVALID_ARG_VALUE"].includes(errnoOf(error) ?? "")
    )
      return false;
    throw error;
  }
}
