import type { RunRow } from "../src/domain/run.ts";
import type { Decider } from "./decider.ts";
import { randomRun } from "./plans.ts";
import type { Random, Weighted } from "./random.ts";
import { maxSources } from "./world/world.ts";

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

/** As the daemon's service gives them to the engine. */
export const commands: readonly Command[] = [
  { name: "run", weight: 6, apply: submit },
  {
    name: "interrupt",
    weight: 2,
    apply: (desk) => onRun(desk, ["active"], ({ id }) => desk.decider.submit({ type: "run.interrupt", run: id })),
  },
  { name: "resume", weight: 6, apply: (desk) => onRun(desk, ["active", "interrupted"], (run) => resume(desk, run)) },
  {
    name: "cancel",
    weight: 0.5,
    apply: (desk) =>
      onRun(desk, ["active", "interrupted"], ({ id }) => {
        desk.decider.submit({ type: "run.cancel", run: id });
        desk.decider.recover();
      }),
  },
];

export function submit(desk: Desk): string | null {
  if (desk.asked >= maxSources) return null;
  desk.asked++;
  const { run, tasks } = randomRun(desk.random, desk.now, desk.asked);
  desk.decider.recover();
  desk.decider.submit({ type: "run.submit", run, tasks });
  return `${run.id} (${tasks.length} tasks)`;
}

export function resume({ decider }: Desk, { id }: RunRow): void {
  decider.recover();
  decider.submit({ type: "run.resume", run: id });
}

function onRun(
  { decider, random }: Desk,
  statuses: readonly RunRow["state"]["status"][],
  give: (run: RunRow) => void,
): string | null {
  const runs = decider.store.runs(maxSources).filter(({ state }) => statuses.includes(state.status));
  if (runs.length === 0) return null;
  const run = random.pick(runs);
  give(run);
  return run.id;
}
