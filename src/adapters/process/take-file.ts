import { linkSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { errnoOf } from "../../std/operational-error.ts";
import { ownIdentity } from "./identity.ts";

/**
 * Takes a file for this process, whose identity is its content; false where it is there already. It appears whole, in one
 * step (link(2)): nobody sees it before it says whose it is.
 */
export function takeFile(file: string): boolean {
  const prepared = join(dirname(file), `.${basename(file)}-${process.pid}`);
  writeFileSync(prepared, JSON.stringify(ownIdentity()), { mode: 0o600 });
  try {
    linkSync(prepared, file);
    return true;
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(prepared, { force: true });
  }
}
