import type { BoxAnchor, Priority, Subtask, TaskType } from "./plan.ts";

/** One GFM task-list box. `offset` is the UTF-16 index of the character between the brackets. */
export interface Box {
  readonly offset: number;
  readonly checked: boolean;
  readonly label: string;
  /** From 1. */
  readonly line: number;
}

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
  readonly description: string;
  readonly priority: Priority;
  /** Index into `RoadmapReading.phases`, null outside of any phase. */
  readonly phase: number | null;
  readonly section: string | null;
  readonly files: readonly string[];
  readonly acceptance: readonly string[];
  readonly subtasks: readonly Subtask[];
  /** Words of `**Depends on**:`, one reference each; null where nothing is stated, [] for "none". */
  readonly dependsOn: readonly string[] | null;
  readonly agent: string | null;
  readonly type: TaskType | null;
  readonly capabilities: readonly string[];
  /** What its author expects it to take; null where nothing is said. */
  readonly estimateMinutes: number | null;
  /** Words of `**Allow**:`. */
  readonly allow: readonly string[];
  /** Index into `RoadmapReading.boxes`; null in a source without boxes. */
  readonly box: number | null;
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
  /** Every box of the document in order, sub-tasks included. */
  readonly boxes: readonly Box[];
  readonly phases: readonly Phase[];
  readonly tasks: readonly DraftTask[];
}

export function countBoxes({ boxes }: Pick<RoadmapReading, "boxes">): { readonly open: number; readonly done: number } {
  const done = boxes.filter((box) => box.checked).length;
  return { open: boxes.length - done, done };
}

/** The box an anchor means in a (possibly edited) document; null when it is gone or no longer tellable. */
export function findBox(boxes: readonly Box[], anchor: Pick<BoxAnchor, "label" | "ordinal">): Box | null {
  const same = boxes.filter((box) => box.label === anchor.label);
  return same[anchor.ordinal] ?? null;
}

/** Sets one box and leaves every other character as it is. */
export function setBox(text: string, box: Box, checked: boolean): string {
  return text.slice(0, box.offset) + (checked ? "x" : " ") + text.slice(box.offset + 1);
}
