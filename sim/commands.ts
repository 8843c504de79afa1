import { hasOwnMerge, isLanded } from "../src/domain/change-state.ts";
import type { RunCommand, TaskCommand, TaskEdit } from "../src/domain/control.ts";
import { priorities, type Priority } from "../src/domain/plan.ts";
import type { RunRow } from "../src/domain/run.ts";
import type { Decider } from "./decider.ts";
import { randomRun, tree } from "./plans.ts";
import type { Random, Weighted } from "./random.ts";
import { maxSources, targets } from "./world/world.ts";

/** What a command may use. */
export interface Desk {
  readonly random: Random;
  readonly decider: Decider;
  readonly now: number;
  /** How many runs were asked for so far. */
  asked: number;
}

export interface Command extends Weighted {
  readonly name: string;
  /** Returns what it was given to, or null where there is nothing that it could be given to. */
  readonly apply: (desk: Desk) => string | null;
}

/** As the daemon's service gives them to the engine; many of them are refused, and that is for the engine to say. */
export const commands: readonly Command[] = [
  { name: "run", weight: 6, apply: submit },
  { name: "interrupt", weight: 2, apply: (desk) => onRun(desk, { type: "interrupt" }) },
  { name: "pause", weight: 2, apply: (desk) => onRun(desk, { type: "pause" }) },
  { name: "resume", weight: 8, apply: (desk) => onRun(desk, { type: "resume" }) },
  { name: "cancel", weight: 0.5, apply: (desk) => onRun(desk, { type: "cancel" }) },
  { name: "retry", weight: 1, apply: (desk) => onRun(desk, { type: "retry" }) },
  { name: "land", weight: 5, apply: (desk) => onRun(desk, { type: "land" }) },
  { name: "prioritize", weight: 1, apply: (desk) => onRun(desk, { type: "prioritize", priority: anyPriority(desk) }) },
  { name: "budget", weight: 1, apply: (desk) => onRun(desk, { type: "budget", caps: anyCaps(desk) }) },
  { name: "pause", weight: 6, apply: (desk) => onTask(desk, { type: "pause" }) },
  { name: "resume", weight: 8, apply: (desk) => onTask(desk, { type: "resume" }) },
  { name: "cancel", weight: 2, apply: (desk) => onTask(desk, { type: "cancel" }) },
  { name: "retry", weight: 6, apply: (desk) => onTask(desk, { type: "retry" }) },
  { name: "prioritize", weight: 3, apply: (desk) => onTask(desk, { type: "prioritize", priority: anyPriority(desk) }) },
  { name: "revert", weight: 2, apply: revert },
  { name: "validate", weight: 2, apply: validate },
  { name: "promote", weight: 2, apply: promote },
  { name: "queue resume", weight: 4, apply: resumeQueue },
  { name: "message", weight: 6, apply: (desk) => onTask(desk, anyMessage(desk)) },
  { name: "source", weight: 1, apply: changeSource },
  { name: "extend", weight: 1, apply: extend },
  { name: "edit", weight: 3, apply: (desk) => onTask(desk, { type: "edit", edit: anyEdit(desk) }) },
];

export function submit(desk: Desk): string | null {
  if (desk.asked >= maxSources) return null;
  desk.asked++;
  const { run, tasks } = randomRun(desk.random, desk.now, desk.asked);
  desk.decider.submit({ type: "run.submit", run, tasks });
  return `${run.id} (${tasks.length} tasks)`;
}

/** What a person who wants everything to end lets go on. Returns what it was. */
export function release(desk: Desk): string | null {
  const { store } = desk.decider;
  const runs = store
    .runs(maxSources)
    .filter(({ state }) => state.status === "paused" || state.status === "interrupted");
  const [run] = runs;
  if (run !== undefined) {
    // One that stops at every conflict would be resumed for ever.
    const type = run.settings.onConflict === "stop" ? "cancel" : "resume";
    desk.decider.submit({ type: "run.control", run: run.id, command: { type } });
    return `nightcrew ${type} ${run.id}`;
  }
  const tasks = store.runs(maxSources).flatMap(({ id }) => store.tasks(id));
  const paused = tasks.find(({ state }) => state.status === "paused");
  if (paused === undefined) return null;
  desk.decider.submit({ type: "task.control", run: paused.run, task: paused.id, command: { type: "resume" } });
  return `nightcrew resume ${paused.run}/${paused.id}`;
}

function anyCaps({ random }: Desk): Extract<RunCommand, { type: "budget" }>["caps"] {
  const cap = random.chance(0.2) ? null : random.between(1, 60);
  return random.pick([{ taskUsd: cap }, { runUsd: cap }, { dayUsd: cap }, { attemptUsd: cap, runUsd: cap }]);
}

function anyPriority({ random }: Desk): Priority {
  return random.pick(priorities);
}

/** Of names that are mostly there, and of needs that may go round in a circle. */
function anyEdit({ random }: Desk): TaskEdit {
  const agent = random.pick(["first", "second", "nobody"]);
  const dependsOn = random.some(["t1", "t2", "t3", "t4", "t9"], 0.2);
  return random.pick<TaskEdit>([{ title: "Another title" }, { agent }, { dependsOn }, { dependsOn: [] }]);
}

/** Of so few ids that some are said again. */
function anyMessage({ random }: Desk): TaskCommand {
  const id = String(random.between(1, 6));
  return { type: "message", id, text: `Word ${id}` };
}

/** Some of its tasks are not in it any more, whether somebody began them or not. */
function changeSource({ decider, random }: Desk): string | null {
  const runs = decider.store.runs(maxSources);
  if (runs.length === 0) return null;
  const { id, settings } = random.pick(runs);
  const dropped = random.some(
    decider.store.tasks(id).map((task) => task.id),
    0.2,
  );
  const about = { source: settings.sources[0]?.name ?? "words", seen: String(random.between(1, 4)), added: ["New"] };
  decider.submit({ type: "source.changed", run: id, ...about, dropped, edited: [] });
  return `${id} without ${dropped.join(", ")}`;
}

/** One more task, or one that it has already, that waits for some of those that there are. */
function extend({ decider, random }: Desk): string | null {
  const runs = decider.store.runs(maxSources);
  if (runs.length === 0) return null;
  const { id: run } = random.pick(runs);
  const tasks = decider.store.tasks(run);
  const { issue: _, parts: __, ...like } = random.pick(tasks).planned;
  const dependsOn = random.some(
    tasks.map(({ id }) => id),
    0.2,
  );
  const id = `x${random.between(1, 3)}`;
  const planned = { ...like, id, title: `Task ${id}`, box: null, dependsOn: dependsOn.filter((need) => need !== id) };
  decider.submit({ type: "run.extend", run, tasks: [planned], tree });
  return `${run}/${id}`;
}

function onRun({ decider, random }: Desk, command: RunCommand): string | null {
  const runs = decider.store.runs(maxSources);
  if (runs.length === 0) return null;
  const { id } = random.pick(runs);
  decider.submit({ type: "run.control", run: id, command });
  return id;
}

/** One landing, or all of a run, newest first. */
function revert({ decider, random }: Desk): string | null {
  const runs = decider.store.runs(maxSources);
  if (runs.length === 0) return null;
  const run = random.pick(runs);
  const landings = decider.store
    .changes(run.id)
    .flatMap(({ id, state }) =>
      isLanded(state) && hasOwnMerge(state.landing) ? [{ change: id, commit: state.landing.commit }] : [],
    );
  if (landings.length === 0) return null;
  const asked = random.chance(0.7) ? [random.pick(landings)] : landings.toReversed();
  const { repository, target } = run;
  decider.submit({ type: "queue.control", repository, target, command: { type: "revert", landings: asked } });
  return `${asked.length} of ${run.id}`;
}

/** By the run's gate or another check; where it is red, the last landing is taken back. */
function validate({ decider, random }: Desk): string | null {
  const runs = decider.store.runs(maxSources);
  if (runs.length === 0) return null;
  const run = random.pick(runs);
  const { repository, target, id: host, settings } = run;
  const landed = decider.store.changes(host).flatMap(({ id, state }) => (isLanded(state) ? [{ id, state }] : []));
  const last = landed.at(-1);
  if (last === undefined) return null;
  const { tip: commit, tree } = last.state.landing;
  const takesBack = random.chance(0.5);
  const together = landed.filter(({ state }) => state.landing.tip === commit).toReversed();
  const rollback = takesBack ? together.map(({ id, state }) => ({ change: id, commit: state.landing.commit })) : [];
  const { gate } = settings;
  if (gate === null) return null;
  const about = { host, gate, commit, tree, takesBack, rollback };
  const command = { type: "validate", id: String(random.between(0, 1_000_000_000)), ...about } as const;
  decider.submit({ type: "queue.control", repository, target, command });
  return `${commit.slice(0, 8)} on ${target}`;
}

/** What a run landed on one target, to the other. */
function promote({ decider, random }: Desk): string | null {
  const runs = decider.store.runs(maxSources).filter(({ settings }) => settings.gate !== null);
  if (runs.length === 0) return null;
  const host = random.pick(runs);
  const { repository, target: from } = host;
  const target = targets.find((one) => one !== from);
  const commit = host.settings.queue.validation === null ? lastLanded(decider, host) : knownGood(decider, host);
  if (commit === undefined || target === undefined) return null;
  const command = {
    type: "promote",
    id: String(random.between(0, 1_000_000_000)),
    host: host.id,
    from,
    commit,
  } as const;
  decider.submit({ type: "queue.control", repository, target, command });
  return `${commit.slice(0, 8)} from ${from} to ${target}`;
}

function lastLanded({ store }: Desk["decider"], { id }: RunRow): string | undefined {
  return store
    .changes(id)
    .flatMap(({ state }) => (isLanded(state) ? [state.landing.tip] : []))
    .at(-1);
}

/** As the command line has it: what was found broken, or was not looked at, is not promoted. */
function knownGood({ store }: Desk["decider"], { repository, target }: RunRow): string | undefined {
  const validated = store.queue({ repository, target })?.validated;
  return validated?.failure === null ? validated.tip : undefined;
}

function resumeQueue({ decider, random }: Desk): string | null {
  const runs = decider.store.runs(maxSources);
  if (runs.length === 0) return null;
  const { repository, target } = random.pick(runs);
  decider.submit({ type: "queue.control", repository, target, command: { type: "resume" } });
  return target;
}

function onTask({ decider, random }: Desk, command: TaskCommand): string | null {
  const runs = decider.store.runs(maxSources);
  if (runs.length === 0) return null;
  const { run, id } = random.pick(decider.store.tasks(random.pick(runs).id));
  decider.submit({ type: "task.control", run, task: id, command });
  return `${run}/${id}`;
}
