import { lazilyIn } from "./lazily-in.ts";
import { firstThere, folderOf, foldersAround, joined, type ProjectMap } from "./project-map.ts";
import { readTsconfigs, type PathAliases } from "./tsconfig.ts";

const endings = ["", ".ts", ".tsx", ".mts", ".cts", ".d.ts", ".js", ".jsx", ".mjs", ".cjs", ".json", ".vue", ".svelte"];
const indexes = ["index.ts", "index.tsx", "index.mts", "index.js", "index.jsx", "index.mjs", "index.cjs"];

/** Packages of the repository, by name, and what tsconfig files say, by folder. */
interface Setting {
  readonly packages: ReadonlyMap<string, Package>;
  readonly aliases: ReadonlyMap<string, PathAliases>;
}

interface Package {
  readonly folder: string;
  readonly entries: readonly string[];
}

const settings = lazilyIn((map: ProjectMap): Setting => {
  return { packages: readPackages(map), aliases: readTsconfigs(map) };
});

export function resolveJavascript(map: ProjectMap, from: string, name: string): string[] {
  const plain = name.replace(/[?#].*$/, "") || name;
  const found = plain.startsWith(".") ? fileAt(map, joined(folderOf(from), plain)) : named(map, from, plain);
  return found === null || found === from ? [] : [found];
}

/** As written, with an ending, as a folder; a `.js` may stand for the `.ts` it is made from. */
function fileAt(map: ProjectMap, path: string | null): string | null {
  if (path === null) return null;
  const source = path.replace(/\.([cm]?)js(x?)$/, ".$1ts$2");
  return (
    firstThere(
      map,
      endings.map((ending) => path + ending),
    ) ??
    firstThere(map, source === path ? [] : [source, source.replace(/\.ts$/, ".tsx")]) ??
    firstThere(
      map,
      indexes.map((index) => (path === "" ? index : `${path}/${index}`)),
    )
  );
}

function named(map: ProjectMap, from: string, name: string): string | null {
  const { packages, aliases } = settings(map);
  for (const folder of foldersAround(folderOf(from))) {
    const found = aliases.get(folder)?.candidates(name) ?? [];
    for (const path of found) {
      const file = fileAt(map, path);
      if (file !== null) return file;
    }
  }
  const parts = name.split("/");
  const own = parts.slice(0, name.startsWith("@") ? 2 : 1);
  const home = packages.get(own.join("/"));
  if (home === undefined) return null;
  const rest = parts.slice(own.length).join("/");
  const wanted = rest === "" ? [...home.entries, "src/index", "index", "src/main"] : [rest, `src/${rest}`];
  for (const one of wanted) {
    const file = fileAt(map, joined(home.folder, one));
    if (file !== null) return file;
  }
  return null;
}

function readPackages({ manifests }: ProjectMap): Map<string, Package> {
  const packages = new Map<string, Package>();
  for (const [path, text] of manifests) {
    if (!/(?:^|\/)package\.json$/.test(path)) continue;
    const read = parsed(text);
    const { name } = read;
    if (typeof name !== "string" || packages.has(name)) continue;
    const entries = [read["source"], ...entriesOf(read["exports"]), read["types"], read["module"], read["main"]];
    const folder = folderOf(path);
    packages.set(name, { folder, entries: entries.filter((entry) => typeof entry === "string") });
  }
  return packages;
}

/** Of the package itself, whatever the condition. */
function entriesOf(exports: unknown, depth = 0): unknown[] {
  if (typeof exports === "string") return [exports];
  if (typeof exports !== "object" || exports === null || depth > 4) return [];
  const own = (exports as Record<string, unknown>)["."];
  if (own !== undefined) return entriesOf(own, depth + 1);
  return Object.entries(exports).flatMap(([key, value]) => (key.startsWith(".") ? [] : entriesOf(value, depth + 1)));
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}
