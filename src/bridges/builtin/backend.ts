import { basename, dirname, extname, join, relative } from "node:path";
import type { BackendProtocolV2, FileInfo, GrepMatch, SandboxBackendProtocolV2 } from "deepagents";
import { messageOf } from "../../std/operational-error.ts";
import type { AgentEvent } from "../../domain/agent-event.ts";
import type { Approve, ToolName } from "./approval.ts";
import { overlayTree, type FileTree } from "./file-tree.ts";
import { globPattern } from "../../std/glob.ts";
import type { Placed } from "./place.ts";
import type { Shell } from "./shell.ts";

export interface BackendParts {
  readonly tree: FileTree;
  readonly place: (path: string) => Placed;
  readonly approve: Approve;
  /** Null: there are no commands. */
  readonly shell: Shell | null;
  readonly emit: (event: AgentEvent) => void;
  readonly signal: AbortSignal;
}

/** Folders that are not walked into: large, and not what is searched for. */
const skipped = new Set([".git", "node_modules"]);
const maxWalked = 50_000;
const maxFound = 2_000;
const maxMatches = 1_000;

/** Where the library keeps what is too long for the model's context; never in the workspace, and no matter for approval. */
const ownFolders = /^\/(large_tool_results|conversation_history)(\/|$)/;
/** Tools whose failures the library hands to the model as they are, so that they do not look like one. */
const unmarked: ReadonlySet<ToolName> = new Set<ToolName>(["write_file", "edit_file", "delete", "grep"]);
const nowhere: FileTree = { read: () => null, list: () => null, write: () => undefined, remove: () => undefined };

/** The tools of the agent over files and a shell. Nothing in it throws for what a path or the system is like. */
export function makeBackend(parts: BackendParts): BackendProtocolV2 {
  const own = overlayTree(nowhere);
  const treeOf = (path: string): FileTree => (ownFolders.test(path) ? own : parts.tree);

  /** Does something to a path that may be touched, after it was approved; a reason in words where that does not work. */
  async function at<T extends object>(
    tool: ToolName,
    path: string,
    act: (place: string, tree: FileTree) => T | { error: string },
  ): Promise<T | { error: string }> {
    const place: Placed = ownFolders.test(path) ? { path } : parts.place(path);
    const failure = (error: string) => ({ error: unmarked.has(tool) ? `Error: ${error}` : error });
    if ("error" in place) return failure(place.error);
    if (!ownFolders.test(path) && !(await parts.approve(tool, path))) return failure(denied);
    try {
      const result = act(place.path, treeOf(path));
      return "error" in result && typeof result.error === "string" ? failure(result.error) : result;
    } catch (error) {
      return failure(`${path}: ${messageOf(error)}`);
    }
  }
  const wrote = (path: string) => {
    if (!ownFolders.test(path)) parts.emit({ type: "file", path });
    return { path, filesUpdate: null };
  };
  const files: BackendProtocolV2 = {
    ls: (path) => at("ls", path, (place, tree) => ({ files: listed(tree, place) })),
    read: (path, offset = 0, limit = 500) =>
      at("read_file", path, (place, tree) => {
        const text = textAt(tree, place);
        return typeof text === "string" ? page(text, offset, limit) : text;
      }),
    readRaw: (path) =>
      at("read_file", path, (place, tree) => {
        const text = textAt(tree, place);
        if (typeof text !== "string") return text;
        const now = new Date().toISOString();
        return { data: { content: text, mimeType: "text/plain", created_at: now, modified_at: now } };
      }),
    write: (path, content) =>
      at("write_file", path, (place, tree) => {
        if (tree.list(place) !== null) return { error: `${path} is a folder` };
        tree.write(place, content);
        return wrote(place);
      }),
    edit: (path, from, to, all = false) =>
      at("edit_file", path, (place, tree) => {
        const text = textAt(tree, place);
        if (typeof text !== "string") return text;
        const occurrences = from === "" ? 0 : text.split(from).length - 1;
        if (occurrences === 0) return { error: `the text to replace is not in ${path}` };
        if (occurrences > 1 && !all) return { error: `the text to replace is in ${path} ${occurrences} times` };
        tree.write(place, text.split(from).join(to));
        return { ...wrote(place), occurrences };
      }),
    delete: (path) =>
      at("delete", path, (place, tree) => {
        const isRoot = path === "/" || path === "" || tree.list(join(place, ".git")) !== null;
        if (isRoot || basename(place) === ".git") return { error: `${path} is not removed` };
        if (tree.read(place) === null && tree.list(place) === null) return { error: `${path} is not there` };
        tree.remove(place);
        return wrote(place);
      }),
    glob: (pattern, path = "/") => at("glob", path, (place, tree) => globbed(tree, place, pattern)),
    grep: (pattern, path, glob, most) =>
      at("grep", path ?? "/", (place, tree) =>
        searched(tree, place, pattern, { glob: glob ?? null, most: most ?? maxMatches }),
      ),
  };
  return parts.shell === null ? files : withShell(files, parts, parts.shell);
}

const denied = "a person or a policy denied this; do not try it again, go on without it";

function withShell(files: BackendProtocolV2, parts: BackendParts, shell: Shell): SandboxBackendProtocolV2 {
  return {
    ...files,
    id: "workspace",
    async execute(command) {
      if (!(await parts.approve("execute", command))) return { output: denied, exitCode: 126, truncated: false };
      return await shell.run(command, parts.signal);
    },
  };
}

function listed(tree: FileTree, folder: string): FileInfo[] {
  return (tree.list(folder) ?? []).map(({ name, isFolder, size }) => ({
    path: `${join(folder, name)}${isFolder ? "/" : ""}`,
    is_dir: isFolder,
    size,
  }));
}

function textAt(tree: FileTree, path: string): string | { error: string } {
  const content = tree.read(path);
  if (content === null) return { error: `there is no file ${path}` };
  if (content.subarray(0, 8_000).includes(0)) return { error: `${path} is binary` };
  return content.toString("utf8");
}

/** Lines from `offset`, counted from 0. */
function page(text: string, offset: number, limit: number) {
  if (text === "") return { content: "", mimeType: "text/plain", totalLines: 0 };
  const lines = text.split("\n");
  const totalLines = lines.at(-1) === "" ? lines.length - 1 : lines.length;
  const first = Math.max(0, Math.floor(offset));
  if (first >= totalLines) return { error: `it has ${totalLines} lines only` };
  const end = Math.min(first + Math.max(1, Math.floor(limit)), totalLines);
  const content = lines.slice(first, end).join("\n");
  const more = end < totalLines ? { nextOffset: end } : {};
  return { content, mimeType: "text/plain", totalLines, startLine: first + 1, endLine: end, ...more };
}

interface Walked {
  readonly path: string;
  readonly size: number;
}

/** Files below a folder, or the file itself, nearest first; `cut`: there were too many. */
function walk(tree: FileTree, start: string): { readonly files: readonly Walked[]; readonly cut: boolean } {
  if (tree.list(start) === null)
    return { files: tree.read(start) === null ? [] : [{ path: start, size: 0 }], cut: false };
  const files: Walked[] = [];
  const folders = [start];
  let seen = 0;
  for (const folder of folders) {
    for (const { name, isFolder, isLink, size } of tree.list(folder) ?? []) {
      if (++seen > maxWalked) return { files, cut: true };
      // It could lead out of the workspace, or round in circles.
      if (isLink) continue;
      const path = join(folder, name);
      if (!isFolder) files.push({ path, size });
      else if (!skipped.has(name)) folders.push(path);
    }
  }
  return { files, cut: false };
}

function globbed(tree: FileTree, folder: string, pattern: string) {
  const inFolder = pattern.startsWith(`${folder}/`) ? pattern.slice(folder.length + 1) : pattern;
  const matcher = globPattern(inFolder);
  const { files, cut } = walk(tree, folder);
  const found = files.filter(({ path }) => matcher.test(relative(folder, path)));
  const kept = found.slice(0, maxFound).map(({ path, size }) => ({ path, size, is_dir: false }));
  return { files: kept, truncated: cut || found.length > maxFound };
}

/** Kinds of files that hold no lines. */
const binary = new Set([
  ".png",
  ".jpg",
  ".jpeg",
  ".gif",
  ".webp",
  ".ico",
  ".pdf",
  ".zip",
  ".gz",
  ".woff",
  ".woff2",
  ".wasm",
]);

function searched(
  tree: FileTree,
  start: string,
  text: string,
  { glob, most }: { readonly glob: string | null; readonly most: number },
) {
  const matcher = glob === null ? null : globPattern(glob);
  const from = tree.list(start) === null ? dirname(start) : start;
  const { files, cut } = walk(tree, start);
  const matches: GrepMatch[] = [];
  for (const { path, size } of files) {
    if (size > 2_000_000 || binary.has(extname(path)) || matcher?.test(relative(from, path)) === false) continue;
    const content = textAt(tree, path);
    if (typeof content !== "string" || !content.includes(text)) continue;
    for (const [index, line] of content.split("\n").entries()) {
      if (!line.includes(text)) continue;
      if (matches.length >= most) return { matches, truncated: true };
      matches.push({ path, line: index + 1, text: line.slice(0, 500) });
    }
  }
  return { matches, truncated: cut };
}
