import { addTo } from "../std/multi-map.ts";
import { graphShape } from "./graph.ts";
import { playPlan } from "./play-plan.ts";
import { type PlannedPart, type PlannedTask, type TaskType } from "./plan.ts";

/** What a task that landed took, in this repository. */
export interface PastWork {
  readonly type: TaskType;
  readonly size: Size;
  /** Of its last attempt. */
  readonly agent: string;
  /** All its attempts, one after the other. */
  readonly workMs: number;
  /** From the end of the last one until it had landed. */
  readonly landMs: number;
  /** Null: nobody said. */
  readonly costUsd: number | null;
}

/** How much a task names, as far as it is known beforehand. */
export type Size = "small" | "medium" | "large";

/**
 * By what something is known: `like`: from tasks of its type, size and agent that landed here; `history`: from others that
 * landed here; `stated`: by its author; `guess`: by nothing but its type.
 */
export type EstimateBasis = "like" | "history" | "stated" | "guess";

export interface TaskEstimate {
  readonly id: string;
  /** Of its agents. */
  readonly minutes: number;
  readonly basis: EstimateBasis;
  /** Null: nothing is known of it. */
  readonly costUsd: number | null;
}

export interface PlanEstimate {
  readonly tasks: readonly TaskEstimate[];
  /** Minutes of agents, one after the other. */
  readonly workMinutes: number;
  /** Minutes of the longest chain of tasks that wait for each other, or may not run at once, their landings included. */
  readonly criticalMinutes: number;
  /** Minutes until the last one has landed, with so many workers. */
  readonly elapsedMinutes: number;
  /** Tasks on it. */
  readonly sequential: number;
  /** All others. */
  readonly parallel: number;
  /** Of the tasks whose cost is known; null: of none. */
  readonly costUsd: number | null;
  readonly withoutCost: number;
  /** How many tasks that landed here it is made from. */
  readonly samples: number;
}

/** Fewer say nothing. */
const fewest = 3;
/** Only a guess, and always called one: nobody has measured them here yet. */
const guessedMinutes: Readonly<Record<TaskType, number>> = {
  "code-generation": 15,
  "file-creation": 10,
  testing: 15,
  deployment: 15,
  research: 10,
  refactoring: 20,
  documentation: 10,
  validation: 10,
};
const guessedLandMinutes = 2;
const minuteMs = 60_000;

export function sizeOf({ files, acceptance, subtasks }: Pick<PlannedTask, "files" | "acceptance" | "subtasks">): Size {
  const parts = acceptance.length + subtasks.filter(({ done }) => !done).length;
  if (files.length > 5 || parts > 8) return "large";
  return files.length > 1 || parts > 3 ? "medium" : "small";
}

export interface EstimateRules {
  readonly workers: number;
  readonly defaultAgent: string;
  /** By task: what keeps it from running beside others; absent: nothing does. */
  readonly shares?: ReadonlyMap<string, readonly number[]>;
}

export interface EstimatedPlan extends PlanEstimate {
  /** The longest chain: tasks that wait for each other, or may not run at once. */
  readonly criticalPath: readonly string[];
}

export function estimatePlan(
  tasks: readonly PlannedTask[],
  { workers, defaultAgent, shares = new Map() }: EstimateRules,
  past: readonly PastWork[],
): EstimatedPlan {
  const usualOf = usualFrom(past);
  const estimates = tasks.map((task) => estimateTask(task, task.agent ?? defaultAgent, usualOf));
  const landing = past.length < fewest ? guessedLandMinutes : median(past.map(({ landMs }) => landMs)) / minuteMs;
  const minutes = new Map(estimates.map((one) => [one.id, one.minutes]));
  const minutesOf = (id: string): number => minutes.get(id) ?? 0;
  const untilLanded = (id: string): number => minutesOf(id) + landing;
  const chain = longest([graphShape(tasks, untilLanded).criticalPath, ...oneByOne(shares)], untilLanded);
  const known = estimates.flatMap(({ costUsd }) => costUsd ?? []);
  return {
    tasks: estimates,
    criticalPath: chain.path,
    workMinutes: sum(estimates.map((one) => one.minutes)),
    criticalMinutes: chain.minutes,
    elapsedMinutes: playPlan(tasks, { workers, landing, minutesOf, sharesOf: (id) => shares.get(id) ?? [] }),
    sequential: chain.path.length,
    parallel: tasks.length - chain.path.length,
    costUsd: known.length === 0 ? null : sum(known),
    withoutCost: estimates.length - known.length,
    samples: past.length,
  };
}

/** Tasks of which no two run at once: what is changed by one of them is changed by all. */
function oneByOne(shares: ReadonlyMap<string, readonly number[]>): string[][] {
  const groups = new Map<number, string[]>();
  for (const [id, numbers] of shares) for (const number of numbers) if (number > 0) addTo(groups, number, id);
  return [...groups.values()];
}

interface Chain {
  readonly minutes: number;
  readonly path: readonly string[];
}

function longest(chains: readonly (readonly string[])[], minutesOf: (id: string) => number): Chain {
  return chains
    .map((path) => ({ minutes: sum(path.map(minutesOf)), path }))
    .reduce((most, chain) => (chain.minutes > most.minutes ? chain : most));
}

/** What tasks like it took. */
interface Usual {
  readonly minutes: number;
  /** False: they are only of the same agent, or of the same repository. */
  readonly alike: boolean;
  readonly costUsd: number | null;
}

type UsualOf = (agent: string, type: TaskType, size: Size) => Usual | null;

/** By the nearest of which there are enough; null: there are not. */
function usualFrom(past: readonly PastWork[]): UsualOf {
  const known = new Map<string, Usual | null>();
  const look = (agent: string, type: TaskType, size: Size): Usual | null => {
    const ofAgent = past.filter((one) => one.agent === agent);
    const ofType = ofAgent.filter((one) => one.type === type);
    const alike = ofType.filter((one) => one.size === size);
    const near = [alike, ofType, ofAgent, past].find(({ length }) => length >= fewest);
    if (near === undefined) return null;
    const costs = near.flatMap(({ costUsd }) => costUsd ?? []);
    return {
      minutes: median(near.map(({ workMs }) => workMs)) / minuteMs,
      alike: near === alike,
      costUsd: costs.length < fewest ? null : median(costs),
    };
  };
  return (agent, type, size) => {
    const key = JSON.stringify([agent, type, size]);
    const found = known.has(key) ? known.get(key) : look(agent, type, size);
    known.set(key, found ?? null);
    return found ?? null;
  };
}

/** What tasks like it took; else what its author says; else what others took. */
function estimateTask(task: PlannedTask, agent: string, usualOf: UsualOf): TaskEstimate {
  const { id, type, estimateMinutes } = task;
  const usual = usualOf(agent, type, sizeOf(task));
  if (task.parts !== undefined) return estimateGroup({ ...task, parts: task.parts }, agent, usualOf);
  const costUsd = usual?.costUsd ?? null;
  if (usual?.alike === true) return { id, minutes: usual.minutes, basis: "like", costUsd };
  if (estimateMinutes !== undefined) return { id, minutes: estimateMinutes, basis: "stated", costUsd };
  if (usual !== null) return { id, minutes: usual.minutes, basis: "history", costUsd };
  return { id, minutes: guessedMinutes[type], basis: "guess", costUsd };
}

/** As its parts would take one after another: nobody knows yet what doing them together saves. */
function estimateGroup(
  {
    id,
    estimateMinutes,
    parts,
  }: Pick<PlannedTask, "id" | "estimateMinutes"> & { readonly parts: readonly PlannedPart[] },
  agent: string,
  usualOf: UsualOf,
): TaskEstimate {
  const usual = parts.map((part) => usualOf(agent, part.type, sizeOf(part)));
  const costs = usual.flatMap((one) => one?.costUsd ?? []);
  const costUsd = costs.length < parts.length ? null : sum(costs);
  if (estimateMinutes !== undefined) return { id, minutes: estimateMinutes, basis: "stated", costUsd };
  const minutes = sum(parts.map(({ type }, index) => usual[index]?.minutes ?? guessedMinutes[type]));
  return { id, minutes, basis: usual.includes(null) ? "guess" : "history", costUsd };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1] ?? 0, sorted[sorted.length >> 1] ?? 0];
  return (low + high) / 2;
}
