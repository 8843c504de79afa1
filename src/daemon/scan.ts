import type { Params } from "../api/contract.ts";
import type { ScanView } from "../api/views.ts";
import { scanProject } from "../adapters/code/scan-project.ts";
import { loadConfig } from "../adapters/config/load-config.ts";
import type { GitServers } from "../adapters/git/git-servers.ts";
import { openRepository } from "../adapters/git/open-repository.ts";
import { branchRef } from "../adapters/git/target.ts";
import { assertDefined } from "../std/assert.ts";
import { findTarget } from "./submission/preflight.ts";

/** What the target shows of its project: what a model is told of it, too. */
export async function scan(servers: GitServers, { cwd, target: asked }: Params<"scan">): Promise<ScanView> {
  const repository = await openRepository(cwd);
  const gitDir = repository.place.commonDir;
  const { objects } = servers.of(gitDir);
  const { config } = await loadConfig(repository.checkout);
  const { target } = await findTarget(repository, objects, asked ?? config.target);
  const [commit] = await objects.commits([branchRef(target)]);
  // It was there a moment ago.
  const tip = assertDefined(commit ?? undefined, `${target} has gone`);
  return { version: 1, project: await scanProject({ gitDir, objects, commit: tip, branch: target }) };
}
