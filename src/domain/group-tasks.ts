import { sizeOf } from "./estimate.ts";
import { asksForNoChange, type Grouping, type PlannedPart, type PlannedTask } from "./plan.ts";
import { claimId, idRegister } from "./task-id.ts";

export interface GroupRules {
  readonly by: Grouping;
  /** Tasks of one group at most. */
  readonly most: number;
}

/** What is thought to take longer is a task of its own. */
const smallMinutes = 30;

/**
 * Small tasks that are alike are made one: one agent does them in one attempt. Only those that wait for the same tasks, for
 * the same agent and as urgent, so that grouping brings no task forward, holds none back and makes no circle.
 */
export function groupTasks(tasks: readonly PlannedTask[], rules: GroupRules): readonly PlannedTask[] {
  if (rules.by === "off") return tasks;
  const groups = groupsOf(tasks, rules);
  if (groups.length === 0) return tasks;
  const register = idRegister();
  for (const { id } of tasks) register.taken.add(id.toLowerCase());
  const whole = new Map<string, PlannedTask>();
  for (const group of groups) {
    const together = joined(group, claimId(register, `g-${group[0]?.id ?? ""}`.slice(0, 60)));
    for (const { id } of group) whole.set(id, together);
  }
  const idOf = (id: string): string => whole.get(id)?.id ?? id;
  const made = new Set<PlannedTask>();
  return tasks.flatMap((task) => {
    const one = whole.get(task.id) ?? task;
    if (made.has(one)) return [];
    made.add(one);
    return [{ ...one, dependsOn: [...new Set(one.dependsOn.map(idOf))] }];
  });
}

function groupsOf(tasks: readonly PlannedTask[], { by, most }: GroupRules): PlannedTask[][] {
  const open = new Map<string, PlannedTask[]>();
  const groups: PlannedTask[][] = [];
  for (const task of tasks) {
    const alike = likeness(task, by);
    if (alike === null || !isSmall(task)) continue;
    const { dependsOn, priority, agent, type, filesGuessed = false } = task;
    const key = JSON.stringify([alike, [...dependsOn].sort(), priority, agent, type, filesGuessed]);
    let group = open.get(key);
    if (group === undefined || group.length >= most) {
      group = [];
      open.set(key, group);
      groups.push(group);
    }
    group.push(task);
  }
  return groups.filter((group) => group.length > 1);
}

/** Null: it stays alone. */
function likeness({ files, phase, section }: PlannedTask, by: GroupRules["by"]): string | null {
  if (by === "file") return files.length === 0 ? null : [...files].sort().join("\n");
  if (by === "section") return section === null && phase === null ? null : JSON.stringify([phase, section]);
  return "";
}

function isSmall(task: PlannedTask): boolean {
  return (
    sizeOf(task) === "small" &&
    // Nothing would show which of them were done.
    !asksForNoChange(task.type) &&
    (task.estimateMinutes ?? 0) <= smallMinutes &&
    task.parts === undefined &&
    task.issue === undefined
  );
}

function joined(group: readonly PlannedTask[], id: string): PlannedTask {
  const [first] = group;
  if (first === undefined) throw new Error("a group has tasks");
  const minutes = group.map(({ estimateMinutes }) => estimateMinutes);
  const known = minutes.every((one) => one !== undefined);
  const { estimateMinutes: _, ...rest } = first;
  return {
    ...rest,
    id,
    title: group.map(({ title }) => title).join("; "),
    description: "",
    files: unique(group.flatMap(({ files }) => files)),
    acceptance: [],
    subtasks: [],
    capabilities: unique(group.flatMap(({ capabilities }) => capabilities)),
    allow: unique(group.flatMap(({ allow }) => allow)),
    ...(known ? { estimateMinutes: minutes.reduce((sum, one) => sum + one, 0) } : {}),
    box: null,
    parts: group.map(partOf),
  };
}

function partOf({ id, title, description, files, acceptance, subtasks, type, box, sure }: PlannedTask): PlannedPart {
  return { id, title, description, files, acceptance, subtasks, type, box, ...(sure === undefined ? {} : { sure }) };
}

function unique<T>(items: readonly T[]): T[] {
  return [...new Set(items)];
}
