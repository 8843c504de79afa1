import { errnoOf } from "../../std/operational-error.ts";

const codes = new Set(["ENOSPC", "EDQUOT", "EROFS"]);

/** The disk is full, its quota used up, or may not be written to: no bug of ours, and nothing to do but to make room. */
export function isNoRoom(error: unknown): boolean {
  const errno = errnoOf(error) ?? "";
  if (codes.has(errno)) return true;
  // Not only files may be somebody else's.
  if (/^(EACCES|EPERM)$/.test(errno)) return error instanceof Error && "path" in error;
  // What a recursive mkdir of Node says of a read-only file system.
  if (errno === "ENOENT") return error instanceof Error && "syscall" in error && error.syscall === "mkdir";
  const name = error instanceof Error && "sqliteCodeName" in error ? String(error.sqliteCodeName) : "";
  return /^SQLITE_(FULL|READONLY|IOERR)/.test(name);
}

/** The same in the words of git, which tells it in no other way. */
export function tellsNoRoom(stderr: string): boolean {
  return /No space left on device|Out of diskspace|Disk quota exceeded|Read-only file system/.test(stderr);
}
