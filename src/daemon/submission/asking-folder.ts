import { lstat, mkdir, mkdtemp, realpath } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { namesIfThere } from "../../adapters/files/names-if-there.ts";
import { isSameProcess, startTimeOf } from "../../adapters/process/process-table.ts";
import { removeTree } from "../../adapters/files/remove-tree.ts";
import { errnoOf } from "../../std/operational-error.ts";

const name = /^nightcrew-ask-(\d+)-(\d*)-/;

/**
 * An empty folder for an agent that is asked: in the temporary one, where no file of the user's lies above it that agents read
 * unasked. Those of daemons that were killed, which may hold copies of login files, are removed first.
 */
export async function askingFolder(): Promise<string> {
  const temporary = await realpath(tmpdir());
  for (const other of await namesIfThere(temporary)) {
    const [, pid, startTime = ""] = name.exec(other) ?? [];
    if (pid === undefined || isSameProcess(Number(pid), startTime)) continue;
    const folder = join(temporary, other);
    if ((await ownerOf(folder)) === process.getuid?.()) await removeTree(folder);
  }
  const root = await mkdtemp(join(temporary, `nightcrew-ask-${process.pid}-${startTimeOf(process.pid) ?? ""}-`));
  for (const inside of ["tree", "scratch"]) await mkdir(join(root, inside), { mode: 0o700 });
  return root;
}

/** Null where another has removed it meanwhile. */
async function ownerOf(folder: string): Promise<number | null> {
  try {
    return (await lstat(folder)).uid;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return null;
    throw error;
  }
}
