import { readIfThere } from "../files/read-if-there.ts";
import { makeRemovable, removeSmallTree, removeTree } from "../files/remove-tree.ts";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { errnoOf } from "../../std/operational-error.ts";
import type { RepositoryPlace } from "../../domain/job.ts";
import { Git, GitError, isolated, nulSeparated } from "../git/git.ts";
import { coneLines, inCone } from "./cone.ts";
import { isReadByGit, removePipes } from "./pipes.ts";

/**
 * A pooled workspace: one work tree, two repositories.
 *
 *   tree/         what the agent works in; its `.git` file points to agent.git
 *   agent.git/    the agent's own repository: refs, configuration, hooks, objects. Written anew before every attempt, never
 *                 read by a git of ours, so nothing planted there can run anything
 *   runner.git/   the runner's: its index knows the work tree, its objects go straight into the user's repository
 *   busy          which attempt is in it; left behind by a crash
 *
 * The user's configuration, hooks and refs are out of reach from the work tree. Why not a worktree or a clone: see
 * docs/decisions/0002-workspace.md.
 */
export interface SlotPaths {
  readonly root: string;
  readonly tree: string;
  readonly agentGit: string;
  readonly runnerGit: string;
  readonly busy: string;
}

export function slotPaths(root: string): SlotPaths {
  const at = (name: string): string => join(root, name);
  return { root, tree: at("tree"), agentGit: at("agent.git"), runnerGit: at("runner.git"), busy: at("busy") };
}

/** git over the slot's work tree, as the runner sees it. */
export function runnerGit(
  slot: SlotPaths,
  place: RepositoryPlace,
  env: NodeJS.ProcessEnv = {},
  diesWithParent = false,
): Git {
  return new Git({
    diesWithParent,
    cwd: slot.tree,
    gitDir: slot.runnerGit,
    workTree: slot.tree,
    env: { ...isolated, GIT_OBJECT_DIRECTORY: join(place.commonDir, "objects"), ...env },
    // A gitlink's own folder may hold a planted repository: never look into it.
    settings: ["diff.ignoreSubmodules=all", "submodule.recurse=false", ...place.settings],
    whileSlow: () => removePipes(slot.tree, isReadByGit),
  });
}

/** Makes the slot where it is missing, and brings its work tree to `commit`, whatever was in it. */
export async function checkOut(slot: SlotPaths, place: RepositoryPlace, commit: string): Promise<void> {
  const git = runnerGit(slot, place);
  try {
    await bringTo(slot, place, commit, git);
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    if (await bringUnlocked(slot, place, commit, git)) return;
    // Something in it cannot be removed: it is set aside whole, and a new one made.
    await setAside(slot);
    await bringTo(slot, place, commit, git);
  }
}

/** Once more, with write permission for the folders that were left without (as Go's module cache is). False where that fails. */
async function bringUnlocked(slot: SlotPaths, place: RepositoryPlace, commit: string, git: Git): Promise<boolean> {
  try {
    await makeRemovable(slot.tree);
    await bringTo(slot, place, commit, git);
    return true;
  } catch (error) {
    if (error instanceof GitError || errnoOf(error) !== null) return false;
    throw error;
  }
}

/** `git` is the slot's (`runnerGit`). */
export async function bringTo(slot: SlotPaths, place: RepositoryPlace, commit: string, git: Git): Promise<void> {
  const fresh = await ensureSlot(slot, place);
  await makeSparse(slot, place);
  await rm(join(slot.runnerGit, "index.lock"), { force: true });
  // Its end of history may have moved since the slot was made.
  copyIfThere(join(place.commonDir, "shallow"), join(slot.runnerGit, "shallow"));
  // Beside git, which passes over them, or waits at one of them.
  const swept = fresh ? null : removePipes(slot.tree);
  await git.call(["checkout", "--quiet", "--force", "--detach", commit], { timeoutMs: 600_000 });
  await swept;
  // Twice forced: nested repositories, which only an agent can have left, go as well.
  if (!fresh) await git.call(["clean", "-ffdxq"], { timeoutMs: 600_000 });
  await leaveSubmodules(git, slot);
}

/** Changes the files of a work tree that is at a commit to those of a tree; to the agent's own repository they are edits. */
export async function bringTree(slot: SlotPaths, place: RepositoryPlace, commit: string, tree: string): Promise<void> {
  await runnerGit(slot, place).call(["read-tree", "-m", "-u", commit, tree], { timeoutMs: 600_000 });
}

/** Moves a slot out of the way as it is. Returns where it is kept. */
export async function setAside(slot: SlotPaths): Promise<string> {
  const kept = `${slot.root}.kept-${Date.now()}-${process.pid}`;
  await rename(slot.root, kept);
  return kept;
}

const gitlinkMode = Buffer.from([0x00, 0x00, 0xe0, 0x00]);
const gitlink = /^160000 [0-9a-f]+ 0\t(.+)$/s;

/**
 * Submodules are left alone. `git add` looks into the folder of one and runs git there, under a configuration that an
 * agent may have planted; entries marked `skip-worktree` are not looked at.
 */
async function leaveSubmodules(git: Git, slot: SlotPaths): Promise<void> {
  // Every entry's mode stands in the index as four bytes: where these are nowhere, there is no submodule to ask git for.
  if (!(await readFile(join(slot.runnerGit, "index"))).includes(gitlinkMode)) return;
  const entries = (await git.text(["ls-files", "--stage", "-z"])).split("\0");
  const paths = entries.flatMap((entry) => gitlink.exec(entry)?.[1] ?? []);
  if (paths.length > 0)
    await git.call(["update-index", "--skip-worktree", "-z", "--stdin"], {
      input: paths.map((path) => `${path}\0`).join(""),
    });
}

const sparseName = "sparse";

/** Which part of the tree a slot has. Where that changes, which is seldom, nothing of the tree that was there is kept. */
async function makeSparse(slot: SlotPaths, place: RepositoryPlace): Promise<void> {
  const { sparse = [] } = place;
  const mark = join(slot.runnerGit, sparseName);
  const wanted = JSON.stringify(sparse);
  const before = (await readIfThere(mark)) ?? "[]";
  if (before === wanted) return;
  await removeTree(slot.tree);
  await rm(join(slot.runnerGit, "index"), { force: true });
  mkdirSync(slot.tree);
  writeSparse(slot.runnerGit, place);
  writeFileSync(mark, wanted);
}

/** git's own sparse checkout: what is outside stays in the index as it is, marked as not to be looked for. */
function writeSparse(gitDir: string, place: RepositoryPlace): void {
  writeFileSync(join(gitDir, "config"), configText(place));
  const lines = join(gitDir, "info", "sparse-checkout");
  if (place.sparse === undefined) rmSync(lines, { force: true });
  else writeFileSync(lines, `${coneLines(place.sparse).join("\n")}\n`);
}

/** The index was made anew: what the work tree never had is no deletion of anybody's. */
async function leaveOutside(git: Git, slot: SlotPaths): Promise<void> {
  const sparse: unknown = JSON.parse((await readIfThere(join(slot.runnerGit, sparseName))) ?? "[]");
  const paths = Array.isArray(sparse) ? sparse.filter((path) => typeof path === "string") : [];
  if (paths.length === 0) return;
  const inside = inCone(paths);
  const outside = nulSeparated(await git.text(["ls-files", "-z"])).filter((path) => !inside(path));
  const input = outside.map((path) => `${path}\0`).join("");
  if (outside.length > 0) await git.call(["update-index", "--skip-worktree", "-z", "--stdin"], { input });
}

/** What the index knows of the work tree is forgotten: with the next `add` every file's content is written where it is missing. */
export async function forgetIndex(slot: SlotPaths, place: RepositoryPlace, commit: string): Promise<void> {
  const git = runnerGit(slot, place);
  await rm(join(slot.runnerGit, "index"), { force: true });
  await git.call(["read-tree", commit]);
  await leaveOutside(git, slot);
  await leaveSubmodules(git, slot);
}

/** True when it was made just now. */
async function ensureSlot(slot: SlotPaths, place: RepositoryPlace): Promise<boolean> {
  const mark = join(slot.runnerGit, "made");
  if ((await readIfThere(mark)) === place.commonDir) return false;
  await removeTree(slot.root);
  mkdirSync(slot.tree, { recursive: true });
  writeRepository(slot.runnerGit, place, "ref: refs/heads/none");
  writeFileSync(mark, place.commonDir);
  return true;
}

/** Gives the agent a repository of its own on a branch at `base`, with the index of the work tree. A dozen small files, written in one go. */
export async function prepareAgentRepository(
  slot: SlotPaths,
  place: RepositoryPlace,
  branch: string,
  base: string,
): Promise<void> {
  await removeSmallTree(slot.agentGit);
  writeRepository(slot.agentGit, place, `ref: refs/heads/${branch}`);
  const ref = join(slot.agentGit, "refs", "heads", branch);
  mkdirSync(dirname(ref), { recursive: true });
  writeFileSync(ref, `${base}\n`);
  writeFileSync(join(slot.agentGit, "objects", "info", "alternates"), `${join(place.commonDir, "objects")}\n`);
  copyFileSync(join(slot.runnerGit, "index"), join(slot.agentGit, "index"));
  // An agent may have replaced the pointer by a folder of its own.
  const pointer = join(slot.tree, ".git");
  await removeSmallTree(pointer);
  writeFileSync(pointer, "gitdir: ../agent.git\n");
}

/** Folders that neither git of a slot takes for work. To be called behind `prepareAgentRepository`. */
export function excludeFolders(slot: SlotPaths, place: RepositoryPlace, folders: readonly string[]): void {
  const users = join(place.commonDir, "info", "exclude");
  const own = existsSync(users) ? `${readFileSync(users, "utf8")}\n` : "";
  const lines = folders.map((folder) => `/${folder.replace(/[\\*?[\]! #]/g, String.raw`\$&`)}/\n`);
  for (const gitDir of [slot.runnerGit, slot.agentGit])
    writeFileSync(join(gitDir, "info", "exclude"), own + lines.join(""));
}

function writeRepository(gitDir: string, place: RepositoryPlace, head: string): void {
  mkdirSync(join(gitDir, "objects", "info"), { recursive: true });
  mkdirSync(join(gitDir, "refs", "heads"), { recursive: true });
  mkdirSync(join(gitDir, "info"), { recursive: true });
  writeFileSync(join(gitDir, "HEAD"), `${head}\n`);
  writeSparse(gitDir, place);
  // What the user ignores without a tracked .gitignore is no work either.
  copyIfThere(join(place.commonDir, "info", "exclude"), join(gitDir, "info", "exclude"));
  // History ends in a shallow repository where this file says; without it walking it fails.
  copyIfThere(join(place.commonDir, "shallow"), join(gitDir, "shallow"));
}

function configText(place: RepositoryPlace): string {
  const sha256 = place.objectFormat === "sha256";
  return [
    "[core]",
    `\trepositoryformatversion = ${sha256 ? 1 : 0}`,
    "\tbare = false",
    "\tlogAllRefUpdates = false",
    ...(place.sparse === undefined ? [] : ["\tsparseCheckout = true", "\tsparseCheckoutCone = true"]),
    ...(sha256 ? ["[extensions]", "\tobjectformat = sha256"] : []),
    "[gc]",
    "\tauto = 0",
    "[commit]",
    "\tgpgSign = false",
    ...place.settings.flatMap(configLines),
    "",
  ].join("\n");
}

/** `section.key=value` as lines of a git configuration file. */
function configLines(setting: string): string[] {
  const [key = "", ...rest] = setting.split("=");
  const dot = key.indexOf(".");
  const value = rest
    .join("=")
    .replace(/[\\"]/g, (character) => `\\${character}`)
    .replace(/\n/g, "\\n");
  return [`[${key.slice(0, dot)}]`, `\t${key.slice(dot + 1)} = "${value}"`];
}

function copyIfThere(from: string, to: string): void {
  try {
    copyFileSync(from, to);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
  }
}
