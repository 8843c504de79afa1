import type { IssueRef } from "./issue.ts";
import type { MarkAnchor, MarkKind, Priority, Subtask, Sureness, TaskType } from "./plan.ts";

/** What a mark says of its task. `started` is to be done as well; `dropped` and `held` are not to be done, for good or for now. */
export type MarkState = "open" | "started" | "done" | "dropped" | "held";

/** The characters of a document that say how far one task is, and the only ones of it that are ever changed. */
export interface Mark {
  readonly kind: MarkKind;
  /** UTF-16 index of its first character. */
  readonly offset: number;
  /** As it stands there: the character between the brackets, an emoji, the words of a status; may be empty in a table. */
  readonly text: string;
  readonly state: MarkState;
  /** What the author's own documents would have there when the task is done. */
  readonly done: string;
  /** The line it marks, without it. */
  readonly label: string;
  /** The heading above that line, without a mark; empty where there is none, and for headings. */
  readonly under: string;
  /** From 1. */
  readonly line: number;
}

/** By what a document says what is to be done. */
export type RoadmapForm = "boxes" | "headings" | "emoji" | "table" | "bullets" | "prose" | "mixed";

/** Lines that may hold work, and were not taken for any. */
export interface Unread {
  /** From 1. */
  readonly from: number;
  /** The last one. */
  readonly to: number;
  readonly reason: UnreadReason;
  /** The lines as they stand there. */
  readonly text: string;
}

export type UnreadReason =
  /** Boxes inside of code, or of HTML. */
  | "boxes-in-code"
  /** Marks in a section whose boxes count. */
  | "beside-boxes"
  /** A table of what stands elsewhere in the document. */
  | "overview"
  /** A status whose word or sign is not known. */
  | "unknown-status"
  /** Items without a mark, in a document that has marks. */
  | "unmarked"
  /** Sentences where work is to be expected. */
  | "prose";

/** A task as the document states it: references are still words, ids may still be missing. */
export interface DraftTask {
  /** Stated by the author (`**ID**: x`, `<!-- id: x -->`, or a leading `T12:` / `GH-7`), else null. */
  readonly statedId: string | null;
  /** A leading number such as `1.2.3` in the title: an alias for references, not an id. */
  readonly number: string | null;
  /** From the place in the document: `phase.section.task`, or the ordinal where there are no phases. */
  readonly positionalId: string;
  readonly title: string;
  readonly done: boolean;
  /** Why it is not to be done though it is not done; null: it is. */
  readonly left: "dropped" | "held" | null;
  /** That this is a task, and how far it is. */
  readonly sure: Sureness;
  readonly description: string;
  readonly priority: Priority;
  /** Index into `RoadmapReading.phases`, null outside of any phase. */
  readonly phase: number | null;
  readonly section: string | null;
  /** The list or table of its document that it stands in, from 1; absent where it came from no document. */
  readonly list?: number;
  readonly files: readonly string[];
  /** True: `files` is what a model expects, which demands nothing and permits nothing. */
  readonly filesGuessed?: true;
  readonly acceptance: readonly string[];
  readonly subtasks: readonly Subtask[];
  /** Words of `**Depends on**:`, one reference each; null where nothing is stated, [] for "none". */
  readonly dependsOn: readonly string[] | null;
  /** Words of its title that may say the same; those that name no task are part of the title. */
  readonly mentions?: readonly string[];
  readonly agent: string | null;
  readonly type: TaskType | null;
  readonly capabilities: readonly string[];
  /** What its author expects it to take; null where nothing is said. */
  readonly estimateMinutes: number | null;
  /** Words of `**Allow**:`. */
  readonly allow: readonly string[];
  /** Index into `RoadmapReading.marks`; null where there is nothing to tick. */
  readonly mark: number | null;
  /** The mark of another source, for one that was planned before. */
  readonly anchor?: MarkAnchor | null;
  /** Absent: it came from no tracker. */
  readonly issue?: IssueRef;
  /** From 1. */
  readonly line: number;
}

export interface Phase {
  readonly id: string;
  readonly name: string;
  readonly goal: string;
  readonly effort: string;
  /** Indexes of phases named by `**Prerequisite**`; null where none is named. */
  readonly prerequisites: readonly number[] | null;
}

export interface RoadmapReading {
  /** Null: it is no document, every task in it was stated. */
  readonly form: RoadmapForm | null;
  /** Every mark of the document in order, also those of sub-tasks, and those that stand for no task. */
  readonly marks: readonly Mark[];
  readonly phases: readonly Phase[];
  readonly tasks: readonly DraftTask[];
  /** In order, none within another. */
  readonly unread: readonly Unread[];
}

/** Tasks that were stated one by one, not read from a document. */
export function statedTasks(tasks: readonly DraftTask[]): RoadmapReading {
  return { form: null, marks: [], phases: [], tasks, unread: [] };
}

/** Between brackets. */
export function isBoxKind(kind: MarkKind): boolean {
  return kind === "box" || kind === "heading-box";
}

/** The GFM task-list boxes of a document, whatever else is in it. */
export function countBoxes({ marks }: Pick<RoadmapReading, "marks">): { readonly open: number; readonly done: number } {
  const boxes = marks.filter(({ kind, text }) => kind === "box" && /^[ \txX]$/.test(text));
  const done = boxes.filter(({ state }) => state === "done").length;
  return { open: boxes.length - done, done };
}

export type MarkPlace = Pick<MarkAnchor, "kind" | "label" | "ordinal" | "of" | "under">;

/** The mark an anchor means in a (possibly edited) document; null when it is gone or no longer tellable. */
export function findMark(marks: readonly Mark[], anchor: MarkPlace): Mark | null {
  const { kind = "box", label } = anchor;
  return markAmong(
    marks.filter((mark) => mark.kind === kind && mark.label === label),
    anchor,
  );
}

/** `same`: all of its kind and label, in order. Where one was put in or taken out, their order tells nothing any more. */
export function markAmong(
  same: readonly Mark[],
  { ordinal, of, under }: Omit<MarkPlace, "kind" | "label">,
): Mark | null {
  const [near, ...more] = under === undefined ? [] : same.filter((mark) => mark.under === under);
  if (near !== undefined && more.length === 0) return near;
  const isCounted = of !== undefined || under !== undefined;
  return isCounted && same.length !== (of ?? 1) ? null : (same[ordinal] ?? null);
}

/** All that a document says, but for how far its tasks are. */
export function withoutMarks(text: string, marks: readonly Mark[]): string {
  const parts: string[] = [];
  let from = 0;
  for (const mark of marks) {
    parts.push(text.slice(from, mark.offset));
    from = mark.offset + mark.text.length;
  }
  return [...parts, text.slice(from)].join("");
}

/** What a mark is to become. */
export interface MarkChange {
  readonly mark: Mark;
  readonly to: Pick<Mark, "text" | "state">;
}

/** A document with one mark replaced, and every other character as it is. */
export function changeMark(text: string, { mark, to }: MarkChange): string {
  return text.slice(0, mark.offset) + to.text + text.slice(mark.offset + mark.text.length);
}

/** The marks that `changeMark` leaves behind. */
export function marksAfter(marks: readonly Mark[], { mark, to }: MarkChange): Mark[] {
  const longer = to.text.length - mark.text.length;
  return marks.map((other) => {
    if (other === mark) return { ...mark, ...to };
    return other.offset > mark.offset && longer !== 0 ? { ...other, offset: other.offset + longer } : other;
  });
}
