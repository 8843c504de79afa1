import type { Home } from "../api/home.ts";
import { messageOf, OperationalError } from "../std/operational-error.ts";

/** Without its store and its journals nothing can be decided: a daemon ends rather than guess. */
export function homeUnwritable({ folder }: Home, cause: unknown): OperationalError {
  return new OperationalError({
    code: "home-unwritable",
    what: `Nothing can be written in ${folder}`,
    why: messageOf(cause),
    next: `make room, or make it writable: df -h ${JSON.stringify(folder)}\nwhat was decided until now is safe; the next command goes on: nightcrew status --watch`,
    cause,
  });
}
