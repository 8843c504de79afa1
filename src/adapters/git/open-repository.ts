import { realpath } from "node:fs/promises";
import { OperationalError } from "../../std/operational-error.ts";
import { errnoOf } from "../../std/operational-error.ts";
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
  "^(core\\.(autocrlf|eol|safecrlf|symlinks|filemode|ignorecase|precomposeunicode|excludesfile)|user\\.(name|email))$";

export async function openRepository(folder: string): Promise<FoundRepository> {
  const git = new Git({ cwd: await existingFolder(folder) });
  const facts = await insideWorkTree(git, folder);
  const [checkout = "", commonDir = "", objectFormat = "sha1", partial = ""] = facts;
  if ((await git.maybe(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"], { allow: [1, 128] })) === null) {
    throw new OperationalError({
      code: "no-commits",
      what: `The repository has no commit yet: ${checkout}`,
      why: "every task starts from a commit of the target branch",
      next: "make one: git add -A && git commit -m 'Start'",
    });
  }
  if (partial !== "") throw partialClone(checkout);
  const settings = await keptSettingsOf(git);
  return {
    checkout,
    place: {
      commonDir: await realpath(commonDir),
      objectFormat: objectFormat === "sha256" ? "sha256" : "sha1",
      settings,
    },
    branch: await git.maybe(["symbolic-ref", "--quiet", "--short", "HEAD"]),
    identity: identityOf(settings),
  };
}

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

async function insideWorkTree(git: Git, folder: string): Promise<string[]> {
  try {
    const [inside, ...lines] = (
      await git.text([
        "rev-parse",
        "--path-format=absolute",
        "--is-inside-work-tree",
        "--show-toplevel",
        "--git-common-dir",
        "--show-object-format",
      ])
    ).split("\n");
    if (inside === "true") {
      const partial = await git.maybe(["config", "--get", "extensions.partialClone"]);
      return [...lines, partial ?? ""];
    }
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    if (error.message.includes("ENOENT")) throw gitMissing(error);
    throw notARepository(folder, error);
  }
  throw notARepository(folder, undefined);
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

function partialClone(checkout: string): OperationalError {
  return new OperationalError({
    code: "partial-clone",
    what: `The repository is a partial clone: ${checkout}`,
    why: "workspaces share its objects, and missing ones could not be fetched there",
    next: "fetch everything: git fetch --refetch --no-filter && git config --unset extensions.partialClone",
  });
}

async function keptSettingsOf(git: Git): Promise<string[]> {
  const output = await git.maybe(["config", "-z", "--get-regexp", keptSettings]);
  const last = new Map<string, string>();
  for (const entry of nulSeparated(output ?? "")) {
    const end = entry.indexOf("\n");
    if (end !== -1) last.set(entry.slice(0, end), entry.slice(end + 1));
  }
  return [...last].map(([key, value]) => `${key}=${value}`);
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
