import { copyFile, lstat, mkdir, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import type { RepositoryPlace } from "../../domain/job.ts";
import type { Foreseen } from "../../domain/foreseen.ts";
import { canRegenerate, type LockFileRule } from "../../domain/lock-files.ts";
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
  /** The tree that was looked at before, with this very tip; null: none was. */
  readonly before: string | null;
}

export type Foresight =
  /** `tree`: what the work would be, were it collected now. */
  | { readonly kind: "seen"; readonly tree: string; readonly foreseen: Foreseen | null }
  /** It is as it was when it was looked at before. */
  | { readonly kind: "same" }
  /** It is more than is worth a look. */
  | { readonly kind: "too-large" };

const maxFiles = 2_000;
const maxBytes = 32 * 1024 * 1024;
const maxListBytes = 1024 * 1024;
const maxPaths = 50;
/** Of each git. */
const timeoutMs = 20_000;

/**
 * What would come of it, were the work tree of an attempt merged now, as it is while its agent writes to it. Nothing of the
 * attempt's is touched: index and objects are copies of its own, in a folder that is gone afterwards. Rejects where the tree
 * changes under it in a way that git cannot follow, and where a git takes too long.
 */
export async function foresee(request: ForeseeRequest): Promise<Foresight> {
  const { slot, place } = request;
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
    return await look(git, objectsDir, request);
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

async function look(
  git: Git,
  objectsDir: string,
  { slot, base, tip, protectedPaths, lockFiles, before }: ForeseeRequest,
): Promise<Foresight> {
  const changed = await changedPaths(git, slot);
  if (changed === null) return { kind: "too-large" };
  const input = changed
    .filter((path) => !protectedPaths.includes(path))
    .map((path) => `${path}\0`)
    .join("");
  await git.call(["update-index", "--add", "--remove", "-z", "--stdin"], { input, timeoutMs });
  const tree = await git.text(["write-tree"], { timeoutMs });
  if (tree === before) return { kind: "same" };
  const by = { name: "nightcrew", email: "" };
  const work = writeCommit(objectsDir, { tree, parents: [base], message: "Work under way\n", by, at: 0 });
  const merged = await mergeTrees(git, tip, work, timeoutMs);
  if (merged.kind === "clean" || canRegenerate(lockFiles, merged.paths)) return { kind: "seen", tree, foreseen: null };
  const paths = merged.paths.toSorted().slice(0, maxPaths);
  const range = ["log", "--first-parent", "--max-count=1", "--format=%H", `${base}..${tip}`];
  const since = await git.text([...range, "--", ...paths.map((path) => `:(literal)${path}`)], { timeoutMs });
  return { kind: "seen", tree, foreseen: { paths, tip, since: since === "" ? tip : since } };
}

/** What differs from the index, and what is new and not ignored; null where that is too much. */
async function changedPaths(git: Git, slot: SlotPaths): Promise<string[] | null> {
  const listing = ["ls-files", "-z", "--modified", "--others", "--exclude-standard"];
  const { stdout, cut } = await git.call(listing, { cutAt: maxListBytes, timeoutMs });
  if (cut) return null;
  // Repositories within it end with a slash: they are made plain folders only when the work is collected.
  const listed = new Set(nulSeparated(stdout.toString()).filter((path) => !path.endsWith("/")));
  if (listed.size > maxFiles) return null;
  const paths: string[] = [];
  let bytes = 0;
  for (const path of listed) {
    const size = await sizeOf(join(slot.tree, path));
    if (size === null) continue;
    bytes += size;
    if (bytes > maxBytes) return null;
    paths.push(path);
  }
  return paths;
}

/** 0 for what is gone; null for what git does not keep. */
async function sizeOf(file: string): Promise<number | null> {
  try {
    const found = await lstat(file);
    return found.isFile() || found.isSymbolicLink() ? found.size : null;
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return 0;
    throw error;
  }
}
