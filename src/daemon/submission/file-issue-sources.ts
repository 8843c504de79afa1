import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { Git, nulSeparated } from "../../adapters/git/git.ts";
import type { FoundRepository } from "../../adapters/git/open-repository.ts";
import { beadsFiles, beadsFolder, BeadsTracker } from "../../adapters/trackers/beads.ts";
import { seedsFiles, seedsFolder, SeedsTracker } from "../../adapters/trackers/seeds.ts";
import type { TrackerKind } from "../../domain/issue.ts";
import type { RunSource } from "../../domain/run.ts";
import type { IssueMeans, IssueSource } from "./issue-source.ts";

const now = (): Date => new Date();

export async function seedsSource({ repository, labels }: IssueMeans): Promise<IssueSource> {
  const folder = folderIn(repository, seedsFolder);
  return {
    name: "seeds:",
    tracker: new SeedsTracker(folder, now, labels),
    sources: await filesOf("seeds", seedsFolder, seedsFiles, repository),
    prefix: null,
    writes: `claimed, closed and given back in ${seedsFolder}/${seedsFiles[0]} of your checkout, as sd does it; commit it with sd sync`,
    look: "look at them: sd list",
    secrets: {},
  };
}

export async function beadsSource({ repository, labels }: IssueMeans): Promise<IssueSource> {
  const folder = folderIn(repository, beadsFolder);
  const name = beadsFiles.find((one) => existsSync(join(folder, one))) ?? beadsFiles[0];
  return {
    name: "beads:",
    tracker: new BeadsTracker(folder, name, now, labels),
    sources: await filesOf("beads", beadsFolder, [name], repository),
    prefix: null,
    writes: `closed in ${beadsFolder}/${name} of your checkout, and not claimed; bd takes it from there when it imports`,
    look: "look at them: bd ready",
    secrets: {},
  };
}

/** In the main work tree, where their own programs look for them from any other one. */
function folderIn({ checkout, place: { commonDir } }: FoundRepository, name: string): string {
  const main = join(basename(commonDir) === ".git" ? dirname(commonDir) : checkout, name);
  return existsSync(main) ? main : join(checkout, name);
}

/** Those that git tracks; one that stands for none where it tracks none. */
async function filesOf(
  tracker: TrackerKind,
  folder: string,
  files: readonly string[],
  { checkout }: FoundRepository,
): Promise<RunSource[]> {
  const paths = files.map((file) => `${folder}/${file}`);
  const specs = paths.map((path) => `:(top,literal)${path}`);
  const listed = await new Git({ cwd: checkout }).text(["ls-files", "-z", "--full-name", "--", ...specs]);
  const tracked = new Set(nulSeparated(listed));
  const none = { name: `${tracker}:`, boxes: { open: 0, done: 0 }, file: null, tracker } as const;
  const own = paths.filter((path) => tracked.has(path)).map((path) => ({ ...none, tracked: path }));
  return own.length > 0 ? own : [{ ...none, tracked: null }];
}
