import { closeSync, existsSync, openSync, readSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import { errnoOf, messageOf, OperationalError } from "../../std/operational-error.ts";

/** Copy of the store when it was last looked at and found healthy. */
export function backupOf(file: string): string {
  return join(dirname(file), "store.backup.db");
}

/** Read whole before it is used: about a millisecond and a half for each megabyte. Larger ones when a backup is made. */
const checkedBytes = 16 * 1024 * 1024;

/**
 * What is wrong with a store's file, before anything is written to it; null where nothing is, or where there is none yet.
 * SQLite itself takes an empty file for a new database, and one that is cut off for a whole one until it reads behind its end.
 */
export function damageOf(file: string): string | null {
  const size = sizeOf(file);
  if (size === null) return null;
  if (size === 0) return hadContent(file) ? "it is empty, and was not" : null;
  return size > checkedBytes && !isCutOff(file, size) ? null : checkWhole(file);
}

export function checkWhole(file: string): string | null {
  try {
    const database = new DatabaseSync(file, { readOnly: true });
    try {
      const [found] = database.prepare("PRAGMA quick_check(1)").all() as { quick_check: string }[];
      return found?.quick_check === "ok" ? null : (found?.quick_check ?? "it cannot be read").replace(/\s+/g, " ");
    } finally {
      database.close();
    }
  } catch (error) {
    return messageOf(error);
  }
}

/** A store that is not used any further: what is there stays as it is, for a person to look at. */
export function storeDamaged(file: string, why: string): OperationalError {
  const folder = dirname(file);
  const backup = backupOf(file);
  const aside = `cd ${JSON.stringify(folder)} && mkdir damaged && mv store.db* damaged/`;
  const kept = existsSync(backup) ? statSync(backup).mtime.toISOString() : null;
  return new OperationalError({
    code: "store-unusable",
    what: `The store cannot be opened: ${file}`,
    why: `${why}; nothing was written to it`,
    next:
      kept === null
        ? `there is no backup of it yet; to begin with an empty one: ${aside}`
        : `put back the backup of ${kept}, ${backup}: ${aside} && cp store.backup.db store.db\nwhat has landed since then is in git, and is not known to it`,
  });
}

function hadContent(file: string): boolean {
  return [`${file}-wal`, backupOf(file), join(dirname(file), "runs")].some((path) => (sizeOf(path) ?? 0) > 0);
}

/** Its header counts more pages than it has: https://www.sqlite.org/fileformat2.html#the_database_header */
function isCutOff(file: string, size: number): boolean {
  const header = Buffer.alloc(100);
  const handle = openSync(file, "r");
  try {
    readSync(handle, header, 0, header.length, 0);
  } finally {
    closeSync(handle);
  }
  // A page size of 65536 does not fit, and stands there as 1.
  const pageSize = header.readUInt16BE(16) === 1 ? 65_536 : header.readUInt16BE(16);
  return size < pageSize * header.readUInt32BE(28);
}

/** Null where it is not there. */
function sizeOf(path: string): number | null {
  try {
    return statSync(path).size;
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return null;
    throw error;
  }
}
