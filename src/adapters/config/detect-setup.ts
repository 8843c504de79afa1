import { readText, type RootFiles } from "./root-files.ts";

/** What decides what a setup makes, and which folders it makes, by the files that tell of them. */
export interface DetectedSetup {
  readonly key: readonly string[];
  readonly keep: readonly string[];
}

interface Kind {
  /** Any of these says that the project is of this kind. */
  readonly locks: RegExp;
  /**
   * What decides with the lock files, whether it is there by now or not: a lock file that does not fit to its manifest must
   * not be taken for one that does.
   */
  readonly manifests: readonly string[];
  readonly keep: string;
}

const kinds: readonly Kind[] = [
  {
    locks: /^(?:package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|yarn\.lock|bun\.lockb?)$/,
    manifests: ["package.json", ".npmrc", ".yarnrc", ".yarnrc.yml", "pnpm-workspace.yaml", ".pnpmfile.cjs"],
    keep: "node_modules",
  },
  {
    locks: /^(?:poetry\.lock|uv\.lock|pdm\.lock|Pipfile\.lock|requirements.*\.txt)$/,
    manifests: ["pyproject.toml", "setup.cfg", "setup.py", "Pipfile", ".python-version"],
    keep: ".venv",
  },
  { locks: /^Cargo\.lock$/, manifests: ["Cargo.toml"], keep: "vendor" },
  { locks: /^go\.(?:sum|work\.sum)$/, manifests: ["go.mod", "go.work"], keep: "vendor" },
  { locks: /^Gemfile\.lock$/, manifests: ["Gemfile", "*.gemspec", ".ruby-version"], keep: "vendor/bundle" },
  { locks: /^composer\.lock$/, manifests: ["composer.json"], keep: "vendor" },
];

export async function detectSetup(root: RootFiles): Promise<DetectedSetup> {
  const locksOf = ({ locks }: Kind): string[] => [...root.names].filter((name) => locks.test(name)).sort();
  const found = kinds.filter((kind) => locksOf(kind).length > 0);
  const nested = await hasWorkspaces(root);
  return {
    key: [...found.flatMap((kind) => [...locksOf(kind), ...kind.manifests]), ...(nested ? ["**/package.json"] : [])],
    keep: [...new Set(found.map(({ keep }) => keep)), ...(nested ? ["**/node_modules"] : [])],
  };
}

/** Packages of a workspace have dependencies of their own, in folders of their own. */
async function hasWorkspaces(root: RootFiles): Promise<boolean> {
  if (root.names.has("pnpm-workspace.yaml")) return true;
  return /"workspaces"\s*:/.test((await readText(root, "package.json")) ?? "");
}
