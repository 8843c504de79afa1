/** Part of a tree: folders with all below them, and the files beside each of the folders that lead there (git's cone). */

/** Lines of `info/sparse-checkout`. */
export function coneLines(paths: readonly string[]): string[] {
  const folders = foldersOf(paths);
  const leading = [...new Set(folders.flatMap(leadingTo))].filter((folder) => !folders.includes(folder)).sort();
  return [
    "/*",
    "!/*/",
    ...leading.flatMap((folder) => [`/${escaped(folder)}/`, `!/${escaped(folder)}/*/`]),
    ...folders.map((folder) => `/${escaped(folder)}/`),
  ];
}

/** Whether a file is in it. */
export function inCone(paths: readonly string[]): (file: string) => boolean {
  const folders = foldersOf(paths);
  const beside = new Set(["", ...folders.flatMap(leadingTo)]);
  return (file) =>
    beside.has(file.slice(0, Math.max(0, file.lastIndexOf("/")))) ||
    folders.some((folder) => file.startsWith(`${folder}/`));
}

/** Without those that lie in another one. */
function foldersOf(paths: readonly string[]): string[] {
  const all = [...new Set(paths.map((path) => path.replace(/^\.?\/+|\/+$/g, "")))].filter((path) => path !== "").sort();
  return all.filter((path) => !all.some((other) => path.startsWith(`${other}/`)));
}

function leadingTo(folder: string): string[] {
  const names = folder.split("/").slice(0, -1);
  return names.map((_, at) => names.slice(0, at + 1).join("/"));
}

function escaped(path: string): string {
  return path.replace(/[\\*?[]/g, String.raw`\$&`);
}
