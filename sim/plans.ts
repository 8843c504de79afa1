import type { CollisionMode } from "../src/domain/collisions/collision-mode.ts";
import { collisionsOf } from "../src/domain/collisions/collisions.ts";
import { defaultPolicy } from "../src/domain/diff-policy/settings.ts";
import type { Agent } from "../src/domain/agent.ts";
import type { Budget } from "../src/domain/budget.ts";
import type { LockFileRule } from "../src/domain/lock-files.ts";
import type { PlannedTask } from "../src/domain/plan.ts";
import { priorities } from "../src/domain/plan.ts";
import type { Spend } from "../src/domain/prices.ts";
import type { TaskRow } from "../src/domain/rows.ts";
import { makeRunId, type RunRow, type RunSource, type Sync } from "../src/domain/run.ts";
import { newTask } from "../src/domain/new-task.ts";
import type { Check, Gate } from "../src/domain/verdict.ts";
import type { Random } from "./random.ts";
import { issueIds, lockPath, sourcePath, targets } from "./world/world.ts";

export interface RandomRun {
  readonly run: RunRow;
  readonly tasks: readonly TaskRow[];
}

const repositories = ["/repository/.git", "/other/.git"];
const limits = { firstOutputMs: 1_000, silenceMs: 3_000, totalMs: 60_000, turns: null, repeats: 20 };
const tests: Check = { name: "tests", run: "npm test", kind: "test", timeoutMs: 60_000 };
const lint: Check = { name: "lint", run: "npm run lint", kind: "command", timeoutMs: 60_000 };
const validate: Check = { name: "validate", run: "npm run smoke", kind: "command", timeoutMs: 60_000 };
const lock: LockFileRule = { path: lockPath, run: "npm install --package-lock-only", timeoutMs: 60_000 };
const verify: Check = {
  name: "verify",
  run: "agent second",
  kind: "agent",
  timeoutMs: 60_000,
  verifier: { agent: agentNamed("second", {}), prompt: null },
};
const gates: readonly (Gate | null)[] = [
  { checks: [tests] },
  { checks: [tests] },
  { checks: [tests, lint] },
  { checks: [tests, verify] },
  { checks: [lint, tests] },
  null,
];

/** `number` counts the runs of a simulation from 1; each has a source of its own. */
export function randomRun(random: Random, now: number, number: number): RandomRun {
  const sync = random.pick<Sync>(["landing", "landing", "request", "none"]);
  const source = randomSource(random, number);
  const agents = [
    agentNamed("first", { backups: random.chance(0.5) ? ["second"] : [] }),
    agentNamed("second", { resumes: true, converses: true, maxConcurrent: random.between(1, 3) }),
  ];
  const collisions = random.pick<CollisionMode>(["declared", "declared", "off"]);
  const planning = random.chance(0.2) ? randomPlanning(random) : null;
  const run: RunRow = {
    id: makeRunId(now, number.toString(16).padStart(8, "0")),
    repository: random.pick(repositories),
    checkout: "/repository",
    target: random.chance(0.75) ? targets[0] : targets[1],
    state: { status: "active" },
    settings: {
      workers: random.between(1, 4),
      maxAttempts: random.between(1, 3),
      sync,
      gate: random.pick(gates),
      agents,
      defaultAgent: "first",
      budget: randomBudget(random),
      queue: {
        history: random.chance(0.75) ? "batch" : "every-change",
        slots: random.between(1, 4),
        strategy: random.pick(["auto", "auto", "groups", "prefixes"]),
        ...(random.chance(0.4) ? { remote: "origin" } : {}),
        validation: random.chance(0.5) ? { gate: { checks: [validate] }, rollback: random.chance(0.85) } : null,
      },
      predict: random.pick(["tell", "stop", "off"]),
      ...(random.chance(0.6) ? { lockFiles: [lock] } : {}),
      onConflict: random.pick(["reopen", "reopen", "resolve", "block", "skip", "stop"]),
      collisions,
      policy: defaultPolicy,
      onLimit: random.chance(0.9) ? "wait" : "fail",
      landing: random.chance(0.85) ? "at-once" : "by-hand",
      sandbox: { name: "none", hosts: [], readable: [] },
      sources: [source],
      ...(random.chance(0.5) ? { issueRetries: random.between(0, 2) } : {}),
    },
    spentUsd: planning?.amountUsd ?? 0,
    ...(planning === null ? {} : { planning }),
    holdsBack: false,
    createdAt: now,
  };
  const plan = randomPlan(random, source, sync);
  const { shares } = collisionsOf(plan, tree, collisions);
  return { run, tasks: plan.map((planned, order) => newTask(run.id, planned, order, shares.get(planned.id))) };
}

function agentNamed(name: string, own: Partial<Agent>): Agent {
  return {
    name,
    driver: "command",
    command: [name],
    args: [],
    model: null,
    endpoint: null,
    env: [],
    limits,
    capabilities: [],
    files: [],
    maxConcurrent: null,
    backups: [],
    provider: `provider of ${name}`,
    resumes: false,
    cost: { perAttempt: null, perMillion: null },
    hosts: [],
    permissions: "allow",
    ...own,
  };
}

function randomBudget(random: Random): Budget {
  const cap = (from: number, to: number): number | null => (random.chance(0.5) ? random.between(from, to) : null);
  return { attemptUsd: cap(1, 3), taskUsd: cap(2, 6), runUsd: cap(4, 20), dayUsd: cap(20, 60) };
}

/** What a model was paid that made its plan. */
function randomPlanning(random: Random): Spend {
  if (random.chance(0.2)) return { amountUsd: null, basis: "undeclared" };
  return { amountUsd: random.between(1, 30) / 10, basis: "reported" };
}

function randomSource(random: Random, number: number): RunSource {
  const name = sourcePath(number);
  const tracked = random.chance(0.6) ? name : null;
  return { name, boxes: { open: 1, done: 0 }, file: `/repository/${name}`, tracked };
}

function randomPlan(random: Random, source: RunSource, sync: Sync): PlannedTask[] {
  const needsOf = random.pick(shapes);
  const count = random.between(1, 12);
  const boxed = random.chance(0.8);
  // Of the first tasks, so that they are worked on.
  const issues = random.chance(sync === "landing" ? 0.7 : 0.2) ? random.some([...issueIds], 0.6) : [];
  const writes = random.pick([0, 0.5, 1]);
  return Array.from({ length: count }, (_, index) => {
    const id = `t${index + 1}`;
    return {
      id,
      title: `Task ${index + 1}`,
      description: "",
      priority: random.pick(priorities),
      phase: null,
      section: null,
      files: random.chance(writes) ? random.some(written, 0.3) : [],
      acceptance: [],
      subtasks: [],
      dependsOn: needsOf(random, index).map((need) => `t${need + 1}`),
      agent: random.chance(0.2) ? "second" : null,
      type: random.pick(["code-generation", "testing", "research"] as const),
      capabilities: [],
      allow: [],
      box: boxed ? { path: source.name, label: `${source.name} ${id}`, ordinal: 0, line: index + 1 } : null,
      ...issueAt(issues, index),
    };
  });
}

function issueAt(issues: readonly string[], index: number): Pick<PlannedTask, "issue"> {
  const id = issues[index];
  return id === undefined ? {} : { issue: { tracker: "seeds", place: "/repository/.seeds", id, url: null } };
}

/** What tasks say that they change. */
const written = ["src/a", "src/b", "src/c", "src/deep/d", "src/deep/", "src/*"];
export const tree = ["src/a", "src/b", "src/deep/d"];

/** Which of the tasks before it a task needs, each named once. */
type Shape = (random: Random, index: number) => number[];

const shapes: readonly Shape[] = [
  // All side by side.
  () => [],
  // One after the other.
  (_, index) => (index === 0 ? [] : [index - 1]),
  // Many after the first.
  (_, index) => (index === 0 ? [] : [0]),
  // Phases of three.
  (_, index) => (index < 3 ? [] : [0, 1, 2].map((place) => (Math.floor(index / 3) - 1) * 3 + place)),
  // Whatever.
  (random, index) => random.some(Array.from(Array(index).keys()), 0.3).slice(0, 4),
];
