import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Git } from "../../src/adapters/git/git.ts";
import type { Commit } from "./history.ts";
import type { Pair } from "./play-plan.ts";

/** Which commits of a history conflict with each other. Writes its objects beside the repository, never into it. */
export class Conflicts {
  private readonly git: Git;
  private readonly known = new Map<string, Promise<boolean>>();

  constructor(gitDir: string, folder: string) {
    const objects = join(folder, "objects");
    mkdirSync(objects, { recursive: true });
    const who = { GIT_AUTHOR_NAME: "Bench", GIT_AUTHOR_EMAIL: "bench@example.org", GIT_AUTHOR_DATE: "@0 +0000" };
    const by = {
      GIT_COMMITTER_NAME: "Bench",
      GIT_COMMITTER_EMAIL: "bench@example.org",
      GIT_COMMITTER_DATE: "@0 +0000",
    };
    const env = { GIT_OBJECT_DIRECTORY: objects, GIT_ALTERNATE_OBJECT_DIRECTORIES: join(gitDir, "objects") };
    this.git = new Git({ gitDir, env: { ...who, ...by, ...env } });
  }

  /** Of these pairs of places. */
  async among(commits: readonly Commit[], pairs: readonly Pair[]): Promise<Pair[]> {
    const found: Pair[] = [];
    for (const [a, b] of pairs) {
      const [one, other] = [commits[a], commits[b]];
      if (one !== undefined && other !== undefined && (await this.conflict(one.id, other.id))) found.push([a, b]);
    }
    return found;
  }

  private async conflict(a: string, b: string): Promise<boolean> {
    const [first, second] = (await this.isAncestor(a, b)) ? [a, b] : [b, a];
    const key = `${first} ${second}`;
    let found = this.known.get(key);
    if (found === undefined) {
      found = this.meet(first, second);
      this.known.set(key, found);
    }
    return found;
  }

  private async isAncestor(a: string, b: string): Promise<boolean> {
    return (await this.git.maybe(["merge-base", "--is-ancestor", a, b])) !== null;
  }

  /** Whether the second one, made where the first one is not, could not have been merged with it. */
  private async meet(first: string, second: string): Promise<boolean> {
    const without = await this.merged(`${second}^`, await this.commit(`${first}^^{tree}`, first));
    if (without === null) return true;
    return (await this.merged(await this.commit(without, `${second}^`), second)) === null;
  }

  private commit(tree: string, parent: string): Promise<string> {
    return this.git.text(["commit-tree", tree, "-p", parent, "-m", "x"]);
  }

  /** The merged tree; null where there are conflicts. */
  private async merged(ours: string, theirs: string): Promise<string | null> {
    return (await this.git.maybe(["merge-tree", "--write-tree", ours, theirs]))?.split("\n")[0] ?? null;
  }
}
