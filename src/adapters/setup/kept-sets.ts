import { randomBytes } from "node:crypto";
import { lstat, mkdir, readdir, rename, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SetupLimits } from "../../domain/setup.ts";
import { parseJsonObject } from "../../std/json-lines.ts";
import { errnoOf } from "../../std/operational-error.ts";
import { namesIfThere } from "../files/names-if-there.ts";
import { readIfThere } from "../files/read-if-there.ts";
import { isAlive, ownIdentity, parseIdentity } from "../process/identity.ts";
import { removeTree } from "../files/remove-tree.ts";
import { timeOf } from "../workspace/slots-on-disk.ts";

/**
 * Folders that setups made, below a repository's workspaces:
 *
 *   kept/<key>/tree/…              the folders, at their paths in a work tree; never written to again
 *   kept/<key>/set.json            what they are
 *   kept/<key>/used                its time is when they were last used
 *   kept/<key>/leases/*            who uses them now
 *   kept/<key>.lock.<n>            who makes them; the one with the highest number
 *   kept/<key>.making-*            being made; renamed when all is there
 *   kept/<key>.removing-*          being removed
 */
export interface KeptSet {
  readonly key: string;
  readonly root: string;
  /** Relative to a work tree. */
  readonly folders: readonly string[];
  /** The work tree they were made in: programs may hold its path. */
  readonly madeAt: string;
  readonly run: string;
  readonly bytes: number;
}

export interface SetOnDisk extends KeptSet {
  /** Milliseconds since the epoch. */
  readonly usedAt: number;
  readonly inUse: boolean;
}

const setName = "set.json";
/** One that was just used, or made, may be about to be used. */
const graceMs = 60_000;

export function keptFolder(slots: string): string {
  return join(slots, "kept");
}

/** Where the kept folders of a set are. */
export function folderIn({ root }: KeptSet, folder: string): string {
  return join(root, "tree", folder);
}

export async function readSet(kept: string, key: string): Promise<KeptSet | null> {
  const root = join(kept, key);
  const { folders, madeAt, run, bytes } = parseJsonObject((await readIfThere(join(root, setName))) ?? "") ?? {};
  if (!Array.isArray(folders) || typeof madeAt !== "string" || typeof run !== "string") return null;
  const names = folders.filter((name) => typeof name === "string");
  return { key, root, folders: names, madeAt, run, bytes: typeof bytes === "number" ? bytes : 0 };
}

/** What a set says of itself, written beside it before it gets its name. */
export async function writeSet(root: string, set: Omit<KeptSet, "key" | "root">): Promise<void> {
  await mkdir(join(root, "leases"), { recursive: true });
  await writeFile(join(root, "used"), "");
  await writeFile(join(root, setName), JSON.stringify(set));
}

/** As long as it is held nobody removes the set. */
export interface Lease {
  readonly set: KeptSet;
  release(): Promise<void>;
}

/** Null where there is no such set. */
export async function leaseSet(kept: string, key: string): Promise<Lease | null> {
  const root = join(kept, key);
  const file = join(root, "leases", randomBytes(6).toString("hex"));
  try {
    const now = new Date();
    await utimes(join(root, "used"), now, now);
    await writeFile(file, JSON.stringify(ownIdentity()), { flag: "wx" });
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return null;
    throw error;
  }
  // Looked at last: it may have been on its way out.
  const set = await readSet(kept, key);
  if (set !== null) return { set, release: () => rm(file, { force: true }) };
  await rm(file, { force: true });
  return null;
}

export async function setsIn(kept: string): Promise<SetOnDisk[]> {
  const found: SetOnDisk[] = [];
  for (const name of (await namesIfThere(kept)).sort()) {
    const set = name.includes(".") ? null : await readSet(kept, name);
    if (set === null) continue;
    const usedAt = (await timeOf(join(set.root, "used"))) ?? 0;
    found.push({ ...set, usedAt, inUse: await isLeased(set.root) });
  }
  return found;
}

async function isLeased(root: string): Promise<boolean> {
  for (const name of await namesIfThere(join(root, "leases"))) {
    const holder = parseIdentity((await readIfThere(join(root, "leases", name))) ?? "");
    if (holder !== null && isAlive(holder)) return true;
  }
  return false;
}

/** The sets that go where more is kept than may be, least recently used first; never one that is, or was just, in use. */
export function setsBeyond(sets: readonly SetOnDisk[], limits: SetupLimits, now: number): SetOnDisk[] {
  const oldest = sets.toSorted((one, other) => one.usedAt - other.usedAt);
  let [count, bytes] = [sets.length, sets.reduce((total, set) => total + set.bytes, 0)];
  const gone: SetOnDisk[] = [];
  for (const set of oldest) {
    if (count <= limits.sets && bytes <= limits.bytes) break;
    if (set.inUse || now - set.usedAt < graceMs) continue;
    count--;
    bytes -= set.bytes;
    gone.push(set);
  }
  return gone;
}

/** False where somebody has it in use after all. */
export async function removeSet(root: string): Promise<boolean> {
  const away = `${root}.removing-${randomBytes(4).toString("hex")}`;
  await rename(root, away);
  if (await isLeased(away)) {
    await rename(away, root);
    return false;
  }
  await removeTree(away);
  return true;
}

const leftover = /\.(?:making|removing)-[0-9a-f]+$/;

/** What makers and removers that died have left, with its size unknown. */
export async function leftoversIn(kept: string): Promise<string[]> {
  const names = await namesIfThere(kept);
  const found: string[] = [];
  for (const name of names) {
    if (!leftover.test(name)) continue;
    const maker = parseIdentity((await readIfThere(join(kept, name, "maker"))) ?? "");
    if (maker === null || !isAlive(maker)) found.push(join(kept, name));
  }
  return found;
}

/** Who makes something now keeps it from being taken for a leftover. */
export async function markMaking(root: string): Promise<void> {
  await mkdir(root, { recursive: true, mode: 0o700 });
  await writeFile(join(root, "maker"), JSON.stringify(ownIdentity()));
}

/** Bytes on the disk of all below a folder that can be seen, files with several names counted once. */
export async function bytesOf(folder: string): Promise<number> {
  const seen = new Set<string>();
  let bytes = 0;
  const open = [folder];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const path = at;
    const found = await lstat(path).catch(notSeen);
    if (found === null) continue;
    const name = `${found.dev}:${found.ino}`;
    if (found.nlink > 1 && !found.isDirectory() && seen.has(name)) continue;
    seen.add(name);
    bytes += found.blocks * 512;
    const entries = found.isDirectory() ? await readdir(path).catch(notSeen) : null;
    for (const entry of entries ?? []) open.push(join(path, entry));
  }
  return bytes;
}

/** Gone meanwhile, without permission, or deeper than a path can be long. */
function notSeen(error: unknown): null {
  if (["ENOENT", "EACCES", "ENAMETOOLONG"].includes(errnoOf(error) ?? "")) return null;
  throw error;
}
