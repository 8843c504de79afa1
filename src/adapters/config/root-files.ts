import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf } from "../../std/operational-error.ts";

/** Files of a repository are not trusted: what is larger is not looked at. */
const maxFileBytes = 1_000_000;
const maxNames = 10_000;

/** Where the files are: a checkout, or a commit. Both functions reject where something is there that cannot be read. */
export interface FilePlace {
  /** The first bytes of a file; null when it is missing, or no file. */
  readonly start: (path: string, bytes: number) => Promise<Buffer | null>;
  /** Names in a folder; empty: the root. None when it is missing, or no folder. */
  readonly list: (folder: string) => Promise<readonly string[]>;
}

export interface RootFiles {
  readonly place: FilePlace;
  readonly names: ReadonlySet<string>;
  readonly isInstalled: (program: string) => boolean;
  /** Collected while files are read. */
  readonly notes: string[];
}

/** Rejects when the root cannot be listed. */
export async function openRoot(path: string, isInstalled: RootFiles["isInstalled"]): Promise<RootFiles> {
  return rootAt(checkoutAt(path), await readdir(path), isInstalled);
}

export function rootAt(place: FilePlace, names: readonly string[], isInstalled: RootFiles["isInstalled"]): RootFiles {
  return { place, names: new Set(names.slice(0, maxNames)), isInstalled, notes: [] };
}

/** The first of some names that is there, or undefined. */
export function firstOf(root: RootFiles, ...names: readonly string[]): string | undefined {
  return names.find((name) => root.names.has(name));
}

/** Names in a folder of the root; none when it is missing or no folder. */
export async function namesIn(root: RootFiles, folder: string): Promise<readonly string[]> {
  if (!root.names.has(folder.split("/", 1)[0] ?? "")) return [];
  try {
    return (await root.place.list(folder)).slice(0, maxNames);
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
  try {
    const bytes = await root.place.start(name, limit);
    return bytes === null ? null : accept(bytes.toString("utf8").replace(/^\uFEFF/, ""), bytes.length);
  } catch (error) {
    noteUnreadable(root, name, error);
    return null;
  }
}

function checkoutAt(root: string): FilePlace {
  return {
    list: async (folder) => await readdir(join(root, folder)),
    start: async (name, bytes) => {
      const path = join(root, name);
      // Opening a pipe would wait for its writer, and a device may never end.
      return (await stat(path)).isFile() ? await readStart(path, bytes) : null;
    },
  };
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
