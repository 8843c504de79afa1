import { createHash, randomBytes } from "node:crypto";
import { chmodSync, closeSync, linkSync, mkdirSync, openSync, rmSync, statSync, utimesSync, writeSync } from "node:fs";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import { errnoOf } from "../../std/operational-error.ts";
import type { CommitIdentity } from "./git.ts";

export interface CommitContent {
  readonly tree: string;
  /** Without repetitions. */
  readonly parents: readonly string[];
  readonly message: string;
  /** Author and committer. */
  readonly by: CommitIdentity;
  /** Seconds since the epoch; stated, so that making the commit again gives the same one. */
  readonly at: number;
}

/** Writes a commit as git would (gitformat-commit, UTF-8) and returns its id. A process less for each commit we make. */
export function writeCommit(objectsDir: string, { tree, parents, message, by, at }: CommitContent): string {
  const person = `${identityPart(by.name) || "nightcrew"} <${identityPart(by.email)}> ${at} +0000`;
  const lines = [`tree ${tree}`, ...parents.map((parent) => `parent ${parent}`), `author ${person}`];
  const text = [...lines, `committer ${person}`, "", message.replaceAll("\0", "")].join("\n");
  return writeObject(objectsDir, { type: "commit", content: Buffer.from(text), format: formatOf(tree) });
}

/** What would end the field early is dropped, as git does with names it is given. */
function identityPart(text: string): string {
  return text.replace(/[<>\n\0]/g, "").trim();
}

/** The id git gives a file with this content, where no filter changes it on the way in. */
export function blobId(content: Buffer, format: ObjectFormat): string {
  return idOf(Buffer.concat([header("blob", content), content]), format);
}

function header(type: string, content: Buffer): Buffer {
  return Buffer.from(`${type} ${content.length}\0`);
}

function idOf(whole: Buffer, format: ObjectFormat): string {
  return createHash(format).update(whole).digest("hex");
}

type ObjectFormat = "sha1" | "sha256";

/** The hash that a repository with ids like this one uses. */
export function formatOf(id: string): ObjectFormat {
  return id.length === 64 ? "sha256" : "sha1";
}

/** Who removes folders goes through them once. */
const maxTries = 10;

/**
 * Writes a loose object (gitrepository-layout(5)) and returns its id. Readers see it whole or not at all; one that is
 * there stays as it is. Synchronous: a few hundred bytes, on the way of every landing.
 */
export function writeObject(
  objectsDir: string,
  {
    type,
    content,
    format,
  }: { readonly type: "blob" | "tree" | "commit"; readonly content: Buffer; readonly format: ObjectFormat },
): string {
  const whole = Buffer.concat([header(type, content), content]);
  const id = idOf(whole, format);
  const folder = join(objectsDir, id.slice(0, 2));
  const file = join(folder, id.slice(2));
  if (refreshed(file)) return id;
  const { mode } = statSync(objectsDir);
  const temporary = join(folder, `tmp_obj_${randomBytes(6).toString("hex")}`);
  try {
    const handle = openIn(folder, temporary, mode);
    try {
      const packed = deflateSync(whole, { level: 1 });
      for (let written = 0; written < packed.length;) written += writeSync(handle, packed, written);
    } finally {
      closeSync(handle);
    }
    linkSync(temporary, file);
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
  return id;
}

/** As young as if it were new: git prunes what is old and reached from nowhere yet. False where it is not there (any more). */
function refreshed(file: string): boolean {
  const now = new Date();
  try {
    utimesSync(file, now, now);
    return true;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return false;
    throw error;
  }
}

/** A git that packs objects, ours or somebody's gc, removes folders that are empty: also the one that was made just now. */
function openIn(folder: string, temporary: string, mode: number): number {
  for (let tries = 1; ; tries++) {
    try {
      makeFolder(folder, mode & 0o7777);
      return openSync(temporary, "wx", 0o444 & mode);
    } catch (error) {
      if (errnoOf(error) !== "ENOENT" || tries === maxTries) throw error;
    }
  }
}

/** Who may write to `objects` may write to the folders in it (core.sharedRepository). */
function makeFolder(folder: string, mode: number): void {
  try {
    mkdirSync(folder);
    chmodSync(folder, mode);
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw error;
  }
}
