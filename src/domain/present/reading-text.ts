import { plural } from "../../std/text.ts";
import type { PlanInput } from "../plan-input.ts";
import type { DraftTask, RoadmapForm, UnreadReason } from "../roadmap.ts";

/** How a source that is no list of boxes tells its tasks. */
export function formText(form: RoadmapForm): string {
  const texts: Readonly<Record<RoadmapForm, string>> = {
    boxes: "boxes",
    headings: "headings",
    emoji: "emoji",
    table: "a table",
    bullets: "items without marks",
    prose: "sentences",
    mixed: "marks of several kinds",
  };
  return texts[form];
}

/** What a person should know of how a source was read. */
export function readingNotes({ name, reading }: PlanInput): string[] {
  const { form, tasks, unread } = reading;
  if (form === null) return [];
  const open = tasks.filter(({ done, left }) => !done && left === null);
  const guessed = open.filter(({ sure }) => sure === "guess");
  const unmarked = open.filter(({ mark }) => mark === null);
  return [
    ...leftNotes(name, tasks),
    ...(guessed.length === 0
      ? []
      : [`${name}: ${plural(guessed.length, "task")} may be none (${linesOf(guessed)}): marked with “guess” above`]),
    ...(unmarked.length === 0
      ? []
      : [
          `${name}: there is nothing to tick for ${plural(unmarked.length, "task")}: that ${unmarked.length === 1 ? "it is" : "they are"} done is kept here alone`,
        ]),
    ...(unread.length === 0 ? [] : [`${name}: not read: ${unreadText(unread)}; --normalise has a model read it`]),
  ];
}

function leftNotes(name: string, tasks: readonly DraftTask[]): string[] {
  return (["dropped", "held"] as const).flatMap((why) => {
    const left = tasks.filter((task) => task.left === why);
    return left.length === 0
      ? []
      : [`${name}: ${plural(left.length, "task")} ${leftText(why)}, and not run (${linesOf(left)})`];
  });
}

function leftText(why: "dropped" | "held"): string {
  return why === "dropped" ? "marked as not to be done" : "marked as to wait";
}

const shown = 6;

function linesOf(tasks: readonly Pick<DraftTask, "line">[]): string {
  const lines = tasks.slice(0, shown).map(({ line }) => String(line));
  const more = tasks.length > shown ? ` and ${tasks.length - shown} more` : "";
  return `${tasks.length === 1 ? "line" : "lines"} ${lines.join(", ")}${more}`;
}

type UnreadLines = { readonly from: number; readonly to: number; readonly reason: UnreadReason };

/** `boxes in code or HTML (lines 12-18), sentences (line 3)`. */
export function unreadText(unread: readonly UnreadLines[]): string {
  return [...new Set(unread.map(({ reason }) => reason))]
    .map((reason) => {
      const ranges = unread.filter((one) => one.reason === reason);
      const places = ranges.slice(0, shown).map(({ from, to }) => (from === to ? String(from) : `${from}-${to}`));
      const more = ranges.length > shown ? ` and ${ranges.length - shown} more` : "";
      const line = ranges.length === 1 && ranges[0]?.from === ranges[0]?.to ? "line" : "lines";
      return `${reasonText(reason)} (${line} ${places.join(", ")}${more})`;
    })
    .join(", ");
}

function reasonText(reason: UnreadReason): string {
  const texts: Readonly<Record<UnreadReason, string>> = {
    "boxes-in-code": "boxes in code or HTML",
    "beside-boxes": "other marks beside boxes",
    overview: "an overview of what stands elsewhere",
    "unknown-status": "a status that is not known",
    unmarked: "items without a mark",
    prose: "sentences",
  };
  return texts[reason];
}
