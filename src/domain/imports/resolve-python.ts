import { firstThere, folderOf, foldersAround, type ProjectMap } from "./project-map.ts";

/** The longest beginning of a dotted name that is a file: what is behind it is a name in that file. */
export function resolvePython(map: ProjectMap, from: string, name: string): string[] {
  const dots = /^\.*/.exec(name)?.[0].length ?? 0;
  const parts = name
    .slice(dots)
    .split(".")
    .filter((part) => part !== "");
  const found = dots === 0 ? absolute(map, from, parts) : moduleAt(map, foldersAround(folderOf(from))[dots - 1], parts);
  return found === null || found === from ? [] : [found];
}

/**
 * Packages are looked for in the root, in `src` and the like, and beside the file and above it; not in the packages it is in,
 * whose modules have longer names: `import logging` in a package with a `logging.py` is another one.
 */
function absolute(map: ProjectMap, from: string, parts: readonly string[]): string | null {
  const around = foldersAround(folderOf(from)).filter((folder) => !isPackage(map, folder));
  const sources = around.map((folder) => (folder === "" ? "src" : `${folder}/src`));
  for (const root of new Set(["", "src", "lib", "python", ...around, ...sources])) {
    const found = parts.length === 0 ? null : moduleAt(map, root, parts, 1);
    if (found !== null) return found;
  }
  return null;
}

function isPackage(map: ProjectMap, folder: string): boolean {
  return firstThere(map, [`${folder}/__init__.py`, `${folder}/__init__.pyi`]) !== null;
}

/** `least`: so many parts have to be a file or a folder. */
function moduleAt(map: ProjectMap, folder: string | undefined, parts: readonly string[], least = 0): string | null {
  if (folder === undefined) return null;
  for (let count = parts.length; count >= least; count--) {
    const path = [...(folder === "" ? [] : [folder]), ...parts.slice(0, count)].join("/");
    const packages = [`${path}/__init__.py`, `${path}/__init__.pyi`];
    const found = firstThere(map, count === 0 ? packages : [`${path}.py`, ...packages, `${path}.pyi`]);
    if (found !== null) return found;
  }
  return null;
}
