import type { RootFiles } from "./root-files.ts";

export interface DetectedLockFile {
  readonly path: string;
  readonly run: string;
}

/** Tools that derive a lock file from its manifest and run nothing of the project while they do. */
const tools: Readonly<Record<string, string>> = {
  "package-lock.json": "npm install --package-lock-only --ignore-scripts",
  "npm-shrinkwrap.json": "npm install --package-lock-only --ignore-scripts",
  "pnpm-lock.yaml": "pnpm install --lockfile-only --ignore-scripts",
  "bun.lock": "bun install --lockfile-only --ignore-scripts",
  "uv.lock": "uv lock",
  "poetry.lock": "poetry lock",
  "Cargo.lock": "cargo update --workspace",
  "Gemfile.lock": "bundle lock",
  "composer.lock": "composer update --lock --no-scripts",
  "go.sum": "go mod tidy",
};

/** What could be said of the lock files in the root; a proposal, as their tools may need a registry. */
export function detectLockFiles({ names }: Pick<RootFiles, "names">): DetectedLockFile[] {
  return Object.entries(tools).flatMap(([path, run]) => (names.has(path) ? [{ path, run }] : []));
}
