import { readFileSync } from "node:fs";
import { errnoOf } from "../../std/operational-error.ts";

const maxSockets = 1_000;

/**
 * Paths of the Unix sockets that processes of this machine listen on. A file system that is read-only keeps nobody from
 * connecting to one, so those that are not hidden otherwise are hidden one by one.
 */
export function hostSockets(): string[] {
  let table: string;
  try {
    table = readFileSync("/proc/net/unix", "utf8");
  } catch (error) {
    if (["ENOENT", "EACCES"].includes(errnoOf(error) ?? "")) return [];
    throw error;
  }
  // Num RefCount Protocol Flags Type St Inode Path; the flag 0x10000 says that it listens.
  const paths = table.split("\n").flatMap((line) => /^\S+ \S+ \S+ 00010000 \S+ \S+ +\d+ (\/.*)$/.exec(line)?.[1] ?? []);
  return [...new Set(paths)].slice(0, maxSockets);
}
