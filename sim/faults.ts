import type { ToldInput } from "../src/domain/input.ts";
import type { Decider } from "./decider.ts";
import type { Random, Weighted } from "./random.ts";
import type { Disk, DiskFault } from "./world/disk.ts";
import type { World } from "./world/world.ts";

/** What a fault may break. */
export interface Target {
  readonly random: Random;
  readonly world: World;
  readonly disk: Disk;
  readonly decider: Decider;
}

export interface Fault extends Weighted {
  readonly name: string;
  /** Returns what it broke, or null where there is nothing to break. */
  readonly strike: (target: Target) => string | null;
}

const diskFaults: readonly DiskFault[] = ["begin", "write", "before commit", "after commit"];
const hourMs = 3_600_000;

export const faults: readonly Fault[] = [
  {
    name: "kill the decider",
    weight: 8,
    strike: ({ decider }) => {
      decider.life.end();
      return `process ${decider.life.number}`;
    },
  },
  {
    // Where observing first is all that keeps an effect from being performed twice.
    name: "kill the decider between what it did and its record",
    weight: 8,
    strike: ({ decider }) => {
      const done = decider.life.ready().find(({ label }) => label.endsWith(": answer"));
      if (done === undefined) return null;
      decider.life.end();
      return done.label;
    },
  },
  {
    // A process that does not answer is taken for dead; it knows nothing of its successor.
    name: "hold up the decider",
    weight: 3,
    strike: ({ decider }) => {
      decider.life.heldUp = true;
      return `process ${decider.life.number}`;
    },
  },
  {
    name: "fail the disk",
    weight: 5,
    strike: ({ disk, random }) => {
      disk.fault = random.pick(diskFaults);
      return disk.fault;
    },
  },
  {
    name: "kill a runner",
    weight: 3,
    strike: ({ world, random }) => {
      const jobs = world.jobs.working();
      if (jobs.length === 0) return null;
      const job = random.pick(jobs);
      job.runnerAlive = false;
      return job.id;
    },
  },
  {
    name: "kill an agent or check",
    weight: 3,
    strike: ({ world, random }) => {
      const jobs = world.jobs.working();
      if (jobs.length === 0) return null;
      const job = random.pick(jobs);
      job.killed = true;
      return job.id;
    },
  },
  {
    name: "set the clock",
    weight: 3,
    strike: ({ world, random }) => {
      const ms = random.between(-2 * hourMs, 2 * hourMs);
      world.time.jump(ms);
      return `by ${ms} ms`;
    },
  },
  {
    name: "tell again",
    weight: 6,
    strike: ({ decider, random }) => {
      const results = decider.told.filter(({ input }) => isResult(input));
      const answers = results.filter(({ closes }) => closes !== null);
      const again = answers.length > 0 && random.chance(0.8) ? answers : results;
      if (again.length === 0) return null;
      const answer = random.pick(again);
      decider.tellAgain(answer);
      return `${answer.input.type} ${aboutOf(answer.input)}`;
    },
  },
];

/** What a port tells; a command is not repeated by itself. */
function isResult({ type }: ToldInput): boolean {
  return !["run.submit", "run.control", "task.control", "queue.control"].includes(type);
}

function aboutOf(input: ToldInput): string {
  if ("attempt" in input) return input.attempt;
  return "trial" in input ? String(input.trial) : "";
}
