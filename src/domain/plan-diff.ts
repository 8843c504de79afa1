import { groupBy } from "../std/multi-map.ts";
import type { Plan, PlannedTask } from "./plan.ts";

/** What became of a plan since it was made, for people: ids are those of now, but for what is gone. */
export interface PlanDiff {
  readonly added: readonly string[];
  readonly removed: readonly { readonly id: string; readonly title: string }[];
  readonly changed: readonly ChangedTask[];
  readonly same: number;
}

export interface ChangedTask {
  readonly id: string;
  readonly title: string;
  /** Its id before; null: the same. */
  readonly was: string | null;
  readonly what: readonly ComparedField[];
}

const compared = [
  "title",
  "description",
  "priority",
  "phase",
  "files",
  "acceptance",
  "subtasks",
  "dependsOn",
  "agent",
  "type",
  "capabilities",
  "allow",
  "estimateMinutes",
] as const;
export type ComparedField = (typeof compared)[number];

/** What is done by now is not among what was `removed`. */
export interface DiffSince extends PlanDiff {
  readonly done: PlanDiff["removed"];
}

/** What its sources say by now is done goes before the others: what stands in the place of such a task is another one. */
export function diffSince(before: readonly PlannedTask[], { tasks, done }: Pick<Plan, "tasks" | "done">): DiffSince {
  const open = new Set(tasks.map(({ title }) => title));
  const isDone = ({ title }: PlannedTask): boolean => done.has(title) && !open.has(title);
  const left = before.filter((task) => !isDone(task));
  return { done: before.filter(isDone).map(({ id, title }) => ({ id, title })), ...diffPlans(left, tasks) };
}

/**
 * Places in a document shift when something is put in above, and ids with them: a task is known again by its title in its
 * phase, then by its title, then by its id, where `knownById` says that this tells anything.
 */
export function diffPlans(
  before: readonly PlannedTask[],
  after: readonly PlannedTask[],
  knownById: (id: string) => boolean = () => true,
): PlanDiff {
  const was = matches(before, after, knownById);
  const idNow = new Map([...was].map(([now, old]) => [old.id, now.id]));
  const changed: ChangedTask[] = [];
  let same = 0;
  for (const task of after) {
    const old = was.get(task);
    if (old === undefined) continue;
    const needs = old.dependsOn.map((id) => idNow.get(id) ?? id);
    const what = compared.filter((field) => differs(field === "dependsOn" ? needs : old[field], task[field]));
    if (what.length === 0 && old.id === task.id) same++;
    else changed.push({ id: task.id, title: task.title, was: old.id === task.id ? null : old.id, what });
  }
  const known = new Set(was.values());
  return {
    added: after.filter((task) => !was.has(task)).map(({ id }) => id),
    removed: before.filter((task) => !known.has(task)).map(({ id, title }) => ({ id, title })),
    changed,
    same,
  };
}

function matches(
  before: readonly PlannedTask[],
  after: readonly PlannedTask[],
  knownById: (id: string) => boolean,
): ReadonlyMap<PlannedTask, PlannedTask> {
  const found = new Map<PlannedTask, PlannedTask>();
  const left = new Set(before);
  const keys: readonly ((task: PlannedTask) => string | null)[] = [
    ({ title, phase }) => JSON.stringify([phase, title]),
    ({ title }) => title,
    ({ id }) => (knownById(id) ? id : null),
  ];
  for (const keyOf of keys) {
    const byKey = groupBy([...left], keyOf);
    for (const task of after) {
      const key = found.has(task) ? null : keyOf(task);
      const old = key === null ? undefined : byKey.get(key)?.shift();
      if (old === undefined) continue;
      found.set(task, old);
      left.delete(old);
    }
  }
  return found;
}

/** Data only, in one order of fields: their text tells. */
function differs(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) !== JSON.stringify(b);
}
