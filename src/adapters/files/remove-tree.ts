import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { chmod, lstat, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { errnoOf } from "../../std/operational-error.ts";

/**
 * Removes a folder and all in it, also where a command left folders that cannot be written to, as Go's module cache is, or that
 * lie deeper than a path can be long.
 */
export async function removeTree(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true, maxRetries: 2 });
  } catch (error) {
    const code = errnoOf(error) ?? "";
    if (code === "ENAMETOOLONG") await promisify(execFile)("rm", ["-rf", "--", folder]);
    else if (["EACCES", "EPERM"].includes(code)) {
      await makeRemovable(folder);
      await rm(folder, { recursive: true, force: true, maxRetries: 2 });
    } else throw error;
  }
}

/** The same for what is a few files as a rule: it is gone sooner. */
export async function removeSmallTree(folder: string): Promise<void> {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch (error) {
    if (errnoOf(error) === null) throw error;
    await removeTree(folder);
  }
}

/** Gives their owner all permissions of a folder and those in it. A removal that failed may still go on in them. */
export async function makeRemovable(folder: string): Promise<void> {
  const queue = [folder];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    try {
      if (!(await lstat(next)).isDirectory()) continue;
      await chmod(next, 0o700);
      for (const entry of await readdir(next, { withFileTypes: true })) {
        if (entry.isDirectory()) queue.push(join(next, entry.name));
      }
    } catch (error) {
      if (errnoOf(error) !== "ENOENT") throw error;
    }
  }
}
