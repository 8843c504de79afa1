import type { IssueRef } from "../../domain/issue.ts";
import type { IssueRequest, TellRequest, Trackers } from "../../engine/ports.ts";
import { messageOf, OperationalError } from "../../std/operational-error.ts";
import { singleLine } from "../../std/text.ts";
import { TrackerAway, type Tracker } from "./tracker.ts";

type Claimed = Awaited<ReturnType<Trackers["claim"]>>;
type Told = Awaited<ReturnType<Trackers["tell"]>>;

/** All trackers, each behind its place. One request at a time for each place: they would only wait for each other's locks. */
export class IssueTrackers implements Trackers {
  private readonly busy = new Map<string, Promise<unknown>>();
  private closed = false;

  claim({ run, task, issue, look }: IssueRequest & { readonly look: boolean }): Promise<Claimed> {
    return this.inTurn<Claimed>(issue, async (tracker) => tracker.claim(issue.id, `${run.id}/${task}`, look));
  }

  tell({ run, task, issue, news, note }: TellRequest): Promise<Told> {
    const holder = `${run.id}/${task}`;
    return this.inTurn<Told>(issue, async (tracker) => {
      if (news.kind === "landed") await tracker.close(issue.id, holder, note);
      const most = run.settings.issueRetries ?? null;
      const left = news.kind === "released" && (await tracker.reopen(issue.id, holder, note, most));
      return { kind: "told", left };
    });
  }

  /** What is under way is asked again by the next process. */
  close(): void {
    this.closed = true;
  }

  private inTurn<T>(issue: IssueRef, ask: (tracker: Tracker) => Promise<T>): Promise<T | Failed | Stopping> {
    const place = `${issue.tracker} ${issue.place}`;
    const before = this.busy.get(place) ?? Promise.resolve();
    const asked = before.then(() => this.asked(issue, ask));
    this.busy.set(place, asked);
    void asked.then(() => {
      if (this.busy.get(place) === asked) this.busy.delete(place);
    });
    return asked;
  }

  private async asked<T>(issue: IssueRef, ask: (tracker: Tracker) => Promise<T>): Promise<T | Failed | Stopping> {
    if (this.closed) return { kind: "stopping" };
    try {
      return await ask(await trackerOf(issue));
    } catch (error) {
      if (this.closed) return { kind: "stopping" };
      return { kind: "failed", problem: problemOf(error), again: error instanceof TrackerAway };
    }
  }
}

interface Failed {
  readonly kind: "failed";
  readonly problem: string;
  readonly again: boolean;
}

interface Stopping {
  readonly kind: "stopping";
}

async function trackerOf({ place }: IssueRef): Promise<Tracker> {
  const { SeedsTracker } = await import("./seeds.ts");
  return new SeedsTracker(place, () => new Date());
}

function problemOf(error: unknown): string {
  const why = error instanceof OperationalError && error.why !== null ? `: ${error.why}` : "";
  return singleLine(`${messageOf(error)}${why}`);
}
