import { globPattern } from "../../std/glob.ts";
import type { PlannedTask } from "../plan.ts";
import type { TreeIndex } from "./tree-index.ts";

/** Files that a task is likely to change. */
export interface WriteSet {
  /** Files, there or not. */
  readonly paths: readonly string[];
  /** What stands for many: a glob, or a folder with a slash at its end. */
  readonly patterns: readonly string[];
}

export const nothingWritten: WriteSet = { paths: [], patterns: [] };

/** Of one task; more are not looked at. */
const maxEntries = 200;
/** A name that more files have says nothing about which one is meant. */
const mostNamesakes = 3;
const maxTextChars = 20_000;
const maxPredicted = 20;

/** What a task says that it changes. */
export function declaredWrites({ files }: Pick<PlannedTask, "files">, tree: TreeIndex): WriteSet {
  const paths = new Set<string>();
  const patterns = new Set<string>();
  for (const entry of files.slice(0, maxEntries)) {
    const path = plainPath(entry);
    if (path === null) continue;
    if (isGlob(path) && !tree.has(path)) patterns.add(path);
    else if (path === "" || path.endsWith("/")) patterns.add(path === "" ? "**" : path);
    else if (tree.isFolder(path)) patterns.add(`${path}/`);
    else for (const one of meantBy(path, tree)) paths.add(one);
  }
  return { paths: [...paths], patterns: [...patterns] };
}

/** As git would have it; null for what is outside of the repository. */
function plainPath(entry: string): string | null {
  const text = entry
    .normalize("NFC")
    .trim()
    .replace(/^[`"']+|[`"']+$/g, "");
  if (text.length > 1_000) return null;
  // Behind a backslash may be a sign of a glob that is meant as it stands.
  const slashed = isGlob(text) ? text : text.replaceAll("\\", "/");
  const parts: string[] = [];
  for (const part of slashed.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) return null;
  }
  const isFolder = /(?:^|\/)\.{0,2}$/.test(slashed) && parts.length > 0;
  return parts.join("/") + (isFolder ? "/" : "");
}

function isGlob(path: string): boolean {
  return /[*?{[]/.test(path);
}

/** With folders that are to be made: what is named in them says that they are none but folders. */
export function withNamedFolders(tree: TreeIndex, tasks: readonly Pick<PlannedTask, "files">[]): TreeIndex {
  const folders = new Set<string>();
  for (const { files } of tasks) {
    for (const entry of files.slice(0, maxEntries)) {
      const path = plainPath(entry) ?? "";
      for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
        const folder = path.slice(0, end);
        if (folders.has(folder)) break;
        folders.add(folder);
      }
    }
  }
  return { ...tree, isFolder: (path) => tree.isFolder(path) || (folders.has(path) && !tree.has(path)) };
}

/** A bare name is that of a file that is there, where there are few; else of one that is to be made. */
function meantBy(path: string, tree: TreeIndex): readonly string[] {
  if (tree.has(path) || path.includes("/")) return [path];
  const named = tree.named(path);
  return named.length > 0 && named.length <= mostNamesakes ? named : [path];
}

/** What its words speak of: paths, names of files, and names in code that are those of a file. */
export function predictedWrites(
  { parts = [], ...task }: Pick<PlannedTask, "title" | "description" | "parts">,
  tree: TreeIndex,
): WriteSet {
  const texts = [task, ...parts].map(({ title, description }) => `${title}\n${description}`);
  const text = texts.join("\n").slice(0, maxTextChars).normalize("NFC");
  const found = new Set<string>();
  for (const [word] of text.matchAll(/[\w@$.~/-]*\w/g)) {
    for (const path of spokenOf(word.replace(/^[./~]+/, ""), tree)) found.add(path);
    if (found.size >= maxPredicted) break;
  }
  return { paths: [...found].slice(0, maxPredicted), patterns: [] };
}

const shortestName = 5;

function spokenOf(word: string, tree: TreeIndex): readonly string[] {
  if (word.length < shortestName) return [];
  if (word.includes("/")) return tree.has(word) ? [word] : [];
  const named = tree.named(word);
  if (named.length > 0) return few(named);
  // `parser.parse`, `Parser`, `parse_args`: a plain word is no name of anything.
  const [head = "", ...rest] = word.split(".");
  const isName = /[a-z0-9][A-Z]|[A-Za-z0-9][_-][A-Za-z0-9]/.test(head) || /^[A-Z][a-z]+[A-Z]/.test(head);
  return (isName || rest.length > 0) && head.length >= shortestName ? few(tree.about(head)) : [];
}

function few(paths: readonly string[]): readonly string[] {
  return paths.length <= mostNamesakes ? paths : [];
}

export function bothWritten(a: WriteSet, b: WriteSet): WriteSet {
  return {
    paths: [...new Set([...a.paths, ...b.paths])],
    patterns: [...new Set([...a.patterns, ...b.patterns])],
  };
}

export interface PatternMatcher {
  /** Whether a file is what it stands for. */
  readonly matches: (path: string) => boolean;
  /** That takes many times as long to be told as of others. */
  readonly isSlow: boolean;
}

export function patternMatcher(pattern: string): PatternMatcher {
  if (pattern.endsWith("/")) return { matches: (path) => path.startsWith(pattern), isSlow: false };
  const glob = globPattern(pattern);
  return { matches: (path) => glob.test(path), isSlow: glob.isSlow };
}

/** The folder that all a pattern stands for is in; empty: whichever. */
export function folderOf(pattern: string): string {
  if (!pattern.includes("/")) return "";
  const fixed = pattern.split(/[*?{[]/, 1)[0] ?? "";
  return fixed.slice(0, fixed.lastIndexOf("/") + 1);
}
