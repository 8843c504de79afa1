import type { Environment } from "../../domain/environment.ts";
import type { RemoteFailure } from "../../domain/failure.ts";
import type { RunRow } from "../../domain/run.ts";
import { Git } from "./git.ts";
import { fetchTarget, pushTarget, type Fetched, type RemotePlace } from "./remote.ts";
import { isAncestor } from "./target.ts";

export type Pushed =
  | { readonly kind: "pushed" }
  /** Somebody else had pushed before. */
  | { readonly kind: "rejected" }
  | { readonly kind: "failed"; readonly failure: RemoteFailure };

/** The remotes of runs. A branch is fetched once at a time: who asks meanwhile has the same answer. */
export class Remotes {
  private readonly environmentOf: (run: RunRow) => Promise<Environment>;
  private readonly fetching = new Map<string, Promise<Fetched>>();

  constructor(environmentOf: (run: RunRow) => Promise<Environment>) {
    this.environmentOf = environmentOf;
  }

  async fetch(run: RunRow, remote: string): Promise<Fetched> {
    return this.fetchAt(await this.placeOf(run, remote));
  }

  fetchAt(place: RemotePlace): Promise<Fetched> {
    const key = keyOf(place);
    const before = this.fetching.get(key);
    if (before !== undefined) return before;
    const fetched = fetchTarget(place).finally(() => this.fetching.delete(key));
    this.fetching.set(key, fetched);
    return fetched;
  }

  /** What kept a push from being taken is looked at there. */
  async push(run: RunRow, remote: string, commit: string): Promise<Pushed> {
    const place = await this.placeOf(run, remote);
    const offered = await pushTarget(place, commit);
    if (offered.kind !== "declined") return offered;
    // One that began before the push may have seen nothing of what it came too late for.
    await this.fetching.get(keyOf(place));
    const there = await this.fetchAt(place);
    if (there.kind === "failed") return there;
    const git = new Git({ gitDir: place.commonDir });
    if (there.commit !== null && (await isAncestor(git, commit, there.commit))) return { kind: "pushed" };
    if (there.commit !== null && !(await isAncestor(git, there.commit, commit))) return { kind: "rejected" };
    return { kind: "failed", failure: offered.failure };
  }

  private async placeOf(run: RunRow, remote: string): Promise<RemotePlace> {
    const { checkout, repository: commonDir, target } = run;
    return { checkout, commonDir, remote, target, environment: await this.environmentOf(run) };
  }
}

function keyOf({ commonDir, remote, target }: RemotePlace): string {
  return JSON.stringify([commonDir, remote, target]);
}
