import { isLive } from "../../src/domain/attempt-state.ts";
import { isMoving } from "../../src/domain/change-state.ts";
import type { Effect } from "../../src/domain/effect.ts";
import { checksId, promotionChecksId, type QueueRow, type Watch } from "../../src/domain/queue/queue-row.ts";
import type { AttemptRow, ChangeRow, TaskRow } from "../../src/domain/rows.ts";
import type { RunRow } from "../../src/domain/run.ts";
import { groupBy } from "../../src/std/multi-map.ts";
import { firstOf, type Facts } from "./facts.ts";
import { mayStart } from "./collisions.ts";
import { isBroke } from "./spending.ts";

/**
 * Whatever waits for an answer has asked for it once, and nothing else is asked for: no effect is lost, none is left over.
 * What a queue asked for and then let go of may still be answered: nobody hears it.
 */
export function effectsMatchStates({ attempts, changes, queues, effects, tasks }: Facts): string | null {
  const asked = groupBy(
    effects.map(questionOf).filter((question) => question !== null),
    (question) => question,
  );
  const wanted = new Set([
    ...attempts.flatMap(wantedByAttempt),
    ...changes.flatMap(wantedByChange),
    ...queues.flatMap(wantedByQueue),
    ...tasks.flatMap(wantedByTask),
  ]);
  const lost = [...wanted].find((question) => !asked.has(question));
  if (lost !== undefined) return `"${lost}" is waited for, and nobody was asked for it`;
  return firstOf([...asked], ([question, all]) => {
    const letGo = question.startsWith("build ") || question.startsWith("gate ");
    if (!wanted.has(question) && !letGo) return `"${question}" is asked for, and nothing waits for it`;
    return all.length === 1 ? null : `"${question}" is asked for ${all.length} times`;
  });
}

/** Null for those whose answer no row waits for. */
function questionOf(effect: Effect): string | null {
  switch (effect.kind) {
    // An attempt that waits for its issue begins by that.
    case "claim-issue":
    case "start-attempt":
      return `start ${effect.attempt}`;
    case "tell-issue":
      return `tell ${effect.run} ${effect.task} ${effect.number}`;
    case "build-candidate":
      return `build ${effect.host} ${effect.trial}`;
    case "run-gate":
      return `gate ${effect.host} ${effect.checks}`;
    case "build-promotion":
      return `promote ${effect.host} ${effect.promotion}`;
    case "build-revert":
      return `undo ${effect.host} ${effect.repair}`;
    case "land":
      return `land ${effect.target} ${effect.host} ${effect.trial}`;
    default:
      return null;
  }
}

function wantedByTask({ run, id, issue }: TaskRow): string[] {
  return issue === undefined || issue.telling === null ? [] : [`tell ${run} ${id} ${issue.tellings}`];
}

function wantedByAttempt({ id, state }: AttemptRow): string[] {
  return isLive(state) ? [`start ${id}`] : [];
}

function wantedByChange({ run, state }: ChangeRow): string[] {
  return state.status === "regenerating" && state.trial !== null
    ? [`gate ${run} ${checksId(state.trial, 0, "lock-files")}`]
    : [];
}

function wantedByQueue(queue: QueueRow): string[] {
  const { watch, repairs, asked, target } = queue;
  const judged = asked.flatMap(({ number, host }) =>
    number === null ? [] : [`gate ${host} ${checksId(number, 0, "target")}`],
  );
  const looks = watch === null ? [] : [wantedByWatch(watch)];
  const undoes = repairs.flatMap(({ number, goes, host, state }) => {
    if (state.status === "building") return [`undo ${host} ${number}`];
    if (state.status === "gating") return [`gate ${host} ${checksId(number, goes, "revert")}`];
    return state.status === "landing" ? [`land ${target} ${host} ${number}`] : [];
  });
  return [...wantedByRound(queue), ...looks, ...judged, ...undoes, ...wantedByPromotion(queue)];
}

function wantedByWatch({ building, host, number }: Watch): string {
  return building != null ? `undo ${host} ${number}` : `gate ${host} ${checksId(number, 0, "target")}`;
}

function wantedByPromotion({ promotion, target }: QueueRow): string[] {
  if (promotion === null) return [];
  const { host, number, state } = promotion;
  if (state.status === "building") return [`promote ${host} ${number}`];
  if (state.status === "gating") return [`gate ${host} ${promotionChecksId(promotion)}`];
  return state.status === "landing" ? [`land ${target} ${host} ${number}`] : [];
}

function wantedByRound({ round, target }: QueueRow): string[] {
  if (round === null) return [];
  const { host, trials, bases } = round;
  const ofTrials = trials.flatMap(({ number, goes, state }) => {
    if (state.status === "building") return [`build ${host} ${number}`];
    if (state.status === "gating") return [`gate ${host} ${checksId(number, goes, "candidate")}`];
    return state.status === "landing" ? [`land ${target} ${host} ${number}`] : [];
  });
  const running = bases.filter(({ state }) => state === "running");
  return [...ofTrials, ...running.map(({ number }) => `gate ${host} ${checksId(number, 0, "base")}`)];
}

/** No work waits while there is a worker for it, and a run at rest is being wrapped up. */
export function nothingWaitsInVain({ runs, tasks, attempts, changes, effects, limits, parked }: Facts): string | null {
  const tasksOf = groupBy(tasks, ({ run }) => run);
  const repositoryOf = new Map<string, string>(runs.map(({ id, repository }) => [id, repository]));
  const live = attempts.filter(({ state }) => isLive(state));
  return firstOf(runs, (run) => {
    if (run.state.status !== "active") return null;
    const own = tasksOf.get(run.id) ?? [];
    const ownLive = live.filter((attempt) => attempt.run === run.id).length;
    const here = live.filter((attempt) => repositoryOf.get(attempt.run) === run.repository).length;
    const looksAgain = effects.some((effect) => effect.kind === "wait" && effect.run === run.id);
    if (ownLive < run.settings.workers && live.length < limits.total && here < limits.perRepository) {
      const waiting = changes.filter(({ run: of, state }) => of === run.id && state.status === "offered").length;
      const idle =
        isBroke(run, { attempts, runs }) || waiting >= run.settings.workers * 4
          ? undefined
          : mayStart(
              own.filter((task) => waits(task, looksAgain)),
              own,
            ).find((task) => hasAgent(task, run, { live, parked }));
      if (idle !== undefined) return `${run.id}/${idle.id} waits, and workers are free`;
    }
    const going = isBroke(run, { attempts, runs }) ? ["running", "paused"] : ["queued", "running", "paused"];
    const goesOn = ownLive > 0 || (run.telling ?? 0) > 0 || own.some(({ state }) => going.includes(state.status));
    if (goesOn || changes.some((change) => change.run === run.id && moves(change))) return null;
    return wrapsUp(run, effects);
  });
}

function waits({ state }: TaskRow, looksAgain: boolean): boolean {
  return state.status === "queued" && (state.notBefore === null || !looksAgain);
}

/** Whoever is to do it is neither busy nor out of quota. */
function hasAgent({ planned, resumable }: TaskRow, run: RunRow, { live, parked }: Staff): boolean {
  const wanted = resumable?.agent ?? planned.agent ?? run.settings.defaultAgent;
  const agent = run.settings.agents.find(({ name }) => name === wanted);
  if (agent === undefined || parked.has(agent.provider)) return false;
  const busy = live.filter((attempt) => attempt.run === run.id && attempt.agent === wanted).length;
  return agent.maxConcurrent === null || busy < agent.maxConcurrent;
}

interface Staff {
  readonly live: readonly AttemptRow[];
  readonly parked: ReadonlySet<string>;
}

function moves({ state }: ChangeRow): boolean {
  return isMoving(state);
}

function wrapsUp(run: RunRow, effects: Facts["effects"]): string | null {
  const asked = effects.some((effect) => effect.kind === "wrap-up" && effect.run === run.id);
  return asked ? null : `nothing of ${run.id} goes on, and it is not being wrapped up`;
}
