import { unreachable } from "../../../std/assert.ts";
import type { LandingOutcome, RemoteTold } from "../../input.ts";
import type { RunId } from "../../run.ts";
import type { QueueDraft } from "./queue-draft.ts";

/** So many pushes in a row that come too late are not bad luck: what lands is never ready in time. */
const mostRejected = 5;

/** What is told on the way changes nothing of what is done: the answer that it leads to does. */
export function remoteTold(draft: QueueDraft, { host, remote, news }: RemoteTold): void {
  const { target, away } = draft.queue;
  const about = { remote, target };
  switch (news.kind) {
    case "followed":
      return draft.emitRun(host, { type: "remote.followed", ...about, commit: news.commit, place: news.place });
    case "pushed":
      return draft.emitRun(host, { type: "remote.pushed", ...about, commit: news.commit });
    case "rejected":
      return draft.emitRun(host, { type: "remote.rejected", ...about });
    case "lost": {
      const { failure, until } = news;
      draft.putQueue({ away: { failure, until } });
      // Several that are built at once find out the same.
      if (away === null || away.until <= draft.now) draft.emitRun(host, { type: "remote.lost", failure, until });
      return;
    }
    default:
      return unreachable(news);
  }
}

/** There is an answer, whatever it says: nobody waits for the remote any more. */
export function isBack(draft: QueueDraft): void {
  if (draft.queue.away !== null) draft.putQueue({ away: null });
}

export function countRejections(draft: QueueDraft, outcome: LandingOutcome, host: RunId): void {
  const { rejected } = draft.queue;
  if (outcome.kind === "landed" && rejected > 0) draft.putQueue({ rejected: 0 });
  if (outcome.kind !== "moved" || outcome.rejectedBy === undefined) return;
  const count = rejected + 1;
  draft.putQueue({ rejected: count });
  if (count >= mostRejected && draft.queue.halted === null)
    draft.halt({ reason: "rejected", remote: outcome.rejectedBy, count }, host);
}
