import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import { errnoOf } from "../../std/operational-error.ts";
import { idOffset } from "../git/tree-edit.ts";

/** Of more, and in larger folders, git is better at it. */
const mostPaths = 100;
const maxTreeBytes = 1024 * 1024;

export interface NewCommit {
  readonly commit: string;
  readonly tree: string;
  /** What it has changed; those that it has removed may be among them. */
  readonly paths: readonly string[];
}

/**
 * Whether all that a commit brings is there, each object as a file of its own, as what was written a moment ago is: a
 * question less for git. False also where it is there in another way.
 */
export function isLoose(objectsDir: string, { commit, tree, paths }: NewCommit): boolean {
  // A name that is no UTF-8 could not be found again.
  if (paths.length > mostPaths || paths.some((path) => path.includes("\uFFFD"))) return false;
  return existsSync(looseFile(objectsDir, commit)) && hasAll(objectsDir, tree, paths);
}

function hasAll(objectsDir: string, tree: string, paths: readonly string[]): boolean {
  const content = readTree(objectsDir, tree);
  if (content === null) return false;
  const idBytes = tree.length / 2;
  return [...byName(paths)].every(([name, inside]) => {
    const at = idOffset(content, name, idBytes);
    // It was removed.
    if (at === null) return true;
    const id = content.subarray(at, at + idBytes).toString("hex");
    return inside.length > 0 ? hasAll(objectsDir, id, inside) : existsSync(looseFile(objectsDir, id));
  });
}

/** Names within a folder, with what is meant within each. */
function byName(paths: readonly string[]): Map<string, string[]> {
  const names = new Map<string, string[]>();
  for (const path of paths) {
    const [name = "", ...rest] = path.split("/");
    const inside = names.get(name) ?? [];
    if (rest.length > 0) inside.push(rest.join("/"));
    names.set(name, inside);
  }
  return names;
}

/** Null where it is no tree, or cannot be read here: git will say why. */
function readTree(objectsDir: string, id: string): Buffer | null {
  try {
    const whole = inflateSync(readFileSync(looseFile(objectsDir, id)), { maxOutputLength: maxTreeBytes });
    return whole.toString("latin1", 0, 5) === "tree " ? whole.subarray(whole.indexOf(0) + 1) : null;
  } catch (error) {
    if (errnoOf(error) === null) throw error;
    return null;
  }
}

function looseFile(objectsDir: string, id: string): string {
  return join(objectsDir, id.slice(0, 2), id.slice(2));
}
