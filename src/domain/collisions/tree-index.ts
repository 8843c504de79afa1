import { addTo } from "../../std/multi-map.ts";
import { nameOf } from "../diff-policy/paths.ts";

/** The files of a commit, found by path, name or what their name is about. */
export interface TreeIndex {
  /** Sorted. */
  readonly paths: readonly string[];
  readonly has: (path: string) => boolean;
  readonly isFolder: (path: string) => boolean;
  /** Files of that name, whichever folder they are in. */
  readonly named: (name: string) => readonly string[];
  /** Files whose name without endings is that word, however it is written: `UserService` finds `user-service.ts`. */
  readonly about: (word: string) => readonly string[];
}

export function treeIndex(tree: readonly string[]): TreeIndex {
  // As `plainPath` has them.
  const paths = tree.map((path) => path.normalize("NFC")).sort();
  const all = new Set(paths);
  const folders = new Set<string>();
  const byName = new Map<string, string[]>();
  const byStem = new Map<string, string[]>();
  for (const path of paths) {
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
      const folder = path.slice(0, end);
      if (folders.has(folder)) break;
      folders.add(folder);
    }
    const name = nameOf(path);
    addTo(byName, name, path);
    addTo(byStem, stemOf(name), path);
  }
  return {
    paths,
    has: (path) => all.has(path),
    isFolder: (path) => folders.has(path),
    named: (name) => byName.get(name) ?? [],
    about: (word) => byStem.get(stemOf(word)) ?? [],
  };
}

/** `user-service.ts`, `UserService` and `user_service` are one. */
function stemOf(name: string): string {
  const dot = name.indexOf(".", 1);
  return (dot === -1 ? name : name.slice(0, dot)).replace(/[-_]/g, "").toLowerCase();
}
