import { lazilyIn } from "./lazily-in.ts";
import { firstThere, folderOf, foldersAround, joined, type ProjectMap } from "./project-map.ts";
import { mappedBy, type PathPatterns } from "./path-patterns.ts";
import { readTsconfigs, type PathAliases } from "./tsconfig.ts";

const endings = ["", ".ts", ".tsx", ".mts", ".cts", ".d.ts", ".js", ".jsx", ".mjs", ".cjs", ".json", ".vue", ".svelte"];
const indexes = ["index.ts", "index.tsx", "index.mts", "index.js", "index.jsx", "index.mjs", "index.cjs"];

/** Packages of the repository, by name, and what tsconfig files say, by folder. */
interface Setting {
  readonly packages: ReadonlyMap<string, Package>;
  readonly packageIn: ReadonlyMap<string, Package>;
  readonly aliases: ReadonlyMap<string, PathAliases>;
}

interface Package {
  readonly folder: string;
  /** Files of its manifest that stand for the package itself. */
  readonly entries: readonly string[];
  /** By `./name`, or a pattern of it. */
  readonly exports: PathPatterns;
  /** By `#name`, or a pattern of it. */
  readonly imports: PathPatterns;
}

const settings = lazilyIn((map: ProjectMap): Setting => {
  const all = readPackages(map);
  // The first of a name counts.
  const packages = new Map(
    all.flatMap(({ name, ...own }) => (name === null ? [] : [[name, own] as const])).toReversed(),
  );
  return { packages, packageIn: new Map(all.map((one) => [one.folder, one])), aliases: readTsconfigs(map) };
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
  const { packages, packageIn, aliases } = settings(map);
  const around = foldersAround(folderOf(from));
  const found = around.flatMap((folder) => aliases.get(folder)?.candidates(name) ?? []);
  const aliased = firstFile(map, found);
  if (aliased !== null) return aliased;
  const own = around.map((folder) => packageIn.get(folder)).find((one) => one !== undefined);
  if (name.startsWith("#")) return own === undefined ? null : inPackage(map, own.folder, mappedBy(own.imports, name));
  const parts = name.split("/");
  const length = name.startsWith("@") ? 2 : 1;
  const home = packages.get(parts.slice(0, length).join("/"));
  if (home === undefined) return null;
  const rest = parts.slice(length).join("/");
  const wanted =
    rest === ""
      ? [...home.entries, "src/index", "index", "src/main"]
      : [...mappedBy(home.exports, `./${rest}`), rest, `src/${rest}`];
  return inPackage(map, home.folder, wanted);
}

function firstFile(map: ProjectMap, paths: readonly (string | null)[]): string | null {
  for (const path of paths) {
    const file = fileAt(map, path);
    if (file !== null) return file;
  }
  return null;
}

/** What is built is not in the repository: what it is built from is meant. */
function inPackage(map: ProjectMap, folder: string, names: readonly string[]): string | null {
  const built = /^(?:\.\/)?(?:dist|lib|build|out)\/(?:(?:esm|cjs|types)\/)?/;
  const sources = names.filter((name) => built.test(name)).map((name) => name.replace(built, "src/"));
  const plain = sources.map((name) => name.replace(/\.d\.([cm]?ts)$/, ".$1"));
  return firstFile(
    map,
    [...names, ...plain].map((name) => joined(folder, name)),
  );
}

interface NamedPackage extends Package {
  /** Null: it has none. */
  readonly name: string | null;
}

function readPackages({ manifests }: ProjectMap): NamedPackage[] {
  return [...manifests].flatMap(([path, text]) => {
    if (!/(?:^|\/)package\.json$/.test(path)) return [];
    const read = parsed(text);
    const { name, exports } = read;
    const entries = [read["source"], ...entriesOf(exports), read["types"], read["module"], read["main"]];
    return [
      {
        name: typeof name === "string" ? name : null,
        folder: folderOf(path),
        entries: entries.filter((entry) => typeof entry === "string"),
        exports: patternsOf(exports, "./"),
        imports: patternsOf(read["imports"], "#"),
      },
    ];
  });
}

function patternsOf(map: unknown, start: string): PathPatterns {
  if (typeof map !== "object" || map === null) return [];
  const named = Object.entries(map).filter(([pattern]) => pattern.startsWith(start));
  return named.map(([pattern, value]) => [pattern, entriesOf(value).filter((entry) => typeof entry === "string")]);
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
