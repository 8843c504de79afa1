import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf } from "../../std/operational-error.ts";

/** Files of a repository are not trusted: what is larger is not looked at. */
const maxFileBytes = 1_000_000;
const maxNames = 10_000;

export interface RootFiles {
  readonly path: string;
  readonly names: ReadonlySet<string>;
  readonly isInstalled: (program: string) => boolean;
  /** Collected while files are read. */
  readonly notes: string[];
}

export async function openRoot(path: string, isInstalled: RootFiles["isInstalled"]): Promise<RootFiles> {
  return { path, names: new Set((await readdir(path)).slice(0, maxNames)), isInstalled, notes: [] };
}

/** The first of some names that is there, or undefined. */
export function firstOf(root: RootFiles, ...names: readonly string[]): string | undefined {
  return names.find((name) => root.names.has(name));
}

/** Names in a folder of the root; none when it is missing or no folder. */
export async function namesIn(root: RootFiles, folder: string): Promise<readonly string[]> {
  if (!root.names.has(folder.split("/", 1)[0] ?? "")) return [];
  try {
    return (await readdir(join(root.path, folder))).slice(0, maxNames);
  } catch (error) {
    noteUnreadable(root, folder, error);
    return [];
  }
}

/** The text of a file below the root; null when it is missing, or (with a note) too large or not readable. */
export async function readText(root: RootFiles, name: string): Promise<string | null> {
  return await read(root, name, maxFileBytes + 1, (text, bytes) => {
    if (bytes <= maxFileBytes) return text;
    root.notes.push(`${name} is larger than ${maxFileBytes} bytes and was not read.`);
    return null;
  });
}

/** The first bytes of a file of any size. */
export async function readHead(root: RootFiles, name: string, bytes = 4_096): Promise<string | null> {
  return await read(root, name, bytes, (text) => text);
}

async function read(
  root: RootFiles,
  name: string,
  limit: number,
  accept: (text: string, bytes: number) => string | null,
): Promise<string | null> {
  if (!root.names.has(name.split("/", 1)[0] ?? "")) return null;
  const path = join(root.path, name);
  try {
    // Opening a pipe would wait for its writer, and a device may never end.
    if (!(await stat(path)).isFile()) return null;
    const bytes = await readStart(path, limit);
    return accept(bytes.toString("utf8").replace(/^\uFEFF/, ""), bytes.length);
  } catch (error) {
    noteUnreadable(root, name, error);
    return null;
  }
}

async function readStart(path: string, limit: number): Promise<Buffer> {
  const file = await open(path);
  try {
    const buffer = Buffer.alloc(limit);
    const { bytesRead } = await file.read(buffer, 0, limit, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function noteUnreadable(root: RootFiles, name: string, error: unknown): void {
  const code = errnoOf(error);
  if (code === null) throw error;
  if (code !== "ENOENT" && code !== "ENOTDIR") root.notes.push(`${name} could not be read (${code}).`);
}
