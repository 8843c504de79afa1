import type { Client } from "../../api/client.ts";
import type { Event } from "../../domain/event.ts";
import { eventText } from "../../domain/present/event-text.ts";
import { singleLine } from "../../std/text.ts";
import { LiveRun } from "./live-run.ts";
import type { Output } from "./terminal.ts";

export interface Watching {
  readonly run: string;
  readonly json: boolean;
  /** Nothing older is told as news; milliseconds since the epoch. */
  readonly newsFrom?: number;
  /** Ends the showing, not the run. */
  readonly signal: AbortSignal;
}

/** Shows a run's events as they come: a live picture on a terminal, plain lines in a pipe, JSON lines where asked. */
export async function followRun(
  client: Client,
  { run, json, newsFrom = 0, signal }: Watching,
  output: Output,
): Promise<void> {
  const follow = (onEvents: (events: readonly Event[]) => void): Promise<void> =>
    client.follow({ run, after: 0, onEvents, signal });
  if (json) {
    return follow((events) => {
      for (const event of events) output.line(JSON.stringify({ version: 1, event }));
    });
  }
  if (!output.interactive) {
    return follow((events) => {
      for (const event of events)
        if (isNews(event) && event.at >= newsFrom)
          output.line(`${clockOf(event)} ${singleLine(eventText(event), 400)}`);
    });
  }
  const { tasks } = await client.call("tasks", { run });
  const live = await LiveRun.start(tasks, newsFrom, output);
  try {
    await follow((events) => live.show(events));
  } finally {
    live.stop();
  }
}

/** What is worth a line of its own; the rest is a step on the way to one of these. */
export function isNews({ body }: Event): boolean {
  switch (body.type) {
    case "task.staged":
    case "task.queued":
    case "task.completed":
    case "change.built":
      return false;
    case "attempt.progressed":
      return body.asks !== undefined;
    // A held change says so itself.
    case "task.blocked":
      return body.by.reason !== "held";
    default:
      return true;
  }
}

function clockOf({ at }: Event): string {
  return new Date(at).toTimeString().slice(0, 8);
}
