import { globPattern } from "../../std/glob.ts";

/** Kinds of files, told by their paths. */

export type Language = "javascript" | "python" | "go" | "rust" | "jvm";

const languages: Readonly<Record<string, Language>> = {
  js: "javascript",
  jsx: "javascript",
  mjs: "javascript",
  cjs: "javascript",
  ts: "javascript",
  tsx: "javascript",
  mts: "javascript",
  cts: "javascript",
  vue: "javascript",
  svelte: "javascript",
  py: "python",
  pyi: "python",
  go: "go",
  rs: "rust",
  java: "jvm",
  kt: "jvm",
  kts: "jvm",
  groovy: "jvm",
};

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

export function languageOf(path: string): Language | null {
  const extension = /\.([A-Za-z]+)$/.exec(nameOf(path))?.[1]?.toLowerCase() ?? "";
  return Object.hasOwn(languages, extension) ? (languages[extension] ?? null) : null;
}

const testFolder = /(?:^|\/)(?:tests?|testing|__tests__|specs?|e2e|cypress|integration[-_]tests?)\//i;

const testNames: Readonly<Record<Language, RegExp>> = {
  javascript: /[._-](?:test|spec|e2e|cy|test-d)\.[cm]?[jt]sx?$|^tests?\.[cm]?[jt]sx?$/i,
  python: /^(?:test_.*|.*_tests?|conftest|tests)\.py$/,
  go: /_test\.go$/,
  rust: /^(?:tests?|.*_tests?)\.rs$/,
  jvm: /(?:Tests?|TestCase|IT|Spec)\.(?:java|kt|groovy)$|^Test[A-Z]\w*\.(?:java|kt)$/,
};

/** Code whose tests count. In Go only such files can hold tests. */
export function isTestFile(path: string): boolean {
  const language = languageOf(path);
  if (language === null) return false;
  return testNames[language].test(nameOf(path)) || (language !== "go" && testFolder.test(path));
}

/** Whether runners look for tests in it by its name; in Rust that does not matter. */
export function isNamedAsTest(path: string): boolean {
  const language = languageOf(path);
  return language === "rust" || (language !== null && testNames[language].test(nameOf(path)));
}

/** Test code, data of tests, documents and examples: what is written there is seldom what it looks like. */
export function isIllustration(path: string): boolean {
  return (
    isTestFile(path) ||
    testFolder.test(path) ||
    /(?:^|\/)(?:fixtures?|testdata|mocks?|__mocks__|__snapshots__|examples?|samples?|docs?|recordings?|cassettes)\//i.test(
      path,
    ) ||
    /\.(?:md|mdx|rst|adoc|snap)$|(?:^|\.)(?:example|sample|template|dist)(?:\.|$)/i.test(nameOf(path))
  );
}

/** By the lock file's name: what says what it is to hold, in the same folder or any above. */
const lockFiles: Readonly<Record<string, RegExp>> = {
  "package-lock.json": /^package\.json$/,
  "npm-shrinkwrap.json": /^package\.json$/,
  "yarn.lock": /^package\.json$/,
  "pnpm-lock.yaml": /^(?:package\.json|pnpm-workspace\.yaml)$/,
  "bun.lock": /^package\.json$/,
  "bun.lockb": /^package\.json$/,
  "deno.lock": /^(?:deno\.jsonc?|package\.json|.*\.ts)$/,
  "poetry.lock": /^pyproject\.toml$/,
  "uv.lock": /^pyproject\.toml$/,
  "pdm.lock": /^pyproject\.toml$/,
  "Pipfile.lock": /^Pipfile$/,
  "go.sum": /^go\.(?:mod|work)$/,
  "go.work.sum": /^go\.(?:mod|work)$/,
  "Cargo.lock": /^Cargo\.toml$/,
  "Gemfile.lock": /^(?:Gemfile|.*\.gemspec)$/,
  "composer.lock": /^composer\.json$/,
  "gradle.lockfile": /\.gradle(?:\.kts)?$/,
  "mix.lock": /^mix\.exs$/,
  "flake.lock": /^flake\.nix$/,
};

/** What a lock file belongs to; null for other files. */
export function manifestOf(path: string): RegExp | null {
  const name = nameOf(path);
  return Object.hasOwn(lockFiles, name) ? (lockFiles[name] ?? null) : null;
}

/** A pattern as people write them for paths: a folder means all below it, a name without a slash any file of that name. */
export function pathMatcher(globs: readonly string[]): (path: string) => boolean {
  const patterns = globs.map((glob) => {
    const folder = glob.replace(/^\.?\/+/, "").replace(/\/+$/, "");
    if (folder === "" || folder === ".") return { exact: null, below: "" };
    return { exact: globPattern(glob.endsWith("/") ? `${folder}/**` : folder), below: `${folder}/` };
  });
  return (path) => patterns.some(({ exact, below }) => exact === null || exact.test(path) || path.startsWith(below));
}
