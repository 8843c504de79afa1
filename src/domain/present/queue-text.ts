import { plural } from "../../std/text.ts";
import type { Halt, QueueRow, Round } from "../queue/queue-row.ts";
import type { RevertReason } from "../failure.ts";
import { remoteFailureText } from "./remote-text.ts";

/** Why nothing lands. */
export function haltText(halt: Halt): string {
  switch (halt.reason) {
    case "reverts":
      return `${halt.count} landings in a row had to be taken back`;
    case "rejected":
      return `${halt.count} times in a row somebody else had pushed to ${halt.remote} before`;
    case "stuck":
      return halt.detail;
  }
}

export function revertText(why: RevertReason): string {
  if (why.by === "validation") return `“${why.check}” failed on the target with it, and not before`;
  return why.check === undefined
    ? "a person asked for it"
    : `a person asked for it, should “${why.check}” fail on the target`;
}

export function promotionConflictText(paths: readonly string[]): string {
  const more = paths.length > 5 ? ", …" : "";
  return `both have changed ${paths.slice(0, 5).join(", ")}${more}`;
}

/** Changes that are in a queue and in no round. */
interface Waiting {
  readonly waiting: number;
  readonly held: number;
  /** Their lock files are made anew. */
  readonly regenerating: number;
}

/** What a queue does now, and what comes next. */
export function nextText(queue: QueueRow, { waiting, held, regenerating }: Waiting): string {
  const { halted, repairs, watch, round, asked, promotion, away } = queue;
  if (away !== null)
    return `${remoteFailureText(away.failure)}; it is tried again at ${new Date(away.until).toISOString()}`;
  if (asked.some(({ number }) => number !== null))
    return "judges the target as a person asked; nothing lands meanwhile";
  if (promotion !== null && promotion.state.status !== "waiting")
    return `promotes ${promotion.from}; nothing else lands meanwhile`;
  if (halted !== null) return "nothing lands until a person lets it go on: nightcrew queue resume";
  const behind = waiting === 0 ? "" : `; ${plural(waiting, "change")} behind`;
  if (repairs.length > 0) return `takes back ${plural(repairs.length, "landing")} first${behind}`;
  if (watch !== null && watch.links.length > 0) {
    const what = watch.bisect === null ? "finds out whether the target is good" : "looks for what broke the target";
    return `${what}; nothing lands meanwhile${behind}`;
  }
  if (round === null && waiting > 0) return "begins with what waits";
  if (round === null && regenerating > 0) return `waits for the lock files of ${plural(regenerating, "change")}`;
  if (round === null) return held > 0 ? "waits for the target to move, or for nightcrew retry" : "nothing to do";
  return `${roundText(round)}${behind}`;
}

function roundText({ strategy, members, trials, slots }: Round): string {
  const landing = trials.find(({ state }) => state.status === "landing");
  if (landing !== undefined) return `lands ${plural(landing.lot.length, "change")}`;
  const judging = trials.filter(({ state }) => state.status === "gating").length;
  const how =
    strategy === "groups"
      ? "in groups; what fails is taken apart, what passes lands together"
      : "from the front, each with those before it; what passes lands";
  return `judges ${plural(members.length, "change")} ${how}; ${judging} of ${plural(slots, "gate")} busy`;
}
