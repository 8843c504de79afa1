import type { IssueLoss } from "../src/domain/issue.ts";
import type { Decider } from "./decider.ts";
import { maxSources, type SimulatedIssue, type World } from "./world/world.ts";

const losses: readonly IssueLoss[] = [
  { reason: "closed" },
  { reason: "gone" },
  { reason: "taken", by: "somebody who gave it back since" },
];

/** Somebody looked at the issue of a task, and saw that it is lost; that may not be so any more by the time it is told. */
export function lookAtIssue(world: World, decider: Decider): string | null {
  const { random, issues } = world;
  const { store } = decider;
  const tasks = store.runs(maxSources).flatMap(({ id }) => store.tasks(id).filter(({ planned }) => planned.issue));
  if (tasks.length === 0) return null;
  const { run, id: task, planned } = random.pick(tasks);
  const issue = issues.get(planned.issue?.id ?? "");
  const loss = random.chance(0.2) ? random.pick(losses) : lossOf(issue, `${run}/${task}`);
  if (loss === null) return null;
  decider.submit({ type: "issue.lost", run, task, loss });
  return `${run}/${task} has lost its issue: ${loss.reason}`;
}

/** A tracker that has not heard something answers again, or so it seemed. */
export function tellAgain({ random }: World, decider: Decider): string | null {
  const { store } = decider;
  const tasks = store.runs(maxSources).flatMap(({ id }) => store.tasks(id).filter(({ issue }) => issue?.untold));
  if (tasks.length === 0) return null;
  const { run, id: task } = random.pick(tasks);
  decider.submit({ type: "issue.tell-again", run, task });
  return `${run}/${task} is told again`;
}

function lossOf(issue: SimulatedIssue | undefined, own: string): IssueLoss | null {
  if (issue === undefined) return { reason: "gone" };
  const { status, holder, closedFor } = issue;
  if (status === "closed") return closedFor === null ? { reason: "closed" } : null;
  return status === "in_progress" && holder !== own ? { reason: "taken", by: holder ?? "somebody" } : null;
}
