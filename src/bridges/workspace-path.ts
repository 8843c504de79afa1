import { lstatSync, realpathSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import { errnoOf } from "../std/operational-error.ts";

/**
 * Whether a path, absolute or relative to the workspace, is the workspace or lies in it once every link on the way is
 * followed. The end of it need not be there yet.
 */
export function isInside(workspace: string, path: string): boolean {
  const real = realWhereThere(resolve(workspace, path));
  if (real === null) return false;
  const way = relative(realpathSync(workspace), real);
  return way === "" || (way !== ".." && !way.startsWith("../") && !isAbsolute(way));
}

/** The real path of what is there of it, with the rest behind; null where a link leads nowhere or in a circle. */
function realWhereThere(path: string, depth = 0): string | null {
  try {
    return realpathSync(path);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno !== "ENOENT" || depth > 200 || isLink(path)) return null;
    const parent = realWhereThere(dirname(path), depth + 1);
    return parent === null ? null : join(parent, basename(path));
  }
}

/** A link to nothing: writing to it would make a file wherever it points. */
function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}
