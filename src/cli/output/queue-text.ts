import type { OneQueueView, QueuedChangeView, QueueView, TrialView } from "../../api/queue-views.ts";
import { plural } from "../../std/text.ts";
import { table } from "./table.ts";
import type { Output } from "./terminal.ts";

type Page = Pick<Output, "columns" | "style">;

export function queueLines({ queues }: QueueView, page: Page): string[] {
  if (queues.length === 0) return ["nothing is on its way into a target"];
  return queues.flatMap((queue, index) => [...(index === 0 ? [] : [""]), ...oneQueue(queue, page)]);
}

function oneQueue(queue: OneQueueView, page: Page): string[] {
  const { repository, target, halted, next, trials, repairs, changes } = queue;
  const { style } = page;
  return [
    `${style.bold(target)}  ${style.dim(repository.replace(/\/\.git$/, ""))}`,
    ...(halted === null ? [] : [style.red(`HALTED: ${halted}`)]),
    `next  ${next}`,
    ...(queue.failureRate === null ? [] : [style.dim(rateText(queue))]),
    ...repairs.map(({ change, state, why }) => `${state.padEnd(8)}  take back ${change}: ${why}`),
    ...table(
      trials.map((trial) => trialRow(trial)),
      page.columns,
      2,
    ),
    ...table(
      changes.map((change) => changeRow(change)),
      page.columns,
      3,
    ),
  ];
}

function rateText({ failureRate, strategy }: OneQueueView): string {
  const rate = `about ${Math.round((failureRate ?? 0) * 100)} % of changes were red of late (an estimate)`;
  return strategy === null ? rate : `${rate}; strategy: ${strategy}`;
}

function trialRow({ state, on, changes, check, commit }: TrialView): string[] {
  return [state, commit?.slice(0, 10) ?? "", subjectOf(on, changes.map(shortName)), check === null ? "" : `“${check}”`];
}

function subjectOf(on: TrialView["on"], changes: readonly string[]): string {
  if (on === "base") return "the target without any of them";
  if (on === "promotion") return "what is promoted to it";
  if (changes.length === 0) return "the target as it is";
  return `${plural(changes.length, "change")}${on === "target" ? ", landed" : ""}: ${changes.join(" + ")}`;
}

function changeRow({ position, state, change, title, priority, why }: QueuedChangeView): string[] {
  const place = position === null ? "–" : String(position);
  return [place, state, shortName(change), why === null ? title : `${title}: ${why}`, priority];
}

/** Without the run. */
function shortName(change: string): string {
  return change.slice(change.indexOf("/") + 1);
}
