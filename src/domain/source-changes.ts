import { diffPlans, type ChangedTask, type ComparedField } from "./plan-diff.ts";
import { marksOf, type PlannedTask } from "./plan.ts";
import type { TaskRow } from "./rows.ts";
import { isOver } from "./task-state.ts";
import { claimId, idRegister } from "./task-id.ts";

/** What a source says now that it did not say when its run was submitted. */
export interface SourceChanges {
  /** Under ids of the run. */
  readonly added: readonly PlannedTask[];
  /** Ids of tasks that it has no more as open ones, and that nobody began; a group is never one of them. */
  readonly dropped: readonly string[];
  /** Tasks of the run that it says something else of, and that are not over: they go on as they were planned. */
  readonly edited: readonly EditedTask[];
}

export interface EditedTask {
  readonly id: string;
  readonly what: readonly ComparedField[];
}

/** An id that says where a task stands: what stands there now may be another one, which nobody would do. */
const isPlace = (id: string): boolean => /^(?:.+\.)?\d+(?:-\d+)?$/.test(id);

/**
 * `all`: the tasks of the run; `own`: whether a task's mark is of this source: one without a mark may be of any, and is never
 * missed; `now`: the open tasks of the source as it is, by itself.
 * Tasks are known again by their titles and by ids that were stated, so that ids stay what they are, wherever their lines
 * have gone.
 */
export function sourceChanges(
  all: readonly TaskRow[],
  own: (planned: PlannedTask) => boolean,
  now: readonly PlannedTask[],
): SourceChanges {
  const rows = all.map(asPlanned);
  const before = rows.flatMap(({ planned }) => (own(planned) || marksOf(planned).length === 0 ? partsOf(planned) : []));
  const droppable = new Set(rows.filter((row) => own(row.planned) && mayBeDropped(row)).map(({ id }) => id));
  const { added, removed, changed } = diffPlans(before, now, (id) => !isPlace(id));
  const idThen = new Map(changed.map(({ id, was }) => [id, was ?? id]));
  const wholeOf = new Map(
    rows.flatMap(({ id, planned: { parts = [] } }) => parts.map((part) => [part.id, id] as const)),
  );
  const fresh = new Set(added);
  const register = idRegister();
  for (const { id, planned } of rows)
    for (const one of [id, ...(planned.parts ?? []).map((part) => part.id)]) register.taken.add(one.toLowerCase());
  const idNow = new Map([...added].map((id) => [id, claimId(register, id)]));
  const idOf = (id: string): string => {
    const then = idNow.get(id) ?? idThen.get(id) ?? id;
    return wholeOf.get(then) ?? then;
  };
  const needs = new Map(now.map(({ id, dependsOn }) => [id, [...new Set(dependsOn.map(idOf))]]));
  return {
    added: now.flatMap((task) =>
      fresh.has(task.id) ? [{ ...task, id: idOf(task.id), dependsOn: needs.get(task.id) ?? [] }] : [],
    ),
    dropped: removed.flatMap(({ id }) => (droppable.has(id) ? [id] : [])),
    edited: editedOf(rows, own, { changed, needs }),
  };
}

/** What a person said of it since is not the source's word. */
export function asPlanned(row: TaskRow): TaskRow {
  return { ...row, planned: row.original ?? row.planned };
}

/** What a group has of its parts is not theirs. */
const ownOfPart: readonly ComparedField[] = ["title", "description", "files", "acceptance", "subtasks"];

interface Now {
  readonly changed: readonly ChangedTask[];
  /** By what a task is called now: what it waits for, by the ids of the run. */
  readonly needs: ReadonlyMap<string, readonly string[]>;
}

function editedOf(
  rows: readonly TaskRow[],
  own: (planned: PlannedTask) => boolean,
  { changed, needs }: Now,
): EditedTask[] {
  const open = new Map<string, TaskRow>();
  for (const row of rows) {
    if (!own(row.planned) || isOver(row.state)) continue;
    for (const { id } of partsOf(row.planned)) open.set(id, row);
  }
  return changed.flatMap(({ id: now, was, what: all }) => {
    const row = open.get(was ?? now);
    if (row === undefined) return [];
    const isPart = row.planned.parts !== undefined;
    const isSame = isPart || sameNames(needs.get(now) ?? [], row.planned.dependsOn);
    const what = all.filter((field) => (field === "dependsOn" ? !isSame : !isPart || ownOfPart.includes(field)));
    return what.length === 0 ? [] : [{ id: was ?? now, what }];
  });
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return [...a].sort().join("\n") === [...new Set(b)].sort().join("\n");
}

/** What somebody began goes on. */
export function mayBeDropped({ state, attempts, planned }: TaskRow): boolean {
  return attempts === 0 && !isOver(state) && planned.parts === undefined;
}

function partsOf(planned: PlannedTask): PlannedTask[] {
  const { parts, ...rest } = planned;
  return parts === undefined ? [planned] : parts.map((part) => ({ ...rest, ...part }));
}
