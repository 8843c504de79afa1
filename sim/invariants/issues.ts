import type { TaskRow } from "../../src/domain/rows.ts";
import { firstOf, taskKey, type Facts } from "./facts.ts";

/** An issue is closed by what landed for it, and by nothing else; what was taken back is not closed, or is being told. */
export function closedByLandings({ issues, tasks, runs, git }: Facts): string | null {
  const byKey = new Map(tasks.map((task) => [taskKey({ run: task.run, task: task.id }), task]));
  return firstOf(issues, ({ id, status, closedFor }) => {
    if (status !== "closed" || closedFor === null) return null;
    const { commit } = closedFor;
    const target = runs.find((run) => run.id === closedFor.run)?.target ?? "";
    if (commit !== null && !git.accountedFor(target, commit)) return `${id} is closed by ${commit}, which did not land`;
    const task = byKey.get(taskKey(closedFor));
    if (task === undefined || task.state.status === "completed" || isUntold(task)) return null;
    return `${id} is closed, and its task ${taskKey(closedFor)} is ${task.state.status}`;
  });
}

/** What is being told, or could not be told, its tracker need not know. */
function isUntold({ issue }: TaskRow): boolean {
  return issue !== undefined && (issue.telling !== null || issue.problem !== null);
}

/** After the end of a run none of its issues is left as if somebody worked on it, but for work that is held. */
export function givenBackAtTheEnd({ issues, tasks, runs }: Facts): string | null {
  const over = new Set(runs.filter(({ state }) => state.status === "finished").map(({ id }) => id as string));
  const holders = new Map(issues.flatMap(({ id, holder }) => (holder === null ? [] : [[holder, id] as const])));
  return firstOf(tasks, (task) => {
    const key = taskKey({ run: task.run, task: task.id });
    const held = task.state.status === "blocked" && task.state.by.reason === "held";
    if (!over.has(task.run) || held || isUntold(task)) return null;
    if (holders.has(key)) return `${key} is over, and still has ${holders.get(key)}`;
    if (task.planned.issue === undefined || task.state.status !== "completed" || !writes(task, runs)) return null;
    return task.issue?.status === "closed" ? null : `${key} is done, and its issue was not closed`;
  });
}

function writes({ run }: TaskRow, runs: Facts["runs"]): boolean {
  return runs.find(({ id }) => id === run)?.settings.sync === "landing";
}

/** A run knows how many of its tasks are being told of, and of how many in vain. */
export function tellingCounted({ runs, tasks }: Facts): string | null {
  return firstOf(runs, ({ id, telling = 0, untold = 0 }) => {
    const issues = tasks.flatMap(({ run, issue }) => (run === id && issue !== undefined ? [issue] : []));
    const count = issues.filter((issue) => issue.telling !== null).length;
    if (count !== telling) return `${id} says that ${telling} of its issues are being told of, and ${count} are`;
    const unheard = issues.filter((issue) => issue.untold === true).length;
    return unheard === untold ? null : `${id} says that ${untold} of its issues were told in vain, and ${unheard} were`;
  });
}
