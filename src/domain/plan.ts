/** A plan is data: tasks with dependencies. How it came about (roadmap, task file, words) no longer matters here. */

import type { RuleName } from "./diff-policy/rules.ts";
import type { IssueRef } from "./issue.ts";
import type { RoadmapForm, Unread } from "./roadmap.ts";
import type { Sync } from "./run.ts";

export const priorities = ["critical", "high", "medium", "low", "background"] as const;
export type Priority = (typeof priorities)[number];

/** 0 is served first. */
export function priorityRank(priority: Priority): number {
  return priorities.indexOf(priority);
}

export interface Subtask {
  readonly title: string;
  readonly done: boolean;
}

/** How much of a task is the author's word, and how much the reader's. */
export type Sureness = "stated" | "likely" | "guess";

/** `box`: the character between an item's brackets, whichever it is; `word`: in a cell, or behind `Status:`. */
export const markKinds = ["box", "heading-box", "emoji", "word"] as const;
export type MarkKind = (typeof markKinds)[number];

/** Where a task stands in a document, told so that it is found again after other lines were edited. */
export interface MarkAnchor {
  /** Path as the user gave it, relative to the repository's root where it lies inside. */
  readonly path: string;
  /** Absent: a box. */
  readonly kind?: MarkKind;
  /** Text of the marked line, markup, mark and white space taken off. */
  readonly label: string;
  /** Which one among the marks of its kind with this label, from 0. */
  readonly ordinal: number;
  /** How many of them there were; absent: one, or nobody knows. */
  readonly of?: number;
  /** The heading above it, empty where there is none; absent: others of them are below it as well, or nobody knows. */
  readonly under?: string;
  /** Line in the text that was read, from 1; for people only. */
  readonly line: number;
  /** What stood there before it was ticked; absent: a blank. */
  readonly open?: string;
}

export const taskTypes = [
  "code-generation",
  "file-creation",
  "testing",
  "deployment",
  "research",
  "refactoring",
  "documentation",
  "validation",
] as const;
export type TaskType = (typeof taskTypes)[number];

/** A task of such a type may end without having changed anything. */
export function asksForNoChange(type: TaskType): boolean {
  return type === "research" || type === "validation";
}

/** A unit of work that lands as one change. */
export interface PlannedTask {
  /** Unique in its plan, short, typeable, fit for a folder and a git ref. */
  readonly id: string;
  readonly title: string;
  /** The source's own lines, verbatim and dedented; empty where there is only a title. */
  readonly description: string;
  readonly priority: Priority;
  readonly phase: string | null;
  readonly section: string | null;
  /** Paths the task is likely to touch, relative to the repository's root. */
  readonly files: readonly string[];
  /** There where `files` is what a model expects: it demands nothing and permits nothing. */
  readonly filesGuessed?: true;
  readonly acceptance: readonly string[];
  readonly subtasks: readonly Subtask[];
  /** Ids of tasks in the same plan that must have landed first. */
  readonly dependsOn: readonly string[];
  readonly agent: string | null;
  readonly type: TaskType;
  /** What an agent must be good at. */
  readonly capabilities: readonly string[];
  /** What whoever planned it expects it to take; absent: nothing was said. */
  readonly estimateMinutes?: number;
  /** Rules of the diff policy that do not count for it. */
  readonly allow: readonly RuleName[];
  /** Absent: its source states it. */
  readonly sure?: Sureness;
  /** What is ticked when it has landed, a box or any other mark; null: there is nothing to tick. */
  readonly box: MarkAnchor | null;
  /** Absent: it came from no tracker. */
  readonly issue?: IssueRef;
  /** Small tasks that are done together as this one, in their order; absent: it is one. At least two. */
  readonly parts?: readonly PlannedPart[];
}

/** What one agent does together with others is asked for, seen to be done, ticked and told by itself. */
export type PlannedPart = Pick<
  PlannedTask,
  "id" | "title" | "description" | "files" | "acceptance" | "subtasks" | "type" | "box" | "sure"
>;

/** Everything that is set in a source when it lands. */
export function marksOf({ box, parts = [] }: Pick<PlannedTask, "box" | "parts">): readonly MarkAnchor[] {
  return [box, ...parts.map((part) => part.box)].filter((mark) => mark !== null);
}

/** Small tasks that one agent does together: those that name the same `file`s, of one `section`, or all of that `size`. */
export const groupings = ["off", "file", "section", "size"] as const;
export type Grouping = (typeof groupings)[number];

export type SourceKind = "roadmap" | "task-file" | "plan-file" | "words" | "request" | "tracker";

/** In place of which marks, for how many tasks. */
export interface MarkWrite {
  readonly from: string;
  readonly to: string;
  readonly tasks: number;
}

export interface PlanSource {
  readonly kind: SourceKind;
  /** As given on the command line. */
  readonly name: string;
  readonly boxes: { readonly open: number; readonly done: number };
  /** How its tasks are told; absent: it is no document. */
  readonly form?: RoadmapForm;
  /** Tasks of a document; `left`: marked as not to be done. */
  readonly tasks?: { readonly open: number; readonly done: number; readonly left: number };
  /** What is written where its tasks are done, other than boxes; absent: nothing is. */
  readonly writes?: readonly MarkWrite[];
  /** When; absent: as the plan has it. */
  readonly sync?: Sync;
  /** Lines of a document that may hold work, and were not taken for any; absent: there are none. */
  readonly unread?: readonly Omit<Unread, "text">[];
}

export interface Plan {
  readonly sources: readonly PlanSource[];
  readonly tasks: readonly PlannedTask[];
  /** Of what kind of source each task is, by its id. */
  readonly kinds: ReadonlyMap<string, SourceKind>;
  /** Titles of the tasks that the sources say are done. */
  readonly done: ReadonlySet<string>;
  /** Things a person should know that do not stop the run. */
  readonly notes: readonly string[];
}
