import { createHash } from "node:crypto";
import { realpathSync, statSync } from "node:fs";
import type { SandboxRules } from "../../domain/run.ts";
import type { Setup } from "../../domain/setup.ts";
import { globPattern } from "../../std/glob.ts";
import { nulSeparated, type Git } from "../git/git.ts";
import { findProgram } from "../process/find-program.ts";

/** Changes whenever sets of an earlier version are not to be used any more. */
const version = 1;
const maxListBytes = 64 * 1024 * 1024;

/** What a setup makes depends on these besides the files of its key. */
export interface Surroundings {
  readonly sandbox: SandboxRules;
  /** The search path it has. */
  readonly path: string;
}

/** The files of a commit that decide what a setup makes there, each with the name of its content. */
export async function keyFiles(git: Git, commit: string, { key }: Pick<Setup, "key">): Promise<readonly string[]> {
  const plain = key.every((path) => !/[*?[{\\]/.test(path));
  const listed = await git.call(
    plain ? ["ls-tree", "-z", "--full-tree", commit, "--", ...key] : ["ls-tree", "-r", "-z", "--full-tree", commit],
    { cutAt: maxListBytes },
  );
  if (listed.cut) throw new Error("the repository has too many files for `setup: key:` to have patterns");
  const wanted = pathsMatcher(key);
  return nulSeparated(listed.stdout.toString()).filter((entry) => wanted(entry.slice(entry.indexOf("\t") + 1)));
}

/** The name of the set that a setup makes of a tree of the target with these files. */
export function setKey(setup: Setup, files: readonly string[], { sandbox, path }: Surroundings): string {
  const { run, keep } = setup;
  const about = [version, run, keep, files, process.platform, process.arch, sandbox.name, sandbox.hosts, toolsOn(path)];
  return createHash("sha256").update(JSON.stringify(about)).digest("hex").slice(0, 20);
}

/**
 * The same for a tree that is not the target's. What is in it may have had a hand in what was made, so that it is for this
 * very tree alone.
 */
export function ownSetKey(key: string, tree: string): string {
  return `${key}-${tree.slice(0, 20)}`;
}

/** What is compiled for one of these is of no use to another. */
const tools = ["node", "python3", "ruby", "php"] as const;

function toolsOn(path: string): unknown[] {
  return tools.map((name) => {
    const found = findProgram(name, path, "/");
    if (found === null) return null;
    const { size, mtimeMs } = statSync(found);
    return [realpathSync(found), size, Math.round(mtimeMs)];
  });
}

/** For paths relative to the root: a name without a slash is meant there, `**` for any depth. */
export function pathsMatcher(globs: readonly string[]): (path: string) => boolean {
  const patterns = globs.map((glob) => {
    const path = glob.replace(/^\.?\/+|\/+$/g, "");
    return { pattern: globPattern(path), inRoot: !path.includes("/") };
  });
  return (path) => patterns.some(({ pattern, inRoot }) => pattern.test(path) && !(inRoot && path.includes("/")));
}
