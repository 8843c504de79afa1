import { nameOf } from "./paths.ts";
import type { RuleName } from "./rules.ts";

/** What agents keep for themselves. Settings of theirs that people share (`.aider.conf.yml`) are not among it. */
const ownFiles: readonly RegExp[] = [
  /(?:^|\/)\.aider(?!\.conf\.ya?ml$|ignore$|\.model\.)[^/]*(?:\/|$)/,
  /(?:^|\/)\.claude\/(?:settings\.local\.json$|projects\/|todos\/|shell-snapshots\/|statsig\/|worktrees\/|\.credentials\.json$|plans\/|scheduled_tasks\.lock$)/,
  /(?:^|\/)CLAUDE\.local\.md$/,
  /(?:^|\/)\.codex\/(?:sessions|log|logs|history\.jsonl|auth\.json|tmp)(?:\/|$)/,
  /(?:^|\/)\.(?:gemini|qwen)\/(?:tmp|history|oauth_creds\.json|google_accounts\.json|installation_id)(?:\/|$)/,
  /(?:^|\/)\.opencode\/(?:node_modules|storage|log|bin|\.gitignore)(?:\/|$)/,
  /(?:^|\/)\.pi\/(?:sessions|auth\.json)(?:\/|$)/,
  /^\.nightcrew(?:\/|[-.]|$)/,
  /^TASK\.md$/,
];

const generatedFolder =
  /(?:^|\/)(node_modules|__pycache__|\.venv|\.pytest_cache|\.mypy_cache|\.ruff_cache|\.tox|\.nox|\.hypothesis|\.gradle|\.nyc_output|\.turbo|\.parcel-cache|\.eggs|[^/]+\.egg-info|\.ipynb_checkpoints)\//;
const generatedFile =
  /(?:^|\/)(?:\.DS_Store|Thumbs\.db|desktop\.ini|npm-debug\.log[^/]*|yarn-error\.log|\.coverage(?:\.[^/]*)?|\.eslintcache|[^/]+\.(?:pyc|pyo|class|swp|tsbuildinfo|orig|rej)|core\.\d+)$/;

/** The rule by which a path is kept out of the work; null for what is work. */
export function leftOutRule(path: string): Extract<RuleName, "own-files" | "generated-files"> | null {
  if (ownFiles.some((pattern) => pattern.test(path))) return "own-files";
  return generatedFolder.test(path) || generatedFile.test(nameOf(path)) ? "generated-files" : null;
}

/** The folder that such a path is of, or the path itself: where the base has any of it, it belongs to the project. */
export function leftOutRoot(path: string): string {
  const match = generatedFolder.exec(path) ?? /^(?:.*\/)?\.(?:aider[^/]*|nightcrew[^/]*)\//.exec(path);
  return match === null ? path : path.slice(0, match.index + match[0].length).replace(/\/$/, "");
}
