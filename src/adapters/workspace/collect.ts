import { access, lstat, mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { WorkFacts } from "../../domain/attempt-state.ts";
import type { CommitTemplate, RepositoryPlace } from "../../domain/job.ts";
import { crashPoint } from "../../engine/crash-point.ts";
import { errnoOf } from "../../std/operational-error.ts";
import { makeReadable } from "../files/make-readable.ts";
import { tellsNoRoom } from "../files/no-room.ts";
import { Git, GitError, type GitPlace } from "../git/git.ts";
import { writeCommit } from "../git/write-object.ts";
import type { KeepUnder } from "./keep-under.ts";
import { agentHead } from "./agent-head.ts";
import { parseDiff, type DiffFacts } from "./diff-facts.ts";
import { leaveOut, mustBeJoined, type KeepOut } from "./keep-out.ts";
import { isLoose, type NewCommit } from "./loose-objects.ts";
import { quotePath } from "./quote-path.ts";
import { comparingGit } from "./read-diff.ts";
import { forgetIndex, runnerGit, type SlotPaths } from "./slot.ts";

export interface CollectRequest {
  readonly slot: SlotPaths;
  readonly place: RepositoryPlace;
  readonly base: string;
  /** Full name of the ref that is to keep the work. */
  readonly ref: string;
  readonly commit: CommitTemplate;
  readonly protectedPaths: readonly string[];
  /** Where the git directories of nested repositories are moved to. */
  readonly attic: string;
  readonly keepOut: KeepOut | null;
  readonly keepUnder: KeepUnder;
  /** Ids by which the agent's own commits may say what they are of. */
  readonly parts?: readonly string[];
}

export interface Collected {
  /** `tip` is null where nothing differs from the base. */
  readonly work: WorkFacts;
  /** Paths of repositories found inside the work tree: their files are kept as files, their history in the attic. */
  readonly nested: readonly string[];
  /** Paths that `keepOut` left out of the work. */
  readonly leftOut: readonly string[];
  /** Those of `parts` that begin, in brackets, the message of a commit of the agent's which changed something. */
  readonly named: ReadonlySet<string>;
}

/** Somebody pruned (`git gc --prune=now`) what no ref led to yet: it is written again, from the work tree. */
const maxPrunes = 2;

/**
 * Turns whatever is in the work tree (committed by the agent or not, untracked but not ignored) into a commit on `ref` of
 * the user's repository. Doing it again gives the same commit.
 */
export async function collect(request: CollectRequest): Promise<Collected> {
  for (let prunes = 0; ; prunes++) {
    const last = prunes === maxPrunes;
    try {
      const { made, ...collected } = await collectOnce(request);
      if (await isWhole(request, collected, made)) return collected;
      if (last) await giveUp(request, collected);
    } catch (error) {
      if (last || !tellsVanished(error)) throw error;
    }
    await forgetIndex(request.slot, request.place, request.base);
  }
}

/** `made`: the commit, where it is none of the agent's own. */
async function collectOnce(request: CollectRequest): Promise<Collected & { readonly made: NewCommit | null }> {
  const { slot, place, base } = request;
  const git = runnerGit(slot, place);
  const { diff: found, nested, tree: whole } = await addFlattened(git, request);
  const { tree: all, diff: kept, undone } = await keepProtected(git, request, { tree: whole, diff: found });
  const leftOut = await leaveOut(git, request, kept);
  const { tree, diff } = leftOut.length === 0 ? { tree: all, diff: kept } : await treeAndDiff(git, base);
  const imported = await importAgentCommits(git, request);
  const named = imported === null ? new Set<string>() : await namedParts(git, request, imported.head);
  const joined =
    imported !== null &&
    (leftOut.length > 0 ||
      (await mustBeJoined(comparingGit(slot, place), request, { head: imported.head, isAll: isOnly(imported, tree) })));
  const own = joined ? null : imported;
  const notes = [
    ...undone.map((path) => `the agent's edits of ${path} were left out: nightcrew alone ticks it`),
    ...(joined ? ["the agent's own commits were joined into one: they held what is kept out of the history"] : []),
  ];
  const facts = { base, agentCommits: imported?.count ?? 0, ...countsOf(diff), notes };
  if (diff.baseEntries.size === 0)
    return { work: { ...facts, tip: null, branch: null }, nested, leftOut, made: null, named };
  const tip = own?.tree === tree ? own.head : commitWork(tree, own?.head ?? base, request);
  const made = own === null ? { commit: tip, tree, paths: [...diff.baseEntries.keys()] } : null;
  crashPoint("runner/commit-written");
  await request.keepUnder(place, request.ref, tip);
  crashPoint("runner/ref-written");
  return { work: { ...facts, tip, branch: request.ref.replace(/^refs\/heads\//, "") }, nested, leftOut, made, named };
}

/** Nested repositories would be added as bare pointers to commits nobody has, so they are made plain folders first. */
const maxNested = 100;
/** Of subjects and paths of the agent's own commits. */
const maxLogBytes = 4 * 1024 * 1024;

/** Also where it was moved before a crash. */
async function moveAside(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
    await access(to);
  }
}

async function addFlattened(
  git: Git,
  request: CollectRequest,
): Promise<{ tree: string; diff: DiffFacts; nested: string[] }> {
  const nested: string[] = [];
  while (nested.length <= maxNested) {
    const unborn = await addAll(git, request.slot.tree);
    const left = unborn === null ? await treeAndDiff(git, request.base) : null;
    if (left !== null && left.diff.newGitlinks.length === 0) return { ...left, nested };
    for (const path of unborn === null ? (left?.diff.newGitlinks ?? []) : [unborn]) {
      const name = path.replace(/\/$/, "");
      await mkdir(request.attic, { recursive: true });
      await moveAside(join(request.slot.tree, name, ".git"), join(request.attic, `${nested.length}.git`));
      if (unborn === null) await git.call(["update-index", "--force-remove", "--", name]);
      nested.push(name);
    }
  }
  throw new Error(`more than ${maxNested} repositories inside the work tree`);
}

function countsOf(
  diff: DiffFacts,
): Pick<WorkFacts, "filesCreated" | "filesChanged" | "filesDeleted" | "insertions" | "deletions" | "paths"> {
  const { created, changed, deleted, insertions, deletions, paths } = diff;
  return { filesCreated: created, filesChanged: changed, filesDeleted: deleted, insertions, deletions, paths };
}

/** git will not take what is in the work tree: names or contents it cannot store. The work stays where it is. */
export class WorkRefused extends Error {
  override readonly name = "WorkRefused";

  constructor(cause: GitError) {
    super(cause.message, { cause });
  }
}

/** The path of a nested repository that git cannot add at all (it has no commit), else null. */
async function addAll(git: Git, tree: string): Promise<string | null> {
  try {
    if (await adds(git)) return null;
    // What an agent has left without permissions is its work as well.
    await makeReadable(tree);
    await adds(git, { last: true });
    return null;
  } catch (error) {
    const nested =
      error instanceof GitError
        ? /^error: '(.*)\/' does not have a commit checked out/m.exec(error.stderr)?.[1]
        : undefined;
    if (nested !== undefined) return nested;
    if (error instanceof GitError && error.code !== null && !tellsNoRoom(error.stderr)) throw new WorkRefused(error);
    throw error;
  }
}

/** False where something could not be looked into; what git cannot open of folders it passes over, with a word. */
async function adds(git: Git, { last = false } = {}): Promise<boolean> {
  try {
    // Also outside of a sparse checkout: what an agent has made there is its work.
    const { stderr } = await git.call(["add", "--all", "--sparse"], { timeoutMs: 600_000 });
    return !isDenied(stderr);
  } catch (error) {
    if (last || !(error instanceof GitError) || !isDenied(error.stderr)) throw error;
    return false;
  }
}

function isDenied(words: string): boolean {
  return words.includes("Permission denied");
}

/** Both read the index that `add` has just written, so they need not wait for each other. */
async function treeAndDiff(git: Git, base: string): Promise<{ tree: string; diff: DiffFacts }> {
  const comparing = ["diff-index", "--cached", "-z", "--no-renames", "--raw", "--numstat", "--no-abbrev", base];
  const [tree, output] = await Promise.all([git.text(["write-tree"]), git.text(comparing)]);
  return { tree, diff: parseDiff(output) };
}

/** The sources of the run are the target's own: an agent's edits of them go back to the base's content. */
async function keepProtected(
  git: Git,
  { protectedPaths, base }: CollectRequest,
  left: { tree: string; diff: DiffFacts },
): Promise<{ tree: string; diff: DiffFacts; undone: string[] }> {
  const undone = protectedPaths.filter((path) => left.diff.baseEntries.has(path));
  if (undone.length === 0) return { ...left, undone };
  for (const path of undone) {
    const entry = left.diff.baseEntries.get(path);
    const change = entry
      ? ["--add", "--replace", "--cacheinfo", `${entry.mode},${entry.object},${path}`]
      : ["--force-remove", "--", path];
    await git.call(["update-index", ...change]);
  }
  return { ...(await treeAndDiff(git, base)), undone };
}

/** A single commit of this very tree has no history: its content is judged as the work itself. */
function isOnly({ count, tree }: OwnCommits, whole: string): boolean {
  return count === 1 && tree === whole;
}

/** Of files and folders in which git keeps objects. */
const maxObjectEntries = 1_000_000;

/** Whether git can read all that is there: a pipe in the place of an object would keep it waiting, a link leads elsewhere. */
async function holdsPlainFiles(objects: string): Promise<boolean> {
  if (!(await lstat(objects)).isDirectory()) return false;
  let left = maxObjectEntries;
  const open = [objects];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const entry of await readdir(at, { withFileTypes: true })) {
      if (--left < 0 || !(entry.isFile() || entry.isDirectory())) return false;
      if (entry.isDirectory()) open.push(join(at, entry.name));
    }
  }
  return true;
}

interface OwnCommits {
  readonly head: string;
  readonly tree: string;
  readonly count: number;
}

/**
 * Brings the agent's own commits into the user's repository, through a pack: every object's name is computed from its
 * content on the way in. Only history on top of the base counts; anything else is left behind, its content is in the tree.
 */
async function importAgentCommits(git: Git, { slot, place, base }: CollectRequest): Promise<OwnCommits | null> {
  const head = await agentHead(slot);
  if (head === null || head === base) return null;
  const objects = join(slot.agentGit, "objects");
  if (!(await holdsPlainFiles(objects))) return null;
  // Another repository that it names is none of its work; ours is known without.
  await rm(join(objects, "info", "alternates"), { force: true });
  const reading: GitPlace = {
    gitDir: slot.runnerGit,
    // Which commit comes of which is read from the commits.
    settings: ["core.commitGraph=false", "core.multiPackIndex=false"],
    env: {
      GIT_OBJECT_DIRECTORY: join(place.commonDir, "objects"),
      GIT_ALTERNATE_OBJECT_DIRECTORIES: quotePath(objects),
    },
  };
  const reader = new Git(reading);
  const known = await reader.maybe(["rev-parse", "--verify", "--quiet", `${head}^{commit}`], { allow: [1, 128] });
  if (known === null) return null;
  const onTop = await reader.call(["merge-base", "--is-ancestor", base, head], { allow: [1, 128] });
  if (onTop.code !== 0) return null;
  const packing = ["pack-objects", "--revs", "--stdout", "--quiet", "--thin"];
  await reader.pipe({ args: packing, input: `${head}\n^${base}\n` }, git, ["unpack-objects", "-q", "--strict"]);
  const count = Number(await git.text(["rev-list", "--count", `${base}..${head}`]));
  return { head, count, tree: await git.text(["rev-parse", `${head}^{tree}`]) };
}

/** Merges bring nothing of their own. */
async function namedParts(git: Git, { parts = [], base }: CollectRequest, head: string): Promise<ReadonlySet<string>> {
  if (parts.length === 0) return new Set();
  const asked = [
    "log",
    "-z",
    "--no-merges",
    "--no-show-signature",
    "--format=%x01%s",
    "--name-only",
    `${base}..${head}`,
  ];
  const text = (await git.call(asked, { cutAt: maxLogBytes })).stdout.toString();
  const named = text.split("\u0001").flatMap((commit) => {
    const [subject = "", ...paths] = commit.split(/[\0\n]+/).filter((line) => line !== "");
    return paths.length === 0 ? [] : parts.filter((id) => subject.startsWith(`[${id}]`));
  });
  return new Set(named);
}

function commitWork(tree: string, parent: string, { place, commit }: CollectRequest): string {
  const message = `${commit.subject}\n\n${commit.trailers.join("\n")}\n`;
  const content = { tree, parents: [parent], message, by: commit, at: commit.at };
  return writeCommit(join(place.commonDir, "objects"), content);
}

/** git's words where an object that was there a moment ago is not. */
function tellsVanished(error: unknown): boolean {
  return (
    error instanceof GitError &&
    /invalid object|nonexistent object|unable to read|bad object|missing (blob|tree|commit)/.test(error.stderr)
  );
}

/** From now on a ref leads to it, and git keeps it; what vanished just before is found here. */
async function isWhole({ place, base }: CollectRequest, { work }: Collected, made: NewCommit | null): Promise<boolean> {
  if (work.tip === null || (made !== null && isLoose(join(place.commonDir, "objects"), made))) return true;
  const asked = ["rev-list", "--objects", "--quiet", work.tip, `^${base}`];
  return (await repositoryGit(place).call(asked, { allow: [1, 128] })).code === 0;
}

/** A ref to what is not whole would break the user's own git. The work itself is still in the work tree. */
async function giveUp({ place, ref }: CollectRequest, { work }: Collected): Promise<never> {
  if (work.tip !== null) await repositoryGit(place).call(["update-ref", "-d", ref, work.tip]);
  throw new Error("objects of it were pruned from the repository again and again while it was kept");
}

function repositoryGit(place: RepositoryPlace): Git {
  return new Git({ gitDir: place.commonDir });
}
