import type { Environment } from "../../domain/environment.ts";
import type { RunRow } from "../../domain/run.ts";
import { fetchTarget, pushTarget, type Fetched, type Pushed, type RemotePlace } from "./remote.ts";

/** The remotes of runs. What is asked for while the same is being fetched shares its answer. */
export class Remotes {
  private readonly environmentOf: (run: RunRow) => Promise<Environment>;
  private readonly fetching = new Map<string, Promise<Fetched>>();

  constructor(environmentOf: (run: RunRow) => Promise<Environment>) {
    this.environmentOf = environmentOf;
  }

  fetch(run: RunRow, remote: string): Promise<Fetched> {
    const key = JSON.stringify([run.repository, remote, run.target]);
    const before = this.fetching.get(key);
    if (before !== undefined) return before;
    const fetched = this.placeOf(run, remote)
      .then(fetchTarget)
      .finally(() => this.fetching.delete(key));
    this.fetching.set(key, fetched);
    return fetched;
  }

  async push(run: RunRow, remote: string, commit: string): Promise<Pushed> {
    return pushTarget(await this.placeOf(run, remote), commit);
  }

  private async placeOf(run: RunRow, remote: string): Promise<RemotePlace> {
    const { checkout, repository: commonDir, target } = run;
    return { checkout, commonDir, remote, target, environment: await this.environmentOf(run) };
  }
}
