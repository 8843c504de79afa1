import { defaultPolicy } from "../../src/domain/diff-policy/settings.ts";
import type { Agent } from "../../src/domain/agent.ts";
import { defaultBudget } from "../../src/domain/budget.ts";
import type { PlannedTask } from "../../src/domain/plan.ts";
import type { AttemptRow, ChangeRow } from "../../src/domain/rows.ts";
import type { RunRow, RunSettings } from "../../src/domain/run.ts";
import { attemptId, makeRunId } from "../../src/domain/run.ts";

/** Rows with nothing special about them, for tests that are about one thing. */

export function anAgent(own: Partial<Agent> = {}): Agent {
  return {
    name: "a",
    driver: "command",
    command: ["x"],
    args: [],
    model: null,
    endpoint: null,
    env: [],
    limits: { firstOutputMs: 1, silenceMs: 1, totalMs: 1, turns: null, repeats: 20 },
    capabilities: [],
    files: [],
    maxConcurrent: null,
    backups: [],
    provider: "p",
    resumes: false,
    cost: { perAttempt: null, perMillion: null },
    hosts: [],
    permissions: "allow",
    ...own,
  };
}

export function someSettings(own: Partial<RunSettings> = {}): RunSettings {
  return {
    workers: 1,
    maxAttempts: 1,
    sync: "none",
    gate: null,
    agents: [anAgent()],
    defaultAgent: "a",
    budget: defaultBudget,
    onLimit: "wait",
    landing: "at-once",
    queue: { history: "batch", slots: 2, strategy: "auto", validation: null },
    onConflict: "reopen",
    policy: defaultPolicy,
    sandbox: { name: "none", hosts: [], readable: [] },
    sources: [],
    ...own,
  };
}

export function aRun(own: Partial<RunRow> = {}): RunRow {
  return {
    id: makeRunId(0, "00000000"),
    repository: "/r",
    checkout: "/r",
    target: "main",
    state: { status: "active" },
    settings: someSettings(),
    spentUsd: 0,
    holdsBack: false,
    createdAt: 0,
    ...own,
  };
}

export function aTask(own: Partial<PlannedTask> = {}): PlannedTask {
  return {
    id: "t",
    title: "t",
    description: "",
    priority: "medium",
    phase: null,
    section: null,
    files: [],
    acceptance: [],
    subtasks: [],
    dependsOn: [],
    agent: null,
    type: "code-generation",
    capabilities: [],
    allow: [],
    box: null,
    ...own,
  };
}

/** What an attempt that has just begun has beside its place and its state. */
export const freshAttempt: Pick<AttemptRow, "why" | "resumes" | "session" | "spend" | "stopping" | "result"> = {
  why: { reason: "default" },
  resumes: null,
  session: null,
  spend: { amountUsd: null, basis: "undeclared" },
  stopping: null,
  result: null,
};

/** A change that is ready, of the first attempt at a task. */
export function aChange(task: string, own: Partial<ChangeRow> = {}): ChangeRow {
  const { id: run, repository, target } = aRun();
  const id = attemptId(own.run ?? run, task, 1);
  const waiting = { priorityRank: 2, offeredAt: 0, judgements: [], state: { status: "offered" } } as const;
  return { id, run, task, repository, target, tip: id, base: "nothing", ...waiting, ...own };
}

/** The first one of a task, which has done its work. */
export function anAttempt(own: Partial<AttemptRow> = {}): AttemptRow {
  const { run = aRun().id, task = "t", number = 1 } = own;
  return {
    id: attemptId(run, task, number),
    run,
    task,
    number,
    agent: "a",
    why: { reason: "default" },
    resumes: null,
    session: null,
    spend: { amountUsd: null, basis: "undeclared" },
    stopping: null,
    state: { status: "finished", outcome: { kind: "done" } },
    result: null,
    startedAt: 0,
    endedAt: 0,
    ...own,
  };
}
