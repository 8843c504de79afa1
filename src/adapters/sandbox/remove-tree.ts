import { chmod, lstat, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf } from "../../std/operational-error.ts";

/** Removes a folder and all in it, also where a command left folders that cannot be written to, as Go's module cache is. */
export async function removeTree(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true });
  } catch (error) {
    if (!["EACCES", "EPERM"].includes(errnoOf(error) ?? "")) throw error;
    await makeRemovable(folder);
    await rm(folder, { recursive: true, force: true });
  }
}

async function makeRemovable(folder: string): Promise<void> {
  const queue = [folder];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (!(await lstat(next)).isDirectory()) continue;
    await chmod(next, 0o700);
    for (const entry of await readdir(next, { withFileTypes: true })) {
      if (entry.isDirectory()) queue.push(join(next, entry.name));
    }
  }
}
