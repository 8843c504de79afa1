import { realpath } from "node:fs/promises";
import { posix, relative, resolve } from "node:path";
import type { Params } from "../api/contract.ts";
import type { ScanView } from "../api/views.ts";
import { findImporters } from "../adapters/code/imports/code-graph.ts";
import { scanProject } from "../adapters/code/scan-project.ts";
import { loadConfig } from "../adapters/config/load-config.ts";
import { Git } from "../adapters/git/git.ts";
import { openRepository } from "../adapters/git/open-repository.ts";
import { branchRef } from "../adapters/git/target.ts";
import { assertDefined } from "../std/assert.ts";
import { errnoOf, OperationalError } from "../std/operational-error.ts";
import type { Means } from "./submission/prepare.ts";
import { findTarget } from "./submission/preflight.ts";

/** Of each file. */
const mostImporters = 1_000;

/** What the target shows of its project: what a model is told of it, too. */
export async function scan(
  { servers, code }: Pick<Means, "servers" | "code">,
  { cwd, target: asked, importersOf: paths = [], steps = 1 }: Params<"scan">,
): Promise<ScanView> {
  const repository = await openRepository(cwd);
  const gitDir = repository.place.commonDir;
  const { objects } = servers.of(gitDir);
  const { config } = await loadConfig(repository.checkout);
  const { target } = await findTarget(repository, objects, asked ?? config.target);
  const [commit] = await objects.commits([branchRef(target)]);
  // It was there a moment ago.
  const tip = assertDefined(commit ?? undefined, `${target} has gone`);
  const project = await scanProject({ gitDir, objects, commit: tip, branch: target });
  if (paths.length === 0) return { version: 1, project, imports: null };
  const named = await Promise.all(paths.map((path) => pathInRepository(path, cwd, repository.checkout)));
  const git = new Git({ gitDir });
  // Not opened: it may be of any size.
  for (const path of named)
    if ((await git.maybe(["cat-file", "-e", `${tip}:${path}`], { allow: [1, 128] })) === null)
      throw noSuchFile(path, target);
  const found = await findImporters(code, { gitDir, commit: tip, paths: named, steps, limit: mostImporters });
  return { version: 1, project, imports: { ...found, importers: Object.fromEntries(found.importers) } };
}

function noSuchFile(path: string, target: string): OperationalError {
  return new OperationalError({
    code: "no-such-file",
    what: `There is no file ${path} on ${target}`,
    why: "the commit is read, not the checkout",
    next: "nightcrew scan shows which files there are; another branch: --target BRANCH",
  });
}

/** Of a file that is there, seen from where the person is; else as it is named from the root. */
async function pathInRepository(path: string, cwd: string, checkout: string): Promise<string> {
  try {
    return relative(await realpath(checkout), await realpath(resolve(cwd, path)))
      .split("\\")
      .join("/");
  } catch (error) {
    if (errnoOf(error) === null) throw error;
    return posix.normalize(path).replace(/^\/+/, "");
  }
}
