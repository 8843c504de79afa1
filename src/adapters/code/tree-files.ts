import type { Git } from "../git/git.ts";
import { nulSeparated } from "../git/git.ts";

/** A regular file of a commit. Links and submodules are none. */
export interface TreeFile {
  readonly path: string;
  /** Of its blob. */
  readonly id: string;
  readonly bytes: number;
}

export interface TreeFiles {
  /** In git's order. */
  readonly files: readonly TreeFile[];
  /** There are more. */
  readonly cut: boolean;
}

/** Of some 200,000 paths. */
const maxBytes = 24 * 1024 * 1024;

/** All files of a commit. Rejects where there is no such commit. */
export async function readTreeFiles(git: Git, commit: string): Promise<TreeFiles> {
  const args = ["ls-tree", "-r", "-z", "--long", "--full-tree", commit];
  const { stdout, cut } = await git.call(args, { cutAt: maxBytes });
  const entries = nulSeparated(stdout.toString());
  // The last one may be half.
  if (cut) entries.pop();
  return { files: entries.flatMap(fileOf), cut };
}

/** `<mode> <type> <id> <size>\t<path>` */
function fileOf(entry: string): TreeFile[] {
  const tab = entry.indexOf("\t");
  const [mode = "", , id = "", size] = entry.slice(0, tab).split(/ +/);
  return mode.startsWith("100") ? [{ path: entry.slice(tab + 1), id, bytes: Number(size) }] : [];
}
