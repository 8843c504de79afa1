import { mappedBy, type PathPatterns } from "./path-patterns.ts";
import { folderOf, joined, type ProjectMap } from "./project-map.ts";

/** What a tsconfig.json says of names that are not relative. */
export interface PathAliases {
  /** Paths that a name may stand for, the likeliest first. */
  readonly candidates: (name: string) => readonly string[];
}

interface Options {
  readonly baseUrl: string | null;
  /** By pattern, seen from `from`. */
  readonly paths: PathPatterns;
  readonly from: string;
}

const mostExtended = 5;

/** By folder. */
export function readTsconfigs(map: ProjectMap): Map<string, PathAliases> {
  const found = new Map<string, PathAliases>();
  for (const path of map.manifests.keys()) {
    if (!/(?:^|\/)[jt]sconfig\.json$/.test(path)) continue;
    const options = optionsOf(map, path, 0);
    if (options !== null) found.set(folderOf(path), { candidates: (name) => candidates(options, name) });
  }
  return found;
}

function candidates({ baseUrl, paths, from }: Options, name: string): string[] {
  const mapped = mappedBy(paths, name).map((target) => joined(from, target));
  const based = baseUrl === null ? [] : [joined(baseUrl, name)];
  return [...mapped, ...based].filter((path) => path !== null);
}

function optionsOf(map: ProjectMap, path: string, depth: number): Options | null {
  const read = parsedLoosely(map.manifests.get(path) ?? "");
  const own = objectOf(read["compilerOptions"]);
  const inherited = depth < mostExtended ? extendedBy(map, path, { extended: read["extends"], depth }) : null;
  const folder = folderOf(path);
  const base = typeof own["baseUrl"] === "string" ? joined(folder, own["baseUrl"]) : (inherited?.baseUrl ?? null);
  const paths = Object.entries(objectOf(own["paths"])).map(([pattern, targets]) => {
    const list = Array.isArray(targets) ? targets.filter((target) => typeof target === "string") : [];
    return [pattern, list] as const;
  });
  if (paths.length > 0) return { baseUrl: base, paths, from: base ?? folder };
  if (base === null && inherited === null) return null;
  return { baseUrl: base, paths: inherited?.paths ?? [], from: inherited?.from ?? folder };
}

function extendedBy(
  map: ProjectMap,
  path: string,
  { extended, depth }: { readonly extended: unknown; readonly depth: number },
): Options | null {
  const all = (Array.isArray(extended) ? extended : [extended]).filter((one) => typeof one === "string");
  for (const one of all.toReversed()) {
    const target = one.startsWith(".") ? joined(folderOf(path), one) : null;
    const file = [target, `${target}.json`, `${target}/tsconfig.json`].find((name) => map.manifests.has(name ?? ""));
    const options = file == null ? null : optionsOf(map, file, depth + 1);
    if (options !== null) return options;
  }
  return null;
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

/** JSON with comments and commas too many, as TypeScript takes it. */
function parsedLoosely(text: string): Record<string, unknown> {
  const plain = text
    .replace(/("(?:[^"\\]|\\.)*")|\/\/[^\n]*|\/\*[^]*?\*\//g, (_, string: string | undefined) => string ?? "")
    .replace(/("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])/g, (_, string: string | undefined) => string ?? "");
  try {
    return objectOf(JSON.parse(plain));
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}
