import { existsSync } from "node:fs";
import { join } from "node:path";
import { trackerToken, trackerTokenNames, type Environment } from "../../domain/environment.ts";
import { placeKey, type IssueLoss, type IssueRef } from "../../domain/issue.ts";
import type { RunRow } from "../../domain/run.ts";
import type { IssueRequest, TellRequest, Trackers } from "../../engine/ports.ts";
import { messageOf, OperationalError } from "../../std/operational-error.ts";
import { singleLine } from "../../std/text.ts";
import type { AskGitHub } from "./github-client.ts";
import { TrackerAway, type Tracker, type Versions } from "./tracker.ts";

type Claimed = Awaited<ReturnType<Trackers["claim"]>>;
type Told = Awaited<ReturnType<Trackers["tell"]>>;

/** GitHub is asked that often what has changed; what is on this machine at every round. */
const askAgainMs = 60_000;

/** What one is reached by, in either case. */
const proxyNames = ["https_proxy", "http_proxy", "all_proxy", "no_proxy"].flatMap((name) => [name, name.toUpperCase()]);

/** Of tokens that were used last. */
const mostClients = 8;

/** All trackers, each behind its place. One request at a time for each place: they would only wait for each other's locks. */
export class IssueTrackers implements Trackers {
  private readonly busy = new Map<string, Promise<unknown>>();
  /** By address, token and proxy: what has not changed is not told twice. */
  private readonly clients = new Map<string, Promise<AskGitHub>>();
  private readonly environmentOf: (run: RunRow, names: readonly string[]) => Promise<Environment>;
  private readonly stopping = new AbortController();

  private readonly onProblem: (text: string) => void;

  constructor(
    environmentOf: (run: RunRow, names: readonly string[]) => Promise<Environment>,
    onProblem: (text: string) => void,
  ) {
    this.environmentOf = environmentOf;
    this.onProblem = onProblem;
  }

  claim({ run, task, issue, look }: IssueRequest & { readonly look: boolean }): Promise<Claimed> {
    return this.inTurn<Claimed>(run, issue, async (tracker) => tracker.claim(issue.id, `${run.id}/${task}`, look));
  }

  tell({ run, task, issue, news, note }: TellRequest): Promise<Told> {
    const holder = `${run.id}/${task}`;
    return this.inTurn<Told>(run, issue, async (tracker) => {
      if (news.kind === "released")
        return { kind: "told", now: await tracker.reopen(issue.id, holder, note, run.settings.issueRetries ?? null) };
      await tracker.close(issue.id, holder, note);
      return { kind: "told", now: "closed" };
    });
  }

  /** Looks which issues of one place may be different by now, and whether these are lost to their holders. */
  look({ run, issue, before, holders }: LookRequest): Promise<Looked | Failed | Stopping> {
    return this.inTurn<Looked>(run, issue, async (tracker) => {
      const { now, ids } = await tracker.changes(before);
      const wanted = ids?.length === 0 ? [] : [...holders()];
      const some = new Map(wanted.filter(([id]) => ids === null || ids.includes(id)));
      const lost = some.size === 0 ? new Map<string, IssueLoss>() : await tracker.losses(some);
      return { kind: "looked", now, lost, restMs: await this.restAfter(run, issue) };
    });
  }

  /** What is under way is asked again by the next process. */
  close(): void {
    this.stopping.abort();
  }

  private inTurn<T>(
    run: RunRow,
    issue: IssueRef,
    ask: (tracker: Tracker) => Promise<T>,
  ): Promise<T | Failed | Stopping> {
    const place = placeKey(issue);
    const before = this.busy.get(place) ?? Promise.resolve();
    const asked = before.then(() => this.asked(run, issue, ask));
    this.busy.set(place, asked);
    void asked.then(() => {
      if (this.busy.get(place) === asked) this.busy.delete(place);
    });
    return asked;
  }

  private async asked<T>(
    run: RunRow,
    issue: IssueRef,
    ask: (tracker: Tracker) => Promise<T>,
  ): Promise<T | Failed | Stopping> {
    if (this.stopping.signal.aborted) return { kind: "stopping" };
    try {
      return await ask(await this.trackerOf(run, issue));
    } catch (error) {
      if (this.stopping.signal.aborted) return { kind: "stopping" };
      return { kind: "failed", problem: problemOf(error), again: error instanceof TrackerAway };
    }
  }

  private async trackerOf(run: RunRow, { tracker, place }: IssueRef): Promise<Tracker> {
    switch (tracker) {
      case "seeds":
        return new (await import("./seeds.ts")).SeedsTracker(place, () => new Date());
      case "beads": {
        const { BeadsTracker, beadsFiles } = await import("./beads.ts");
        const name = beadsFiles.find((one) => existsSync(join(place, one))) ?? beadsFiles[0];
        return new BeadsTracker(place, name, () => new Date());
      }
      case "github": {
        const { GitHubTracker } = await import("./github.ts");
        const board = run.settings.issueBoard ?? null;
        const { onProblem } = this;
        return new GitHubTracker(await this.githubOf(run), {
          repository: place,
          labels: [],
          authors: null,
          board,
          onProblem,
        });
      }
    }
  }

  private async restAfter(run: RunRow, { tracker }: IssueRef): Promise<number> {
    if (tracker !== "github") return 0;
    const { isLoopback } = await import("./github-client.ts");
    const { apiUrl } = await import("./github-api-url.ts");
    return isLoopback(new URL(apiUrl(await this.environmentOf(run, [])))) ? 0 : askAgainMs;
  }

  private async githubOf(run: RunRow): Promise<AskGitHub> {
    const environment = await this.environmentOf(run, trackerTokenNames);
    const { apiUrl } = await import("./github-api-url.ts");
    const baseUrl = apiUrl(environment);
    const token = trackerToken(environment);
    if (token === undefined) throw noToken();
    const key = JSON.stringify([baseUrl, token, proxyNames.map((name) => environment[name])]);
    let client = this.clients.get(key);
    if (client === undefined) {
      const { githubClient } = await import("./github-client.ts");
      client = githubClient({ baseUrl, token, environment }, this.stopping.signal);
      this.clients.set(key, client);
      const [oldest] = this.clients.keys();
      if (this.clients.size > mostClients && oldest !== undefined) this.clients.delete(oldest);
    }
    return client;
  }
}

export interface LookRequest {
  readonly run: RunRow;
  /** Any of the place. */
  readonly issue: IssueRef;
  readonly before: Versions | null;
  /** By issue: who is to have it. Asked for only where something may have changed. */
  readonly holders: () => ReadonlyMap<string, string>;
}

interface Looked {
  readonly kind: "looked";
  readonly now: Versions;
  readonly lost: ReadonlyMap<string, IssueLoss>;
  /** So long the place is not asked again. */
  readonly restMs: number;
}

interface Failed {
  readonly kind: "failed";
  readonly problem: string;
  readonly again: boolean;
}

interface Stopping {
  readonly kind: "stopping";
}

function noToken(): OperationalError {
  return new OperationalError({
    code: "no-token",
    what: "The token is gone with the daemon that had it",
    why: "it was the terminal's that the run was submitted from",
    next: "keep it in the home's env file: GITHUB_TOKEN=…, then chmod 600",
  });
}

function problemOf(error: unknown): string {
  const why = error instanceof OperationalError && error.why !== null ? `: ${error.why}` : "";
  return singleLine(`${messageOf(error)}${why}`);
}
