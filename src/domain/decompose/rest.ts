import { printable, singleLine, visible } from "../../std/text.ts";
import type { DraftTask, Unread } from "../roadmap.ts";
import { claimId, idRegister } from "../task-id.ts";
import type { AnsweredTask } from "./answered-task.ts";
import { draftTasks } from "./draft-tasks.ts";
import { fenced } from "./fence.ts";

/** What of a document was not taken for work, and what was. */
export interface Rest {
  readonly ranges: readonly Unread[];
  readonly tasks: readonly Pick<DraftTask, "title" | "done">[];
}

/** Of lines, in one question; about fifteen thousand tokens. */
const maxShown = 60_000;
const maxTitles = 300;

/**
 * The ranges in portions of which each fits into one question, in order. One that is longer is cut between its lines; a line that
 * is longer is in none.
 */
export function portionsOf(ranges: readonly Unread[]): readonly (readonly Unread[])[] {
  const portions: Unread[][] = [];
  let room = 0;
  for (const piece of ranges.flatMap(pieces)) {
    const { length } = piece.text;
    if (length > maxShown) continue;
    if (length > room) portions.push([]);
    room = (length > room ? maxShown : room) - length;
    portions.at(-1)?.push(piece);
  }
  return portions;
}

function pieces(range: Unread): Unread[] {
  if (range.text.length <= maxShown) return [range];
  const cut: Unread[] = [];
  for (const [index, line] of linesIn(range.text).entries()) {
    const at = range.from + index;
    const last = cut.at(-1);
    if (last !== undefined && last.text.length + line.length < maxShown)
      cut[cut.length - 1] = { ...last, to: at, text: `${last.text}\n${line}` };
    else cut.push({ ...range, from: at, to: at, text: line });
  }
  return cut;
}

/** Asks for the tasks that stand in these lines, and for nothing else. */
export function restQuestion({ ranges, tasks }: Rest, maxTasks: number): string {
  const titles = tasks.slice(0, maxTitles).map(({ title, done }) => `- ${title}${done ? " (done)" : ""}`);
  return [
    `These lines of a roadmap were not understood by a program. Give the tasks that stand in them, at most ${maxTasks}: only work that is
still to be done, that these very lines ask for. Make nothing up, and leave out what is done, explained or only mentioned. Where there is no
work in them, give {"tasks": []}.`,
    'Besides, each task has "lines": [first, last], the numbers of the lines it stands in; all of them within one block.',
    'Its "dependencies" are ids of your answer, or titles of the tasks that are known already.',
    ...ranges.map(({ from, text }, index) => fenced(`block ${index + 1}`, numbered(text, from))),
    "Known already, and not to be given again:",
    fenced("tasks", titles.length === 0 ? "(none)" : titles.join("\n")),
  ].join("\n\n");
}

function numbered(text: string, from: number): string {
  return linesIn(text)
    .map((line, index) => `${from + index}| ${line}`)
    .join("\n");
}

export interface ReadRestTasks {
  readonly tasks: readonly DraftTask[];
  /** What was left out of the answer, and why. */
  readonly findings: readonly string[];
}

/**
 * Tasks of an answer, each tied to lines that were shown; one that is not is left out. What its agent is told are the lines as they
 * stand there, not what the model made of them.
 */
export function restTasks(answered: readonly AnsweredTask[], { ranges, tasks: known }: Rest): ReadRestTasks {
  const findings: string[] = [];
  const tied = answered.flatMap((task) => {
    const text = linesOf(task, ranges);
    if (text === null)
      findings.push(`left out, as it stands in no line that was not read: ${singleLine(task.title, 120)}`);
    return text === null ? [] : [{ task, text }];
  });
  const register = idRegister();
  const places = tied.map(({ task }) => claimId(register, `L${task.lines?.from ?? 0}`));
  const byId = new Map(tied.map(({ task }, index) => [task.id, places[index] ?? ""]));
  const titles = new Set(known.map(({ title }) => title));
  const drafted = draftTasks(
    tied.map(({ task }, index) => ({ ...task, id: places[index] ?? "" })),
    new Set(),
  );
  const tasks = drafted.reading.tasks.map((draft, index): DraftTask => {
    const { task, text } = tied[index] ?? { task: undefined, text: "" };
    const needs = (task?.dependencies ?? []).flatMap((need) => byId.get(need) ?? (titles.has(need) ? [need] : []));
    return {
      ...draft,
      statedId: null,
      positionalId: places[index] ?? "",
      description: text,
      dependsOn: [...new Set(needs)],
      sure: "guess",
      line: task?.lines?.from ?? 0,
    };
  });
  return { tasks, findings: [...findings, ...drafted.findings] };
}

/** As they stand there, but for what no terminal should be shown; null where it names none, or some that were not shown as one block. */
function linesOf({ lines }: AnsweredTask, ranges: readonly Unread[]): string | null {
  if (lines === null || lines.from > lines.to) return null;
  const range = ranges.find(({ from, to }) => lines.from >= from && lines.to <= to);
  if (range === undefined) return null;
  const text = linesIn(range.text)
    .slice(lines.from - range.from, lines.to - range.from + 1)
    .join("\n");
  return text.trim() === "" ? null : visible(printable(text));
}

/** As the reader counts them, however they end. */
function linesIn(text: string): string[] {
  return text.split(/\r\n|\n|\r/);
}
