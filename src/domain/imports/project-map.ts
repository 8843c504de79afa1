/** Files of a commit, and what its manifests say of them. */
export interface ProjectMap {
  readonly has: (path: string) => boolean;
  /** Files directly in a folder; empty: the root. */
  readonly filesIn: (folder: string) => readonly string[];
  /** Text of those manifests that were asked for (`isManifest`). */
  readonly manifests: ReadonlyMap<string, string>;
  /** Packages of Java files, by path. */
  readonly packages: ReadonlyMap<string, string>;
}

export function isManifest(path: string): boolean {
  return /(?:^|\/)(?:package\.json|[jt]sconfig(?:\.[\w-]+)?\.json|go\.mod|Cargo\.toml)$/.test(path);
}

/** Empty for a file in the root. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

/** The path that a relative one stands for, seen from a folder; null where it leads out of the root. */
export function joined(folder: string, relative: string): string | null {
  const parts = folder === "" ? [] : folder.split("/");
  for (const part of relative.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) return null;
  }
  return parts.join("/");
}

/** A folder and those around it, the innermost first; the last is the root. */
export function foldersAround(folder: string): string[] {
  const found = [folder];
  for (let at = folder; at !== "";) found.push((at = folderOf(at)));
  return found;
}

/** Of these paths the first that is there. */
export function firstThere({ has }: ProjectMap, paths: readonly string[]): string | null {
  return paths.find((path) => has(path)) ?? null;
}
