import { createHash } from "node:crypto";
import type { BigIntStats } from "node:fs";
import { copyFile, lstat, mkdir, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import type { RepositoryPlace } from "../../domain/job.ts";
import type { Foreseen } from "../../domain/foreseen.ts";
import { canRegenerate, type LockFileRule } from "../../domain/lock-files.ts";
import { atMost } from "../../std/at-most.ts";
import { errnoOf } from "../../std/operational-error.ts";
import { mergeTrees } from "../git/build-chain.ts";
import { nulSeparated, type Git } from "../git/git.ts";
import { writeCommit } from "../git/write-object.ts";
import { quotePath } from "./quote-path.ts";
import { runnerGit, type SlotPaths } from "./slot.ts";

export interface ForeseeRequest {
  readonly slot: SlotPaths;
  readonly place: RepositoryPlace;
  /** The commit that the work began with. */
  readonly base: string;
  /** The target as it stands. */
  readonly tip: string;
  /** Paths whose content is always the target's. */
  readonly protectedPaths: readonly string[];
  readonly lockFiles: readonly LockFileRule[];
  /** The mark of what was seen before, with this very tip; null: nothing was. */
  readonly before: string | null;
}

/** The mark of work that nobody has touched, whatever it began with: that may be what an earlier attempt left. */
export const untouched = markOf([]);

export type Foresight =
  /** `mark`: stays the same for as long as nobody touches the work. */
  | { readonly kind: "seen"; readonly mark: string; readonly foreseen: Foreseen | null }
  /** It is as it was when it was looked at before: found with one git, which only reads. */
  | { readonly kind: "same" }
  /** It is more than is worth a look. */
  | { readonly kind: "too-large" };

const maxFiles = 2_000;
const maxBytes = 32 * 1024 * 1024;
const maxListBytes = 1024 * 1024;
const maxPaths = 50;
/** Files that are looked at at once. */
const lanes = 32;
/** Of each git. */
const timeoutMs = 20_000;

/**
 * What would come of it, were the work tree of an attempt merged now, as it is while its agent writes to it. Nothing of the
 * attempt's is touched: index and objects are copies of its own, in a folder that is gone afterwards. Rejects where the tree
 * changes under it in a way that git cannot follow, and where a git takes too long.
 */
export async function foresee(request: ForeseeRequest): Promise<Foresight> {
  const { slot, place, before } = request;
  const changed = await changedFiles(runnerGit(slot, place), slot);
  if (changed === null) return { kind: "too-large" };
  const mark = markOf(changed);
  if (mark === before) return { kind: "same" };
  const paths = changed.map(({ path }) => path).filter((path) => !request.protectedPaths.includes(path));
  const foreseen = await onTheSide(request, (git, objectsDir) => merge(git, objectsDir, paths, request));
  return { kind: "seen", mark, foreseen };
}

/** Gives a git whose index and objects are the slot's, and whose changes to them are gone afterwards. */
async function onTheSide<T>(
  { slot, place }: ForeseeRequest,
  use: (git: Git, objectsDir: string) => Promise<T>,
): Promise<T> {
  const folder = join(slot.root, "foresee");
  const objectsDir = join(folder, "objects");
  await rm(folder, { recursive: true, force: true });
  try {
    await mkdir(objectsDir, { recursive: true, mode: 0o700 });
    await copyIndex(join(slot.runnerGit, "index"), join(folder, "index"));
    const git = runnerGit(slot, place, {
      GIT_INDEX_FILE: join(folder, "index"),
      GIT_OBJECT_DIRECTORY: objectsDir,
      GIT_ALTERNATE_OBJECT_DIRECTORIES: quotePath(join(place.commonDir, "objects")),
    });
    return await use(git, objectsDir);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** As old as the original: by that git knows which files may have changed in the second in which it last looked at them. */
async function copyIndex(from: string, to: string): Promise<void> {
  const { atime, mtime } = await stat(from);
  await copyFile(from, to);
  await utimes(to, atime, mtime);
}

async function merge(
  git: Git,
  objectsDir: string,
  changed: readonly string[],
  { base, tip, lockFiles }: ForeseeRequest,
): Promise<Foreseen | null> {
  const input = changed.map((path) => `${path}\0`).join("");
  await git.call(["update-index", "--add", "--remove", "-z", "--stdin"], { input, timeoutMs });
  const tree = await git.text(["write-tree"], { timeoutMs });
  const by = { name: "nightcrew", email: "" };
  const work = writeCommit(objectsDir, { tree, parents: [base], message: "Work under way\n", by, at: 0 });
  const merged = await mergeTrees(git, tip, work, timeoutMs);
  if (merged.kind === "clean" || canRegenerate(lockFiles, merged.paths)) return null;
  const paths = merged.paths.toSorted().slice(0, maxPaths);
  const range = ["log", "--first-parent", "--max-count=1", "--format=%H", `${base}..${tip}`];
  const since = await git.text([...range, "--", ...paths.map((path) => `:(literal)${path}`)], { timeoutMs });
  return { paths, tip, since: since === "" ? tip : since };
}

interface ChangedFile {
  readonly path: string;
  /** Null: it is gone. */
  readonly found: BigIntStats | null;
}

/** What differs from the index, and what is new and not ignored; null where that is too much. */
async function changedFiles(git: Git, slot: SlotPaths): Promise<ChangedFile[] | null> {
  const listing = ["ls-files", "-z", "--modified", "--others", "--exclude-standard"];
  const { stdout, cut } = await git.call(listing, { cutAt: maxListBytes, timeoutMs });
  if (cut) return null;
  // Repositories within it end with a slash: they are made plain folders only when the work is collected.
  const listed = new Set(nulSeparated(stdout.toString()).filter((path) => !path.endsWith("/")));
  if (listed.size > maxFiles) return null;
  const looked = await atMost(lanes, [...listed], async (path) => ({
    path,
    found: await statOf(join(slot.tree, path)),
  }));
  // What git does not keep is no work.
  const files = looked.filter(({ found }) => found === null || found.isFile() || found.isSymbolicLink());
  const bytes = files.reduce((sum, { found }) => sum + Number(found?.size ?? 0), 0);
  return bytes > maxBytes ? null : files;
}

async function statOf(file: string): Promise<BigIntStats | null> {
  try {
    return await lstat(file, { bigint: true });
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return null;
    throw error;
  }
}

/** By the time of a file's last change of any kind, which no program sets: who puts an older time on it is seen, too. */
function markOf(files: readonly ChangedFile[]): string {
  const hash = createHash("sha256");
  for (const { path, found } of files)
    hash.update(`${path}\0${found === null ? "gone" : `${found.ino} ${found.size} ${found.ctimeNs}`}\0`);
  return hash.digest("hex");
}
