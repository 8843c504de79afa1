/** What a commit shows of its project, without running anything of it. All of it is bounded, and in one line where it is a name. */
export interface ProjectFacts {
  readonly commit: string;
  /** The branch it was looked for as. */
  readonly branch: string;
  /** How many files there are. */
  readonly files: number;
  /** Sorted; not all of them in a huge tree. */
  readonly paths: readonly string[];
  /** Those with the most bytes first. */
  readonly languages: readonly LanguageShare[];
  /** How it is built and tested, as its own files say. */
  readonly checks: readonly { readonly name: string; readonly run: string }[];
  /** Subjects of the last commits, the newest first. */
  readonly recent: readonly string[];
  /** Files that most of the last commits changed. */
  readonly busy: readonly { readonly path: string; readonly commits: number }[];
  /** Names of environment variables that it reads or documents; never a value. */
  readonly variables: readonly string[];
  /** What it tells agents (AGENTS.md and the like), from the beginning. */
  readonly guides: readonly { readonly path: string; readonly head: string }[];
  /** What could not be looked at. */
  readonly notes: readonly string[];
}

export interface LanguageShare {
  readonly name: string;
  readonly files: number;
  readonly bytes: number;
}

const languageNames: Readonly<Record<string, readonly string[]>> = {
  TypeScript: ["ts", "tsx", "mts", "cts"],
  JavaScript: ["js", "jsx", "mjs", "cjs"],
  Python: ["py", "pyi"],
  Go: ["go"],
  Rust: ["rs"],
  Java: ["java"],
  Kotlin: ["kt", "kts"],
  Scala: ["scala"],
  C: ["c", "h"],
  "C++": ["cc", "cpp", "cxx", "hpp", "hh"],
  "C#": ["cs"],
  Ruby: ["rb"],
  PHP: ["php"],
  Swift: ["swift"],
  Dart: ["dart"],
  Elixir: ["ex", "exs"],
  Vue: ["vue"],
  Svelte: ["svelte"],
  Shell: ["sh", "bash"],
  SQL: ["sql"],
  HTML: ["html", "htm"],
  CSS: ["css", "scss", "less"],
  Markdown: ["md", "mdx"],
};

const byExtension = new Map(
  Object.entries(languageNames).flatMap(([name, extensions]) => extensions.map((one) => [one, name] as const)),
);

/** What a tree is written in; files of no language that is known are not counted. */
export function languagesOf(files: readonly { readonly path: string; readonly bytes: number }[]): LanguageShare[] {
  const found = new Map<string, { files: number; bytes: number }>();
  for (const { path, bytes } of files) {
    const name = byExtension.get(path.slice(path.lastIndexOf(".") + 1).toLowerCase());
    if (name === undefined) continue;
    const share = found.get(name) ?? { files: 0, bytes: 0 };
    found.set(name, { files: share.files + 1, bytes: share.bytes + bytes });
  }
  return [...found].map(([name, share]) => ({ name, ...share })).sort((a, b) => b.bytes - a.bytes);
}
