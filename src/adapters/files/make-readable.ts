import { chmod, lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf } from "../../std/operational-error.ts";

/** Lets their owner read all files below a folder, and look into all folders. What is another user's stays as it is. */
export async function makeReadable(folder: string): Promise<void> {
  const left = [folder];
  for (let at = left.pop(); at !== undefined; at = left.pop()) {
    try {
      const found = await lstat(at);
      const wanted = found.isDirectory() ? 0o700 : 0o400;
      if ((found.isFile() || found.isDirectory()) && (found.mode & wanted) !== wanted)
        await chmod(at, (found.mode & 0o777) | wanted);
      if (found.isDirectory()) for (const name of await readdir(at)) left.push(join(at, name));
    } catch (error) {
      if (!["ENOENT", "EACCES", "EPERM", "ENAMETOOLONG"].includes(errnoOf(error) ?? "")) throw error;
    }
  }
}
