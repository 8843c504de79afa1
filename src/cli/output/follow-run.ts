import type { Client } from "../../api/client.ts";
import type { Event } from "../../domain/event.ts";
import { eventText } from "../../domain/present/event-text.ts";
import { singleLine } from "../../std/text.ts";
import { LiveRun } from "./live-run.ts";
import type { Output } from "./terminal.ts";

/** Shows a run's events as they come: a live picture on a terminal, plain lines in a pipe, JSON lines where asked. */
export async function followRun(client: Client, run: string, output: Output, json: boolean): Promise<void> {
  if (json) {
    await client.follow(run, 0, (events) => {
      for (const event of events) output.line(JSON.stringify({ version: 1, event }));
    });
    return;
  }
  if (!output.interactive) {
    await client.follow(run, 0, (events) => {
      for (const event of events)
        if (isNews(event)) output.line(`${clockOf(event)} ${singleLine(eventText(event), 400)}`);
    });
    return;
  }
  const { tasks } = await client.call("tasks", { run });
  const live = await LiveRun.start(tasks, output);
  try {
    await client.follow(run, 0, (events) => live.show(events));
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
    case "attempt.progressed":
      return false;
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
