import { lazilyIn } from "./lazily-in.ts";
import { firstThere, folderOf, foldersAround, joined, type ProjectMap } from "./project-map.ts";

interface Crate {
  /** With its modules. */
  readonly folder: string;
  /** What stands for the crate itself, the likeliest first. */
  readonly roots: readonly string[];
}

/** Crates of the repository by the name that other crates use. */
const crates = lazilyIn(({ manifests }: ProjectMap): Map<string, Crate> => {
  const found = new Map<string, Crate>();
  for (const [path, text] of manifests) {
    if (!/(?:^|\/)Cargo\.toml$/.test(path)) continue;
    const library = tableOf(text, "lib");
    const name = textAt(library, "name") ?? textAt(tableOf(text, "package"), "name");
    if (name === null) continue;
    const own = joined(folderOf(path), textAt(library, "path") ?? "src/lib.rs");
    if (own === null) continue;
    const folder = folderOf(own);
    found.set(name.replaceAll("-", "_"), { folder, roots: [own, below(folder, "main.rs")] });
  }
  return found;
});

/** The lines of a table of a TOML file. */
function tableOf(text: string, name: string): string {
  const lines = text.split(/\r?\n/);
  const start = lines.findIndex((line) => line.trim().replace(/\s*#.*$/, "") === `[${name}]`);
  const length = start === -1 ? 0 : lines.slice(start + 1).findIndex((line) => /^\s*\[/.test(line));
  return start === -1 ? "" : lines.slice(start + 1, length === -1 ? undefined : start + 1 + length).join("\n");
}

function textAt(table: string, key: string): string | null {
  return new RegExp(`^\\s*${key}\\s*=\\s*["']([^"']+)["']`, "m").exec(table)?.[1] ?? null;
}

/** `mod a::b` of a file, `file a.rs`, or the path of a `use`: of that the longest beginning that is a file. */
export function resolveRust(map: ProjectMap, from: string, name: string): string[] {
  const found = resolved(map, from, name);
  return found === null || found === from ? [] : [found];
}

function resolved(map: ProjectMap, from: string, name: string): string | null {
  const [, kind, rest = ""] = /^(mod|file) (.*)$/.exec(name) ?? [];
  if (kind === "file") {
    const path = joined(folderOf(from), rest);
    return path !== null && map.has(path) ? path : null;
  }
  if (kind === undefined) return used(map, from, name.split("::"));
  const parts = rest.split("::");
  // A file that begins a crate, which a manifest may name, has its modules beside it.
  return fileOf(map, modulesOf(from), parts, false) ?? fileOf(map, folderOf(from), parts, false);
}

/** Every file in one of these folders begins a crate of its own. */
const rootFolder = /(?:^|\/)(?:tests|benches|examples|bin)$/;

/** The folder with the modules of a file. */
function modulesOf(path: string): string {
  return rootFolder.test(folderOf(path)) ? folderOf(path) : modulesWithin(path);
}

function modulesWithin(path: string): string {
  return /(?:^|\/)(?:mod|lib|main|build)\.rs$/.test(path) ? folderOf(path) : path.replace(/\.rs$/, "");
}

function used(map: ProjectMap, from: string, parts: readonly string[]): string | null {
  const [head = "", ...rest] = parts;
  if (head === "crate") return inCrate(map, crateOf(map, from), rest);
  if (head === "self") return fileOf(map, modulesOf(from), rest, true);
  if (head === "super") {
    const above = parts.findIndex((part) => part !== "super");
    const ups = above === -1 ? parts.length : above;
    // Something is above it, so that it begins no crate.
    const place = joined(modulesWithin(from), "../".repeat(ups));
    return place === null ? null : (fileOf(map, place, parts.slice(ups), true) ?? moduleFile(map, place));
  }
  const other = crates(map).get(head);
  return other === undefined ? fileOf(map, modulesOf(from), parts, true) : inCrate(map, other, rest);
}

/** The crate that a file is of. */
function crateOf(map: ProjectMap, from: string): Crate {
  for (const folder of foldersAround(folderOf(from))) {
    const roots = [below(folder, "lib.rs"), below(folder, "main.rs")];
    if (rootFolder.test(folder) || firstThere(map, roots) !== null) return { folder, roots };
    if (map.manifests.has(below(folder, "Cargo.toml"))) return sourcesIn(folder);
  }
  return sourcesIn("");
}

function sourcesIn(folder: string): Crate {
  const sources = below(folder, "src");
  return { folder: sources, roots: [below(sources, "lib.rs"), below(sources, "main.rs")] };
}

function below(folder: string, name: string): string {
  return folder === "" ? name : `${folder}/${name}`;
}

function inCrate(map: ProjectMap, { folder, roots }: Crate, parts: readonly string[]): string | null {
  return fileOf(map, folder, parts, true) ?? firstThere(map, roots);
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
