import { importLanguageOf, type FileImports, type ImportLanguage } from "../../../domain/imports/file-imports.ts";
import { ImportGraph } from "../../../domain/imports/import-graph.ts";
import { folderOf, isManifest, type ProjectMap } from "../../../domain/imports/project-map.ts";
import { Git } from "../../git/git.ts";
import { ObjectServer } from "../../git/object-server.ts";
import { readTreeFiles, type TreeFile } from "../tree-files.ts";
import type { Grammars } from "./grammars.ts";
import { ImportCache } from "./import-cache.ts";
import { readImports } from "./read-imports.ts";

export interface GraphPlace {
  readonly gitDir: string;
  readonly commit: string;
  readonly cacheFile: string;
}

export interface BuiltGraph {
  readonly graph: ImportGraph;
  /** Files whose imports are known, and of those the ones that were read now. */
  readonly files: number;
  readonly read: number;
  readonly skipped: readonly Skipped[];
}

/** A file whose imports are not known, and why. */
export interface Skipped {
  readonly path: string;
  readonly why: "too-large" | "takes-too-long" | "beyond-the-limit" | "missing";
}

const maxFileBytes = 1_000_000;
const maxFiles = 50_000;
const maxManifests = 2_000;
const readAtOnce = 64;
/** In all, for one graph: what is read by then is kept, so the next one gets further. */
const readMs = 60_000;

/** Reads the import graph of a commit; of what was read before only what has changed. */
export async function buildGraph({ gitDir, commit, cacheFile }: GraphPlace, grammars: Grammars): Promise<BuiltGraph> {
  const objects = new ObjectServer(gitDir);
  try {
    const [tree, cache] = await Promise.all([readTreeFiles(new Git({ gitDir }), commit), ImportCache.open(cacheFile)]);
    const reading = new Reading(objects, grammars, cache);
    const files = await reading.readAll(tree.files);
    await cache.keep(reading.used);
    const map = await projectMap(objects, tree.files, files);
    const { read, skipped } = reading;
    return { graph: new ImportGraph(files, map), files: files.size, read, skipped };
  } finally {
    objects.close();
  }
}

class Reading {
  readonly used = new Set<string>();
  readonly skipped: Skipped[] = [];
  read = 0;
  private readonly until = performance.now() + readMs;
  private readonly objects: ObjectServer;
  private readonly grammars: Grammars;
  private readonly cache: ImportCache;

  constructor(objects: ObjectServer, grammars: Grammars, cache: ImportCache) {
    this.objects = objects;
    this.grammars = grammars;
    this.cache = cache;
  }

  async readAll(tree: readonly TreeFile[]): Promise<Map<string, FileImports>> {
    const sources = tree.flatMap((file) => {
      const language = importLanguageOf(file.path);
      return language === null ? [] : [{ file, language }];
    });
    for (const { file } of sources.slice(maxFiles)) this.skipped.push({ path: file.path, why: "beyond-the-limit" });
    const found = new Map<string, FileImports>();
    const some = sources.slice(0, maxFiles);
    for (let at = 0; at < some.length; at += readAtOnce) {
      const group = some.slice(at, at + readAtOnce);
      const read = await Promise.all(group.map(({ file, language }) => this.importsOf(file, language)));
      for (const [index, imports] of read.entries()) {
        const path = group[index]?.file.path;
        if (imports !== null && path !== undefined) found.set(path, imports);
      }
    }
    return found;
  }

  /** Null where it is left out. */
  private async importsOf({ path, id, bytes }: TreeFile, language: ImportLanguage): Promise<FileImports | null> {
    const key = `${language} ${id}`;
    this.used.add(key);
    const known = this.cache.get(key);
    if (known !== undefined) return known;
    if (bytes > maxFileBytes) return this.skip(path, "too-large");
    if (performance.now() > this.until) return this.skip(path, "beyond-the-limit");
    const [parser, blob] = await Promise.all([this.grammars.parser(language), this.objects.find(id)]);
    if (blob === null) return this.skip(path, "missing");
    const imports = readImports(parser, language, blob.content.toString("utf8"));
    if (imports === null) return this.skip(path, "takes-too-long");
    this.read++;
    this.cache.put(key, imports);
    return imports;
  }

  private skip(path: string, why: Skipped["why"]): null {
    this.skipped.push({ path, why });
    return null;
  }
}

async function projectMap(
  objects: ObjectServer,
  tree: readonly TreeFile[],
  files: ReadonlyMap<string, FileImports>,
): Promise<ProjectMap> {
  const all = new Set(tree.map(({ path }) => path));
  const inFolder = new Map<string, string[]>();
  for (const path of all) {
    const list = inFolder.get(folderOf(path));
    if (list === undefined) inFolder.set(folderOf(path), [path]);
    else list.push(path);
  }
  const wanted = tree.filter(({ path, bytes }) => isManifest(path) && bytes <= maxFileBytes).slice(0, maxManifests);
  const blobs = await Promise.all(wanted.map(({ id }) => objects.find(id)));
  const texts = wanted.map(({ path }, index) => [path, blobs[index]?.content.toString("utf8") ?? ""] as const);
  const packages = [...files].flatMap(([path, { package: name }]) =>
    name === undefined ? [] : [[path, name] as const],
  );
  return {
    has: (path) => all.has(path),
    filesIn: (folder) => inFolder.get(folder) ?? [],
    manifests: new Map(texts),
    packages: new Map(packages),
  };
}
