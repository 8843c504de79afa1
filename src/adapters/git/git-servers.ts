import { ObjectServer } from "./object-server.ts";
import { RecentMerges } from "./recent-merges.ts";
import { RefServer } from "./ref-server.ts";

export interface RepositoryServers {
  readonly objects: ObjectServer;
  readonly refs: RefServer;
  readonly merges: RecentMerges;
}

/** The gits that stay, a pair for each repository; they start when they are first asked. */
export class GitServers {
  private readonly byGitDir = new Map<string, RepositoryServers>();

  of(gitDir: string): RepositoryServers {
    let servers = this.byGitDir.get(gitDir);
    if (servers === undefined) {
      servers = { objects: new ObjectServer(gitDir), refs: new RefServer(gitDir), merges: new RecentMerges() };
      this.byGitDir.set(gitDir, servers);
    }
    return servers;
  }

  /** For when nothing is asked of them any more. */
  close(): void {
    for (const { objects, refs } of this.byGitDir.values()) {
      objects.close();
      refs.close();
    }
    this.byGitDir.clear();
  }
}
