import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { errnoOf } from "../../std/operational-error.ts";

export interface TreeEntry {
  readonly name: string;
  readonly isFolder: boolean;
  /** It may lead anywhere. */
  readonly isLink: boolean;
  /** In bytes; 0 for a folder. */
  readonly size: number;
}

/** Files by absolute path. What the system refuses (permissions, a full disk) is thrown. */
export interface FileTree {
  /** Null where there is no such file. Throws for one above `maxFile`. */
  read(path: string): Buffer | null;
  /** Null where there is no such folder. */
  list(path: string): readonly TreeEntry[] | null;
  write(path: string, content: string): void;
  /** Of a folder too, with all that is in it. */
  remove(path: string): void;
}

/** Larger files are for other tools. */
const maxFile = 20_000_000;

const nothing = new Set(["ENOENT", "ENOTDIR", "EISDIR", "ELOOP", "ENAMETOOLONG"]);

function ifThere<T>(look: () => T): T | null {
  try {
    return look();
  } catch (error) {
    if (nothing.has(errnoOf(error) ?? "")) return null;
    throw error;
  }
}

function byName(a: TreeEntry, b: TreeEntry): number {
  return a.name < b.name ? -1 : 1;
}

export const realTree: FileTree = {
  read(path) {
    const status = ifThere(() => statSync(path));
    if (status?.isFile() !== true) return null;
    if (status.size > maxFile) throw new Error(`it has more than ${maxFile / 1_000_000} MB`);
    return ifThere(() => readFileSync(path));
  },
  list(path) {
    const entries = ifThere(() => readdirSync(path, { withFileTypes: true }));
    const found = entries?.flatMap((entry) => {
      const status = ifThere(() => statSync(join(path, entry.name)));
      if (status === null) return [];
      const isFolder = status.isDirectory();
      return [{ name: entry.name, isFolder, isLink: entry.isSymbolicLink(), size: isFolder ? 0 : status.size }];
    });
    return found?.sort(byName) ?? null;
  },
  write(path, content) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  },
  remove(path) {
    rmSync(path, { recursive: true, force: true });
  },
};

export interface OverlayTree extends FileTree {
  /** Makes all changes below, in one go. */
  writeOut(): void;
}

/** A tree of which `below` sees no change until they are written out. */
export function overlayTree(below: FileTree): OverlayTree {
  const written = new Map<string, string>();
  /** With all that was below them; before anything was written there. */
  const removed = new Set<string>();
  const isRemoved = (path: string): boolean =>
    removed.has(path) || (dirname(path) !== path && isRemoved(dirname(path)));
  const inside = (folder: string) => `${folder === "/" ? "" : folder}/`;
  return {
    read(path) {
      const content = written.get(path);
      if (content !== undefined) return Buffer.from(content, "utf8");
      return isRemoved(path) ? null : below.read(path);
    },
    list(path) {
      const start = inside(path);
      const found = new Map<string, TreeEntry>();
      const kept = isRemoved(path) ? null : below.list(path);
      for (const entry of kept ?? []) if (!isRemoved(start + entry.name)) found.set(entry.name, entry);
      for (const [file, content] of written) {
        if (!file.startsWith(start)) continue;
        const [name = "", ...rest] = file.slice(start.length).split("/");
        const isFolder = rest.length > 0;
        found.set(name, { name, isFolder, isLink: false, size: isFolder ? 0 : Buffer.byteLength(content) });
      }
      if (kept === null && found.size === 0) return null;
      return [...found.values()].sort(byName);
    },
    write(path, content) {
      written.set(path, content);
    },
    remove(path) {
      for (const file of written.keys()) if (file === path || file.startsWith(inside(path))) written.delete(file);
      removed.add(path);
    },
    writeOut() {
      for (const path of removed) below.remove(path);
      for (const [path, content] of written) below.write(path, content);
    },
  };
}
