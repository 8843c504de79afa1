import { isLive } from "../../src/domain/attempt-state.ts";
import { inQueue } from "../../src/domain/change-state.ts";
import { priorityRank } from "../../src/domain/plan.ts";
import type { ChangeRow, TaskRow } from "../../src/domain/rows.ts";
import { isOnItsWay } from "./collisions.ts";
import { firstOf, type Facts, type TaskColumns } from "./facts.ts";

/** What is stored beside the rows, for queries, is what the rows give when it is computed again. */
export function projectionsAgree(facts: Facts): string | null {
  return taskColumns(facts) ?? otherColumns(facts) ?? statusCounts(facts);
}

function taskColumns({ tasks, projections }: Facts): string | null {
  const rows = new Map(tasks.map((task) => [`${task.run}/${task.id}`, task]));
  return firstOf(projections.tasks, (stored) => {
    const row = rows.get(`${stored.run}/${stored.id}`);
    if (row === undefined) return `${stored.run}/${stored.id} has no row`;
    const computed = columnsOf(row);
    const agree = (Object.keys(computed) as (keyof TaskColumns)[]).every((name) => computed[name] === stored[name]);
    return agree
      ? null
      : `the columns of a task are ${JSON.stringify(stored)}, and its row gives ${JSON.stringify(computed)}`;
  });
}

function columnsOf({ run, id, state, planned, order, shares }: TaskRow): TaskColumns {
  const notBefore = notBeforeOf(state);
  const inWay = shares !== undefined && isOnItsWay(state) ? JSON.stringify(shares) : null;
  return { inWay, run, id, status: state.status, notBefore, rank: priorityRank(planned.priority), order };
}

function otherColumns({ runs, attempts, changes, projections }: Facts): string | null {
  const statuses = new Map<string, string>(runs.map(({ id, state }) => [id, state.status]));
  const lives = new Map<string, number>(attempts.map(({ id, state }) => [id, isLive(state) ? 1 : 0]));
  const places = new Map<string, string>(changes.map((change) => [change.id, placeOf(change)]));
  return (
    firstOf(projections.runs, ({ id, status }) => differs(id, status, statuses.get(id))) ??
    firstOf(projections.attempts, ({ id, live }) => differs(id, live, lives.get(id))) ??
    firstOf(projections.changes, ({ id, place }) => differs(id, place, places.get(id)))
  );
}

function differs(id: string, stored: string | number, computed: string | number | undefined): string | null {
  return stored === computed ? null : `${id} is stored as ${stored}, and its row gives ${computed}`;
}

function placeOf({ state }: ChangeRow): string {
  if (inQueue(state)) return "queue";
  return state.status === "offered" || state.status === "held" ? state.status : "done";
}

function statusCounts({ tasks, projections }: Facts): string | null {
  const counts = new Map<string, number>();
  for (const { run, state } of tasks) {
    const key = `${run} ${state.status}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const stored = new Map(projections.statusCounts.map(({ run, status, count }) => [`${run} ${status}`, count]));
  return firstOf([...new Set([...counts.keys(), ...stored.keys()])], (key) => {
    const [kept, counted] = [stored.get(key) ?? 0, counts.get(key) ?? 0];
    return kept === counted ? null : `${key}: ${kept} are counted, and there are ${counted}`;
  });
}

/** Of a blocked task the column tells those that wait for an agent. */
function notBeforeOf(state: TaskRow["state"]): number | null {
  if (state.status === "queued") return state.notBefore;
  return state.status === "blocked" && state.by.reason === "agent" ? 0 : null;
}
