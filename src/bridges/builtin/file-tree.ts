import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { errnoOf } from "../../std/operational-error.ts";

export interface TreeEntry {
  readonly name: string;
  readonly isFolder: boolean;
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

export const realTree: FileTree = {
  read(path) {
    const status = ifThere(() => statSync(path));
    if (status?.isFile() !== true) return null;
    if (status.size > maxFile) throw new Error(`it has more than ${maxFile / 1_000_000} MB`);
    return ifThere(() => readFileSync(path));
  },
  list(path) {
    const names = ifThere(() => readdirSync(path));
    return (
      names?.sort().flatMap((name) => {
        const status = ifThere(() => statSync(join(path, name)));
        if (status === null) return [];
        return [{ name, isFolder: status.isDirectory(), size: status.isDirectory() ? 0 : status.size }];
      }) ?? null
    );
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
  /** Null: removed, with all that was below it. */
  const changes = new Map<string, string | null>();
  const isRemoved = (path: string): boolean =>
    changes.get(path) === null || (dirname(path) !== path && isRemoved(dirname(path)));
  const inside = (folder: string) => `${folder === "/" ? "" : folder}/`;
  return {
    read(path) {
      const changed = changes.get(path);
      if (typeof changed === "string") return Buffer.from(changed, "utf8");
      return isRemoved(path) ? null : below.read(path);
    },
    list(path) {
      const start = inside(path);
      const found = new Map<string, TreeEntry>();
      const kept = isRemoved(path) ? null : below.list(path);
      for (const entry of kept ?? []) if (!isRemoved(start + entry.name)) found.set(entry.name, entry);
      for (const [changed, content] of changes) {
        if (content === null || !changed.startsWith(start)) continue;
        const [name = "", ...rest] = changed.slice(start.length).split("/");
        const size = rest.length > 0 ? 0 : Buffer.byteLength(content);
        found.set(name, { name, isFolder: rest.length > 0, size });
      }
      if (kept === null && found.size === 0) return null;
      return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    write(path, content) {
      changes.set(path, content);
    },
    remove(path) {
      for (const changed of changes.keys()) if (changed.startsWith(inside(path))) changes.delete(changed);
      changes.set(path, null);
    },
    writeOut() {
      for (const [path, content] of changes) if (content === null) below.remove(path);
      for (const [path, content] of changes) if (content !== null) below.write(path, content);
    },
  };
}
