/** What one file says of others, before anybody has looked which files those are. */
export interface FileImports {
  /**
   * JavaScript and TypeScript: specifiers. Python: dotted names, relative ones with their dots in front. Go: paths of packages.
   * Rust: paths of `use`, and `mod a::b` for modules in files of their own. Java: names of classes and packages.
   */
  readonly names: readonly string[];
  /** Of a Java file. */
  readonly package?: string;
}

export const importLanguages = ["javascript", "typescript", "tsx", "python", "go", "rust", "java"] as const;
export type ImportLanguage = (typeof importLanguages)[number];

const byExtension: Readonly<Record<string, ImportLanguage>> = {
  js: "javascript",
  jsx: "javascript",
  mjs: "javascript",
  cjs: "javascript",
  ts: "typescript",
  mts: "typescript",
  cts: "typescript",
  tsx: "tsx",
  py: "python",
  pyi: "python",
  go: "go",
  rs: "rust",
  java: "java",
};

/** Null for files whose imports nobody reads. */
export function importLanguageOf(path: string): ImportLanguage | null {
  const extension = path.slice(path.lastIndexOf(".") + 1);
  return Object.hasOwn(byExtension, extension) ? (byExtension[extension] ?? null) : null;
}
