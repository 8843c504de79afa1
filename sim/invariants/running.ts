import { isLive } from "../../src/domain/attempt-state.ts";
import { groupBy } from "../../src/std/multi-map.ts";
import { firstOf, type Facts } from "./facts.ts";

/** No task runs twice at once, no job is begun twice, and no agent works that the store does not know to be working. */
export function runsOnce({ jobs, attempts }: Facts): string | null {
  const twice = jobs.find(({ claims }) => claims > 1);
  if (twice !== undefined) return `${twice.id} was begun ${twice.claims} times`;
  const byId = new Map<string, (typeof attempts)[number]>(attempts.map((attempt) => [attempt.id, attempt]));
  const agents = jobs.filter(({ kind, agentAlive }) => kind === "agent" && agentAlive);
  const orphan = agents.find(({ id }) => {
    const attempt = byId.get(id);
    return attempt === undefined || !isLive(attempt.state);
  });
  if (orphan !== undefined) return `the agent of ${orphan.id} works, and its attempt is over`;
  const tasks = groupBy(agents, ({ id }) => `${byId.get(id)?.run}/${byId.get(id)?.task}`);
  return firstOf([...tasks], ([task, all]) => (all.length > 1 ? `${all.length} agents work on ${task}` : null));
}

/** No more agents than the run, the repository and the machine may have, in the store as in the world. */
export function withinWorkers({ runs, attempts, jobs, limits }: Facts): string | null {
  const frozenOnce = new Set(jobs.filter(({ everFrozen }) => everFrozen).map(({ id }) => id));
  const live = attempts.filter(({ id, state }) => isLive(state) && state.status !== "frozen" && !frozenOnce.has(id));
  const alive = jobs.filter((job) => job.agentAlive && !job.everFrozen);
  if (live.length > limits.total) return `${live.length} attempts work on a machine for ${limits.total}`;
  const repositoryOf = new Map<string, string>(runs.map(({ id, repository }) => [id, repository]));
  const shares = groupBy(live, ({ run }) => repositoryOf.get(run) ?? "");
  const crowded = [...shares].find(([, all]) => all.length > limits.perRepository);
  if (crowded !== undefined) return `${crowded[1].length} attempts work on ${crowded[0]}`;
  return firstOf(runs, ({ id, settings }) => {
    const own = live.filter(({ run }) => run === id).length;
    if (own > settings.workers) return `${id} has ${own} attempts for ${settings.workers} workers`;
    const agents = alive.filter((job) => job.id.startsWith(`${id}/`)).length;
    return agents > settings.workers ? `${id} has ${agents} agents for ${settings.workers} workers` : null;
  });
}

/** Workspaces are never shared, and what is in one stays until it is kept elsewhere. */
export function workspacesKept({ jobs }: Facts): string | null {
  const shared = groupBy(
    jobs.filter(({ runnerAlive, agentAlive, inSlot }) => inSlot && (runnerAlive || agentAlive)),
    ({ slot }) => slot,
  );
  const both = [...shared.values()].find((all) => all.length > 1);
  if (both !== undefined) return `${both.map(({ id }) => id).join(" and ")} share a workspace`;
  const evicted = jobs.find(({ agentAlive, inSlot }) => agentAlive && !inSlot);
  if (evicted !== undefined) return `the workspace of ${evicted.id} was taken while its agent works`;
  const lost = jobs.find(({ unsaved, inSlot }) => unsaved && !inSlot);
  return lost === undefined ? null : `what ${lost.id} did is neither in its workspace nor on a branch`;
}
