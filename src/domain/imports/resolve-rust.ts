import { lazilyIn } from "./lazily-in.ts";
import { firstThere, folderOf, foldersAround, joined, type ProjectMap } from "./project-map.ts";

/** Crates of the repository by the name that other crates use: folder of the manifest. */
const crates = lazilyIn(({ manifests }: ProjectMap): Map<string, string> => {
  const found = new Map<string, string>();
  for (const [path, text] of manifests) {
    if (!/(?:^|\/)Cargo\.toml$/.test(path)) continue;
    const name = /^\[package\][^[]*?^name\s*=\s*"([^"]+)"/ms.exec(text)?.[1];
    if (name !== undefined) found.set(name.replaceAll("-", "_"), folderOf(path));
  }
  return found;
});

/** `mod a::b` of a file, or the path of a `use`: of that the longest beginning that is a file. */
export function resolveRust(map: ProjectMap, from: string, name: string): string[] {
  const found = name.startsWith("mod ")
    ? fileOf(map, modulesOf(from), name.slice(4).split("::"), false)
    : used(map, from, name.split("::"));
  return found === null || found === from ? [] : [found];
}

/** The folder with the modules of a file. */
function modulesOf(path: string): string {
  return /(?:^|\/)(?:mod|lib|main)\.rs$/.test(path) ? folderOf(path) : path.replace(/\.rs$/, "");
}

function used(map: ProjectMap, from: string, parts: readonly string[]): string | null {
  const [head = "", ...rest] = parts;
  if (head === "crate") return inCrate(map, crateOf(map, from), rest);
  if (head === "self") return fileOf(map, modulesOf(from), rest, true);
  if (head === "super") {
    const above = parts.findIndex((part) => part !== "super");
    const ups = above === -1 ? parts.length : above;
    const place = joined(modulesOf(from), "../".repeat(ups));
    return place === null ? null : (fileOf(map, place, parts.slice(ups), true) ?? moduleFile(map, place));
  }
  const other = crates(map).get(head);
  return other === undefined ? fileOf(map, modulesOf(from), parts, true) : inCrate(map, other, rest);
}

function crateOf(map: ProjectMap, from: string): string {
  const folders = foldersAround(folderOf(from));
  return folders.find((folder) => map.manifests.has(folder === "" ? "Cargo.toml" : `${folder}/Cargo.toml`)) ?? "";
}

function inCrate(map: ProjectMap, folder: string, parts: readonly string[]): string | null {
  const source = folder === "" ? "src" : `${folder}/src`;
  return fileOf(map, source, parts, true) ?? firstThere(map, [`${source}/lib.rs`, `${source}/main.rs`]);
}

/** `shorter`: the last parts may be names in a file. */
function fileOf(map: ProjectMap, folder: string, parts: readonly string[], shorter: boolean): string | null {
  for (let count = parts.length; count > 0; count--) {
    const path = [...(folder === "" ? [] : [folder]), ...parts.slice(0, count)].join("/");
    const found = firstThere(map, [`${path}.rs`, `${path}/mod.rs`]);
    if (found !== null || !shorter) return found;
  }
  return null;
}

/** The file of the module whose modules are in a folder. */
function moduleFile(map: ProjectMap, folder: string): string | null {
  return firstThere(map, [`${folder}.rs`, `${folder}/mod.rs`, `${folder}/lib.rs`, `${folder}/main.rs`]);
}
