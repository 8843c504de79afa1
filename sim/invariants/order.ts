import { isLive } from "../../src/domain/attempt-state.ts";
import { isLanded } from "../../src/domain/change-state.ts";
import { groupBy } from "../../src/std/multi-map.ts";
import { firstOf, taskKey, type Facts } from "./facts.ts";

/** Nothing starts before its dependencies landed (some of which may be taken back later), and an agent's workspace has what they landed. */
export function dependenciesFirst(facts: Facts): string | null {
  const { tasks, attempts, changes, jobs, git, runs } = facts;
  const byKey = new Map(tasks.map((task) => [taskKey({ run: task.run, task: task.id }), task]));
  const jobOf = new Map(jobs.map((job) => [job.id, job]));
  const undone = groupBy(
    changes.filter(({ state }) => state.status === "reverted"),
    taskKey,
  );
  // Of one that is over, the needs may have been edited since.
  const live = attempts.filter(({ state }) => isLive(state));
  return firstOf(live, ({ id, run, task }) => {
    const needs = byKey.get(taskKey({ run, task }))?.planned.dependsOn ?? [];
    const job = jobOf.get(id);
    return firstOf(needs, (need) => {
      const state = byKey.get(taskKey({ run, task: need }))?.state;
      if (state?.status !== "completed" && undone.has(taskKey({ run, task: need }))) return null;
      if (state?.status !== "completed") return `${id} was started, and ${need}, which it needs, is ${state?.status}`;
      if (job === undefined || !job.agentAlive || state.commit === null) return null;
      const target = runs.find((one) => one.id === run)?.target ?? "";
      // It was begun on an earlier landing, which was taken back.
      const earlier = (undone.get(taskKey({ run, task: need })) ?? []).some(
        (change) => isLanded(change.state) && job.sees(change.state.landing.commit),
      );
      const beside = !job.before(state.commit) && isShared(target, facts);
      const gone = git.discarded(state.commit) || git.ref(target) === null || beside;
      return earlier || gone || job.sees(state.commit) || git.isOnlyThere(state.commit)
        ? null
        : `the workspace of ${id} does not have what ${need} landed (${state.commit.slice(0, 8)})`;
    });
  });
}

/**
 * All repositories of a simulation share their branches: what the queue of one has put beside a target does not have what the
 * other's landed on it, and is what is worked on.
 */
function isShared(target: string, { runs }: Facts): boolean {
  return new Set(runs.filter((run) => run.target === target).map(({ repository }) => repository)).size > 1;
}

/** Every task that waits for others knows how many have not landed, and is blocked exactly while there are some. */
export function unmetNeeds({ tasks }: Facts): string | null {
  return firstOf([...groupBy(tasks, ({ run }) => run)], ([run, all]) => {
    const completed = new Set(all.filter(({ state }) => state.status === "completed").map(({ id }) => id));
    return firstOf(all, ({ id, planned, unmet, state }) => {
      const missing = planned.dependsOn.filter((need) => !completed.has(need));
      if (missing.length !== unmet) return `${run}/${id} waits for ${missing.length} tasks and counts ${unmet}`;
      if (state.status !== "blocked") return null;
      if (state.by.reason !== "dependency") return null;
      return missing.length === 0 ? `${run}/${id} is blocked, and all it needs has landed` : null;
    });
  });
}
