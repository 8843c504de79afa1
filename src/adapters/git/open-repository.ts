import { realpath } from "node:fs/promises";
import { inOrder } from "../../std/in-order.ts";
import { errnoOf, OperationalError } from "../../std/operational-error.ts";
import type { RepositoryPlace } from "../../domain/job.ts";
import { Git, GitError, nulSeparated } from "./git.ts";

/** The repository around a folder, as found at submission. */
export interface FoundRepository {
  /** The checkout the command was given in. */
  readonly checkout: string;
  readonly place: RepositoryPlace;
  /** Branch checked out there; null when HEAD is detached. */
  readonly branch: string | null;
  readonly identity: { readonly name: string; readonly email: string };
}

/** Settings that decide what a checkout looks like and whose name is on commits. Nothing in them runs a command. */
const keptSettings =
  "^(core\\.(autocrlf|eol|symlinks|filemode|ignorecase|precomposeunicode|excludesfile)|user\\.(name|email)|extensions\\.partialclone|remote\\..*\\.promisor)$";

export async function openRepository(folder: string): Promise<FoundRepository> {
  const git = new Git({ cwd: await existingFolder(folder) });
  const [facts, found] = await inOrder<[string[], FoundSettings]>([insideWorkTree(git, folder), settingsOf(git)]);
  const { settings } = found;
  const [checkout = "", commonDir = "", objectFormat = "sha1", head] = facts;
  if (head === undefined) {
    throw new OperationalError({
      code: "no-commits",
      what: `The repository has no commit yet: ${checkout}`,
      why: "every task starts from a commit of the target branch",
      next: "make one: git add -A && git commit -m 'Start'",
    });
  }
  if (found.promisors.length > 0) throw partialClone(checkout, found.promisors);
  return {
    checkout,
    place: {
      commonDir: await realpath(commonDir),
      objectFormat: objectFormat === "sha256" ? "sha256" : "sha1",
      settings,
    },
    branch: head.startsWith(headsPrefix) ? head.slice(headsPrefix.length) : null,
    identity: identityOf(settings),
  };
}

const headsPrefix = "refs/heads/";

async function existingFolder(folder: string): Promise<string> {
  try {
    return await realpath(folder);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
    throw new OperationalError({
      code: "no-folder",
      what: `There is no folder ${folder}`,
      next: "change to the repository and try again",
    });
  }
}

/** Top level, common directory, object format, and what HEAD stands for; the last is missing where there is no commit. */
async function insideWorkTree(git: Git, folder: string): Promise<string[]> {
  const questions = ["--is-inside-work-tree", "--show-toplevel", "--git-common-dir", "--show-object-format"];
  try {
    const args = ["rev-parse", "--path-format=absolute", ...questions, "--symbolic-full-name", "HEAD"];
    // Without a commit git answers all but the last question, repeats that one, and ends with 128.
    const result = await git.call(args, { allow: [128] });
    const [inside, ...answers] = result.stdout.toString().trimEnd().split("\n");
    if (inside === "true" && answers.length >= 3) return result.code === 0 ? answers : answers.slice(0, 3);
    throw new GitError(args, result);
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    if (error.message.includes("ENOENT")) throw gitMissing(error);
    throw notARepository(folder, error);
  }
}

function gitMissing(cause: unknown): OperationalError {
  return new OperationalError({
    code: "no-git",
    what: "git was not found on the PATH",
    next: "install git 2.38 or newer",
    cause,
  });
}

function notARepository(folder: string, cause: unknown): OperationalError {
  const stderr = cause instanceof GitError ? cause.stderr.trim() : "";
  const dubious = stderr.includes("dubious ownership");
  return new OperationalError({
    code: "not-a-repository",
    what: `Not a git repository with a work tree: ${folder}`,
    ...(dubious ? { why: stderr.split("\n")[0] ?? "" } : {}),
    next: dubious
      ? `trust it: git config --global --add safe.directory ${folder}`
      : "change to a repository, or make one: git init",
    cause,
  });
}

function partialClone(checkout: string, keys: readonly string[]): OperationalError {
  return new OperationalError({
    code: "partial-clone",
    what: `The repository is a partial clone: ${checkout}`,
    why: "workspaces share its objects, and missing ones could not be fetched there",
    next: `fetch everything, then say so: git fetch --refetch --no-filter && ${keys.map((key) => `git config --unset ${key}`).join(" && ")}`,
  });
}

interface FoundSettings {
  /** `key=value`, to be used in workspaces. */
  readonly settings: readonly string[];
  /** Keys that make the repository a partial clone. */
  readonly promisors: readonly string[];
}

async function settingsOf(git: Git): Promise<FoundSettings> {
  const output = await git.maybe(["config", "-z", "--get-regexp", keptSettings], { allow: [1, 128] });
  const last = new Map<string, string>();
  for (const entry of nulSeparated(output ?? "")) {
    const end = entry.indexOf("\n");
    if (end !== -1) last.set(entry.slice(0, end), entry.slice(end + 1));
  }
  const isPromisor = (key: string): boolean => key.endsWith(".promisor") || key.startsWith("extensions.");
  return {
    // A warning about line ends is no reason to refuse an agent's work.
    settings: [
      ...[...last].filter(([key]) => !isPromisor(key)).map(([key, value]) => `${key}=${value}`),
      "core.safecrlf=false",
    ],
    promisors: [...last.keys()].filter(isPromisor),
  };
}

/** Who is on nightcrew's commits: the user, whose work it is, or plainly nightcrew where git knows no name. */
function identityOf(settings: readonly string[]): { name: string; email: string } {
  const value = (key: string): string | undefined =>
    settings.find((setting) => setting.startsWith(`${key}=`))?.slice(key.length + 1);
  return { name: value("user.name") ?? "nightcrew", email: value("user.email") ?? "nightcrew@localhost" };
}

/** git's version, or null where there is none. */
export async function gitVersion(): Promise<string | null> {
  try {
    return /(\d+\.\d+(\.\d+)?)/.exec(await new Git({}).text(["--version"]))?.[1] ?? null;
  } catch (error) {
    if (error instanceof GitError) return null;
    throw error;
  }
}
