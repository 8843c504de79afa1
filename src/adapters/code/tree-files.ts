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

export interface TreePaths {
  /** In git's order. */
  readonly paths: readonly string[];
  /** There are more. */
  readonly cut: boolean;
}

/** Of some 200,000 paths. */
const maxBytes = 24 * 1024 * 1024;

/** All files of a commit. Rejects where there is no such commit. */
export async function readTreeFiles(git: Git, commit: string): Promise<TreeFiles> {
  const { entries, cut } = await regularFiles(git, commit, ["--long"]);
  return { files: entries.map(({ path, id, size }) => ({ path, id, bytes: Number(size) })), cut };
}

/** The same without sizes, for which git opens every object: that takes many times as long. */
export async function readTreePaths(git: Git, commit: string): Promise<TreePaths> {
  const { entries, cut } = await regularFiles(git, commit, []);
  return { paths: entries.map(({ path }) => path), cut };
}

interface Entry {
  readonly path: string;
  readonly id: string;
  /** Undefined where it was not asked for. */
  readonly size: string | undefined;
}

async function regularFiles(
  git: Git,
  commit: string,
  options: readonly string[],
): Promise<{ readonly entries: readonly Entry[]; readonly cut: boolean }> {
  const { stdout, cut } = await git.call(["ls-tree", "-r", "-z", ...options, "--full-tree", commit], {
    cutAt: maxBytes,
  });
  const lines = nulSeparated(stdout.toString());
  // The last one may be half.
  if (cut) lines.pop();
  return { entries: lines.flatMap(entryOf), cut };
}

/** `<mode> <type> <id>[ <size>]\t<path>` */
function entryOf(line: string): Entry[] {
  const tab = line.indexOf("\t");
  const [mode = "", , id = "", size] = line.slice(0, tab).split(/ +/);
  return mode.startsWith("100") ? [{ path: line.slice(tab + 1), id, size }] : [];
}
