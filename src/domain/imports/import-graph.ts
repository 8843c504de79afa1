import { importLanguageOf, type FileImports, type ImportLanguage } from "./file-imports.ts";
import type { ProjectMap } from "./project-map.ts";
import { resolveGo } from "./resolve-go.ts";
import { resolveJava } from "./resolve-java.ts";
import { resolveJavascript } from "./resolve-javascript.ts";
import { resolvePython } from "./resolve-python.ts";
import { resolveRust } from "./resolve-rust.ts";

type Resolve = (map: ProjectMap, from: string, name: string) => readonly string[];

const resolvers: Readonly<Record<ImportLanguage, Resolve>> = {
  javascript: resolveJavascript,
  typescript: resolveJavascript,
  tsx: resolveJavascript,
  python: resolvePython,
  go: resolveGo,
  rust: resolveRust,
  java: resolveJava,
};

/** Which files of a commit use which. */
export class ImportGraph {
  /** By file: those that import it. */
  private readonly importers = new Map<string, Set<string>>();
  imports = 0;

  constructor(files: ReadonlyMap<string, FileImports>, map: ProjectMap) {
    for (const [path, { names }] of files) {
      const language = importLanguageOf(path);
      if (language === null) continue;
      for (const name of names) for (const target of resolvers[language](map, path, name)) this.add(path, target);
    }
  }

  private add(from: string, to: string): void {
    if (from === to) return;
    const known = this.importers.get(to);
    if (known?.has(from) === true) return;
    this.imports++;
    if (known === undefined) this.importers.set(to, new Set([from]));
    else known.add(from);
  }

  /** The files that import one, directly or in so many steps; the nearest first, at most `limit`. */
  importersOf(path: string, { steps, limit }: { readonly steps: number; readonly limit: number }): string[] {
    const found = new Set<string>();
    let level = [path];
    for (let step = 0; step < steps && level.length > 0; step++) {
      const next = level.flatMap((one) => [...(this.importers.get(one) ?? [])].sort());
      level = next.filter((one) => one !== path && !found.has(one));
      for (const one of level) {
        if (found.size >= limit) return [...found];
        found.add(one);
      }
    }
    return [...found];
  }
}
