import { plural } from "../../std/text.ts";

interface Folder {
  readonly name: string;
  readonly depth: number;
  readonly folders: Map<string, Folder>;
  readonly names: string[];
  /** Files in it and below. */
  count: number;
  open: boolean;
}

/**
 * A tree of files in at most `maxChars` characters: folders are opened level by level as long as there is room, and say how
 * many files they have where they stay closed. `files`: how many there are, listed or not. Empty where even the root has no room.
 */
export function treeText(paths: readonly string[], files: number, maxChars: number): string {
  const root = folderNamed("", -1);
  for (const path of paths) add(root, path.split("/"));
  const left = files - paths.length;
  const rest = left > 0 ? `… and ${plural(left, "more file")}` : "";
  const room = maxChars - rest.length - 1;
  openWithin(root, room);
  const lines = root.open ? linesOf(root) : startOf(root, room);
  return [...lines, ...(rest === "" ? [] : [rest])].join("\n").slice(0, Math.max(0, maxChars));
}

function folderNamed(name: string, depth: number): Folder {
  return { name, depth, folders: new Map(), names: [], count: 0, open: false };
}

function add(root: Folder, parts: readonly string[]): void {
  let at = root;
  at.count++;
  for (const [depth, part] of parts.slice(0, -1).entries()) {
    let below = at.folders.get(part);
    if (below === undefined) {
      below = folderNamed(part, depth);
      at.folders.set(part, below);
    }
    at = below;
    at.count++;
  }
  at.names.push(parts.at(-1) ?? "");
}

/** Level by level, and within a level the smallest first: more folders are seen whole. */
function openWithin(root: Folder, room: number): void {
  let left = room;
  for (let level: Folder[] = [root]; level.length > 0;) {
    const opened: Folder[] = [];
    for (const folder of level.sort((a, b) => a.count - b.count)) {
      const cost = shallowLines(folder).reduce((sum, line) => sum + line.length + 1, 0);
      if (cost > left) continue;
      left -= cost;
      folder.open = true;
      opened.push(folder);
    }
    level = opened.flatMap((folder) => [...folder.folders.values()]);
  }
}

function shallowLines(folder: Folder): string[] {
  return [...[...folder.folders.values()].map(folderLine), ...folder.names.map((name) => fileLine(folder, name))];
}

function linesOf(folder: Folder): string[] {
  return [
    ...[...folder.folders.values()].flatMap((below) => [folderLine(below), ...(below.open ? linesOf(below) : [])]),
    ...folder.names.map((name) => fileLine(folder, name)),
  ];
}

/** As much of a root as there is room for. */
function startOf(root: Folder, room: number): string[] {
  const lines: string[] = [];
  let left = room - 2;
  for (const line of shallowLines(root)) {
    if (line.length + 1 > left) return lines.length === 0 ? [] : [...lines, "…"];
    left -= line.length + 1;
    lines.push(line);
  }
  return lines;
}

function folderLine({ name, depth, count }: Folder): string {
  return `${"  ".repeat(depth)}${name}/ (${count})`;
}

function fileLine({ depth }: Folder, name: string): string {
  return `${"  ".repeat(depth + 1)}${name}`;
}
