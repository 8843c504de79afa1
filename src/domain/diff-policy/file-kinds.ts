import { plural } from "../../std/text.ts";
import { symlinkMode, type FileDiff } from "./diff.ts";
import type { Suspicion } from "./finding.ts";
import { leftOutRule } from "./left-out.ts";
import { declaredPaths } from "./scope.ts";
import { isIllustration, manifestOf, nameOf } from "./paths.ts";
import type { PolicyInput } from "./policy-input.ts";

/** Files that are no work, or that nobody wants in their history. */
export function fileSuspicions(input: PolicyInput): Suspicion[] {
  const wanted = new Set(declaredPaths(input.task.files));
  const there = input.diff.files.filter(({ status, path }) => status !== "deleted" && !wanted.has(path));
  return [
    ...leftOut(input.leftOut),
    ...keptIn(there),
    ...there.flatMap((file) => [
      ...(agentSettings(file) ?? []),
      ...(large(file, input) ?? binary(file) ?? []),
      ...link(file),
    ]),
    ...lockFiles(input),
    ...largeDiff(input),
  ];
}

/** One finding for each rule: what was left out is told, and does no harm any more. */
function leftOut(paths: readonly string[]): Suspicion[] {
  return byRule(paths, (more) => ({ what: `left out of the work${more}`, certain: false }));
}

/** Of a folder that the project has already, or where the rule is to fail. */
function keptIn(files: readonly FileDiff[]): Suspicion[] {
  const paths = files.map(({ path }) => path);
  const fresh = new Set(files.filter(({ status }) => status === "added").map(({ path }) => path));
  return byRule(paths, (more, first) => ({
    what: `of a kind that is not kept in a repository${more}`,
    certain: fresh.has(first),
  }));
}

function byRule(
  paths: readonly string[],
  tell: (more: string, first: string) => Pick<Suspicion, "what" | "certain">,
): Suspicion[] {
  return (["own-files", "generated-files"] as const).flatMap((rule) => {
    const of = paths.filter((path) => leftOutRule(path) === rule);
    const [first] = of;
    if (first === undefined) return [];
    const more = of.length > 1 ? `, and ${plural(of.length - 1, "other file")}` : "";
    return [{ rule, path: first, line: null, ...tell(more, first) }];
  });
}

const settingsOfAgents =
  /(?:^|\/)(?:AGENTS?|CLAUDE|GEMINI|QWEN|CONVENTIONS)\.md$|(?:^|\/)\.(?:claude|codex|gemini|qwen|opencode|cursor|windsurf|pi|roo|kiro)\/|(?:^|\/)(?:\.mcp\.json|opencode\.jsonc?|\.cursorrules|\.windsurfrules|\.clinerules|\.aider\.conf\.ya?ml|\.aider\.model\.[\w.-]+)$|^\.github\/(?:copilot-instructions\.md$|instructions\/)/;

function agentSettings({ path, status }: FileDiff): Suspicion[] | null {
  if (!settingsOfAgents.test(path)) return null;
  return [
    {
      rule: "agent-settings",
      path,
      line: null,
      what: `${status}: later agents are told or permitted by it`,
      certain: true,
    },
  ];
}

function large({ path, bytes }: FileDiff, { settings: { limits } }: PolicyInput): Suspicion[] | null {
  if (bytes === null || bytes <= limits.fileBytes) return null;
  const what = `${sizeText(bytes)}, more than ${sizeText(limits.fileBytes)}`;
  return [{ rule: "large-files", path, line: null, what, certain: true }];
}

/** What people look at or listen to has its place in repositories. */
const usualBinary = /\.(?:png|jpe?g|gif|webp|avif|ico|icns|bmp|svgz?|woff2?|ttf|otf|eot|mp3|ogg|wav|mp4|webm|pdf)$/i;

function binary({ path, binary: isBinary, unread, bytes }: FileDiff): Suspicion[] | null {
  if (!isBinary || unread || usualBinary.test(path) || manifestOf(path) !== null) return null;
  const size = bytes === null ? "" : `, ${sizeText(bytes)}`;
  return [{ rule: "binaries", path, line: null, what: `a binary file${size}`, certain: !isIllustration(path) }];
}

/** What a link leads to is its content. */
function link({ path, newMode, oldMode, added }: FileDiff): Suspicion[] {
  const target = added[0]?.text;
  if (newMode !== symlinkMode || target === undefined || !leadsOut(path, target)) return [];
  const what = `${oldMode === symlinkMode ? "a link that now leads" : "a link that leads"} out of the repository`;
  return [{ rule: "symlinks", path, line: null, what, certain: true }];
}

export function leadsOut(path: string, target: string): boolean {
  if (target.startsWith("/")) return true;
  let depth = path.split("/").length - 1;
  for (const part of target.split("/")) {
    if (part === "..") depth--;
    else if (part !== "" && part !== ".") depth++;
    if (depth < 0) return true;
  }
  return false;
}

/** Whether the task is about dependencies, so that lock files are its work. */
const aboutLocks =
  /\b(?:lock(?:[-\s]?files?)?|dependenc(?:y|ies)|deps|upgrad(?:e|es|ing)|updat(?:e|es|ing)|bump(?:s|ing)?|audit|vulnerabilit(?:y|ies)|packages?|[\w-]+\.lock|package-lock(?:\.json)?|go\.sum)\b/i;

function lockFiles({ diff, task }: PolicyInput): Suspicion[] {
  const locks = diff.files.filter(({ path }) => manifestOf(path) !== null);
  const [first] = locks;
  if (first === undefined) return [];
  const wanted = aboutLocks.test(`${task.title}\n${task.description}`);
  if (locks.length === diff.files.length && first.status !== "deleted") {
    if (task.files.some((file) => manifestOf(file) !== null)) return [];
    const what = locks.length === 1 ? "nothing else was changed" : `nothing but ${locks.length} lock files was changed`;
    return [{ rule: "lock-files", path: first.path, line: null, what, certain: !wanted }];
  }
  if (wanted) return [];
  const names = [...new Set(diff.files.map(({ path }) => nameOf(path)))];
  const noise = new Set(
    [...new Set(locks.map(({ path }) => nameOf(path)))].filter(
      (lock) => !names.some((name) => manifestOf(lock)?.test(name) === true),
    ),
  );
  return locks
    .filter(({ path, status }) => status === "modified" && noise.has(nameOf(path)))
    .map(({ path }) => ({
      rule: "lock-files",
      path,
      line: null,
      what: "changed, though what it locks was not",
      certain: false,
    }));
}

function largeDiff({ diff, settings: { limits } }: PolicyInput): Suspicion[] {
  const counted = diff.files.filter(({ path }) => manifestOf(path) === null);
  const lines = counted.reduce((sum, { added, removed }) => sum + added.length + removed.length, 0);
  const about = { rule: "large-diff", path: null, line: null } as const;
  const found: Suspicion[] = [];
  if (lines > limits.lines)
    found.push({ ...about, what: `${lines} changed lines, more than ${limits.lines}`, certain: true });
  if (diff.files.length > limits.files)
    found.push({ ...about, what: `${diff.files.length} changed files, more than ${limits.files}`, certain: true });
  const unread = diff.files.filter(
    ({ path, unread: isUnread }) => isUnread && manifestOf(path) === null && !usualBinary.test(path),
  );
  const [first] = unread;
  if (first !== undefined) {
    const what =
      unread.length === 1
        ? `${first.path} is too large to be looked into: whether it holds secrets or weaker tests is not known`
        : `${unread.length} files were too much to be looked into, ${first.path} among them: whether they hold secrets or weaker tests is not known`;
    found.push({ ...about, what, certain: false });
  }
  return found;
}

function sizeText(bytes: number): string {
  return bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} kB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
