import { Git } from "../../adapters/git/git.ts";
import { githubClient } from "../../adapters/trackers/github-client.ts";
import { apiUrl } from "../../adapters/trackers/github-api-url.ts";
import { placeOfRemote } from "../../adapters/trackers/github-remote.ts";
import { GitHubTracker } from "../../adapters/trackers/github.ts";
import { pick, trackerToken, trackerTokenNames } from "../../domain/environment.ts";
import { OperationalError } from "../../std/operational-error.ts";
import type { IssueMeans, IssueSource } from "./issue-source.ts";

/** `place`: null where the repository is that of the checkout's remote. `beside`: other repositories that are named. */
export async function githubSource(
  place: string | null,
  beside: readonly (string | null)[],
  means: IssueMeans,
): Promise<IssueSource> {
  const { settings, trackers, labels, secretOf } = means;
  const baseUrl = apiUrl(settings);
  const repository = place ?? (await repositoryOfRemote(means.repository.checkout, baseUrl));
  const found: Record<string, string | undefined> = {};
  for (const name of trackerTokenNames) found[name] = await secretOf(name);
  const token = trackerToken(found);
  if (token === undefined) throw noToken(repository);
  const { authors, board } = trackers.github;
  const ask = await githubClient({ baseUrl, token, environment: settings }, new AbortController().signal);
  const name = `github:${repository}`;
  return {
    name,
    tracker: new GitHubTracker(ask, {
      repository,
      labels,
      authors: authors ?? null,
      board: null,
      onProblem: () => undefined,
    }),
    sources: [{ name, boxes: { open: 0, done: 0 }, file: null, tracked: null, tracker: "github" }],
    prefix: prefixOf(repository, beside),
    writes: `claimed, closed and given back there: by a comment, and the label nightcrew while one is worked on${board === undefined ? "" : `; cards of ${board} are moved`}`,
    look: "look at them there",
    secrets: pick(found, () => true),
  };
}

/** By which issues of several repositories are told apart. */
function prefixOf(repository: string, beside: readonly (string | null)[]): string {
  if (beside.length === 0) return "GH-";
  const nameOf = (place: string): string | undefined => place.split("/")[1];
  const isAlone = beside.every(
    (other) => other === null || nameOf(other)?.toLowerCase() !== nameOf(repository)?.toLowerCase(),
  );
  return isAlone ? `${nameOf(repository)}-` : `${repository.replace("/", "-")}-`;
}

/** Where `origin` is, if that is at the GitHub that is asked. Aliases of the user's git are followed. */
async function repositoryOfRemote(checkout: string, baseUrl: string): Promise<string> {
  // Asks nobody; the name itself stands for none.
  const told = (await new Git({ cwd: checkout }).text(["ls-remote", "--get-url", "origin"])).trim();
  const url = told === "origin" ? "" : told;
  const place = placeOfRemote(url, baseUrl);
  if (place !== null) return place;
  throw new OperationalError({
    code: "which-repository",
    what: "Nothing says which repository of GitHub is meant",
    why: url === "" ? "this one has no remote origin" : "its remote origin is not at GitHub",
    next: "name it: github:owner/name",
  });
}

function noToken(repository: string): OperationalError {
  return new OperationalError({
    code: "no-token",
    what: `Issues of ${repository} cannot be read without a token`,
    why: `neither ${trackerTokenNames.join(" nor ")} is set here, in the home's env file, or where the daemon was started`,
    next: "export GITHUB_TOKEN=…: one that may read and write issues of that repository",
  });
}
