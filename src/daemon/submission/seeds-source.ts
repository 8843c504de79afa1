import { existsSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { Git, nulSeparated } from "../../adapters/git/git.ts";
import type { FoundRepository } from "../../adapters/git/open-repository.ts";
import { seedsFiles, seedsFolder, SeedsTracker } from "../../adapters/trackers/seeds.ts";
import type { RunSource } from "../../domain/run.ts";
import type { IssueMeans, IssueSource } from "./issue-source.ts";

const name = "seeds:";

export async function seedsSource({ repository }: IssueMeans): Promise<IssueSource> {
  const folder = seedsIn(repository);
  return {
    name,
    tracker: new SeedsTracker(folder, () => new Date()),
    sources: await filesOf(folder, repository),
    prefix: null,
    writes: `in ${seedsFolder}/${seedsFiles[0]} of your checkout, as sd does it; commit it with sd sync`,
    look: "look at them: sd list",
    secrets: {},
  };
}

/** In the main work tree, where `sd` looks for them from any other one. */
function seedsIn({ checkout, place: { commonDir } }: FoundRepository): string {
  const main = join(basename(commonDir) === ".git" ? dirname(commonDir) : checkout, seedsFolder);
  return existsSync(main) ? main : join(checkout, seedsFolder);
}

async function filesOf(folder: string, { checkout }: FoundRepository): Promise<RunSource[]> {
  const paths = seedsFiles.map((file) => relative(dirname(folder), join(folder, file)));
  const specs = paths.map((path) => `:(literal)${path}`);
  const tracked = new Set(nulSeparated(await new Git({ cwd: checkout }).text(["ls-files", "-z", "--", ...specs])));
  const none = { name, boxes: { open: 0, done: 0 }, file: null, tracker: "seeds" } as const;
  const own = paths.filter((path) => tracked.has(path)).map((path) => ({ ...none, tracked: path }));
  return own.length > 0 ? own : [{ ...none, tracked: null }];
}
