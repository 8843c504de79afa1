import { lstat } from "node:fs/promises";
import { join } from "node:path";
import type { RepositoryPlace } from "../../domain/job.ts";
import { errnoOf } from "../../std/operational-error.ts";
import { runnerGit, type SlotPaths } from "./slot.ts";

/**
 * The tree that was checked out, with the files at these paths as they are in the work tree by now: new, changed or gone.
 * Whatever else was changed is not in it. Rejects what is no file, or cannot be taken by git.
 */
export async function treeWith(slot: SlotPaths, place: RepositoryPlace, paths: readonly string[]): Promise<string> {
  for (const path of paths) if (await isFolder(join(slot.tree, path))) throw new Error(`${path} was made a folder`);
  const git = runnerGit(slot, place);
  const input = paths.map((path) => `${path}\0`).join("");
  await git.call(["update-index", "--add", "--remove", "-z", "--stdin"], { input });
  return git.text(["write-tree"]);
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isDirectory();
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return false;
    throw error;
  }
}
