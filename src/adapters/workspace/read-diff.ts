import { join } from "node:path";
import type { FileDiff, WorkDiff } from "../../domain/diff-policy/diff.ts";
import { pathMatcher } from "../../domain/diff-policy/paths.ts";
import type { RepositoryPlace } from "../../domain/job.ts";
import { Git, GitError, isolated } from "../git/git.ts";
import { parsePatch, withoutPatch } from "./parse-patch.ts";
import type { SlotPaths } from "./slot.ts";

/** Of the patch so much is looked at. */
const maxPatchBytes = 16 * 1024 * 1024;
/** Larger files are not compared line by line. */
const largeFileBytes = 1024 * 1024;
const maxMs = 60_000;
const maxListBytes = 16 * 1024 * 1024;

const emptyTree = {
  sha1: "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
  sha256: "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
} as const;

/**
 * git between two commits, without work tree and index: no attributes are read, neither an agent's nor the project's, by
 * which a file could be kept from being compared.
 */
export function comparingGit({ runnerGit }: SlotPaths, place: RepositoryPlace): Git {
  return new Git({
    cwd: runnerGit,
    gitDir: runnerGit,
    env: {
      ...isolated,
      GIT_OBJECT_DIRECTORY: join(place.commonDir, "objects"),
      GIT_INDEX_FILE: join(runnerGit, "no-index"),
      GIT_ATTR_SOURCE: emptyTree[place.objectFormat],
    },
    settings: ["core.bare=true", "core.attributesFile=/dev/null", `core.bigFileThreshold=${largeFileBytes}`],
  });
}

/** A commit of another repository, which is not here. */
const gitlinkMode = "160000";

const comparing = ["diff-tree", "-r", "-z", "--raw", "--no-abbrev", "--no-renames", "--ignore-submodules=all"];
const patching = [
  "--patch",
  "--unified=0",
  "--inter-hunk-context=0",
  "--no-color",
  "--no-ext-diff",
  "--no-textconv",
  "--src-prefix=a/",
  "--dst-prefix=b/",
];

/** What differs between two commits, bounded in bytes and time. Files smaller than `sizesFrom` need no size. */
export async function readDiff(git: Git, base: string, tip: string, sizesFrom = largeFileBytes): Promise<WorkDiff> {
  const { files, truncated } = await readFiles(git, base, tip);
  return { files: await withSizes(git, files, sizesFrom < largeFileBytes), truncated };
}

async function readFiles(git: Git, base: string, tip: string): Promise<WorkDiff> {
  try {
    const args = [...comparing, ...patching, base, tip];
    const { stdout, cut } = await git.call(args, { cutAt: maxPatchBytes, timeoutMs: maxMs });
    const files = parsePatch(stdout.toString(), cut);
    // Of so many files that not even their names fit in, none is passed over.
    if (!cut || files.length === 0 || files.some(({ unread }) => !unread)) return { files, truncated: cut };
  } catch (error) {
    // It took too long: that is for the policy to say, once it knows which files there are.
    if (!(error instanceof GitError) || error.code !== null) throw error;
  }
  return { files: withoutPatch(await git.text([...comparing, base, tip])), truncated: true };
}

/** What has lines is small: it is measured only where that is asked. */
async function withSizes(git: Git, files: readonly FileDiff[], all: boolean): Promise<FileDiff[]> {
  const measured = files.filter(
    ({ binary, unread, newObject, newMode }) =>
      (binary || unread || all) && newObject !== null && newMode !== gitlinkMode,
  );
  if (measured.length === 0) return [...files];
  const input = measured.map(({ newObject }) => `${newObject}\n`).join("");
  const answers = (await git.text(["cat-file", "--batch-check=%(objectsize)"], { input })).split("\n");
  const sizes = new Map(measured.map(({ path }, index) => [path, Number(answers[index])]));
  return files.map((file) => {
    const bytes = sizes.get(file.path);
    if (bytes === undefined || Number.isNaN(bytes)) return file;
    return { ...file, bytes, unread: file.unread || bytes > largeFileBytes };
  });
}

/** Of these paths and patterns, those that something in a commit is meant by; all of them where it holds too much to tell. */
export async function pathsThere(git: Git, commit: string, paths: readonly string[]): Promise<ReadonlySet<string>> {
  if (paths.length === 0) return new Set();
  const { stdout, cut } = await git.call(["ls-tree", "-r", "-z", "--name-only", "--full-tree", commit], {
    cutAt: maxListBytes,
    timeoutMs: maxMs,
  });
  if (cut) return new Set(paths);
  const names = stdout.toString().split("\0");
  return new Set(paths.filter((path) => names.some(pathMatcher([path]))));
}
