import { freshAttempt } from "../test/rig/rows.ts";
import { describe, expect, it } from "vitest";
import type { AttemptState } from "../src/domain/attempt-state.ts";
import type { Candidate, ChangeState, Landing } from "../src/domain/change-state.ts";
import type { LandEffect } from "../src/domain/effect.ts";
import type { TaskMessage } from "../src/domain/message.ts";
import { newQueue, type QueueRow, type Trial } from "../src/domain/queue/queue-row.ts";
import type { AttemptRow, ChangeRow, TaskRow } from "../src/domain/rows.ts";
import type { TaskState } from "../src/domain/task-state.ts";
import { newTask } from "../src/domain/new-task.ts";
import { attemptId } from "../src/domain/run.ts";
import { invariants, violated } from "./invariants.ts";
import type { Facts, GitFacts, JobFacts, LandingFacts } from "./invariants/facts.ts";
import { randomRun } from "./plans.ts";
import { Random } from "./random.ts";
import type { SimulatedIssue } from "./world/world.ts";

// Each invariant on a small world in which all is well, and on ones in which just that is not.
const template = randomRun(new Random(1), 0, 1);
const run = {
  ...template.run,
  target: "main",
  settings: { ...template.run.settings, workers: 1, sync: "landing" as const },
};
const id = (name: string, number = 1): ReturnType<typeof attemptId> => attemptId(run.id, name, number);

function task(name: string, state: TaskState, patch: Partial<TaskRow> = {}): TaskRow {
  const [first] = template.tasks;
  if (first === undefined) throw new Error("a plan has tasks");
  const planned = { ...first.planned, id: name, dependsOn: [], priority: "medium" as const };
  return { ...newTask(run.id, planned, 0), id: name, state, unmet: 0, attempts: 1, ...patch };
}

const needing = (name: string, ...dependsOn: string[]): Pick<TaskRow, "planned"> => {
  return { planned: { ...task(name, queued).planned, dependsOn } };
};

function attempt(name: string, status: "working" | "stopped", number = 1): AttemptRow {
  const state: AttemptState = { status };
  const about = { id: id(name, number), run: run.id, task: name, number, agent: "first" };
  return { ...freshAttempt, ...about, state, startedAt: 0, endedAt: null };
}

function change(name: string, state: ChangeState): ChangeRow {
  const place = { repository: run.repository, target: run.target, priorityRank: 2, offeredAt: 0 };
  return { id: id(name), run: run.id, task: name, ...place, tip: "tip", base: "base", judgements: [], state };
}

const on = { target: "c0", waiting: null, tip: "c0" };
const candidate: Candidate = { commit: "c1", tree: "tree", on, links: [] };
const landing: Landing = {
  commit: "c1",
  tip: "c1",
  tree: "tree",
  onto: "c0",
  together: 1,
  nth: 1,
  at: 0,
  tick: "not-asked",
  checks: [],
  place: { on: "target" },
  note: null,
};
const landed: ChangeState = { status: "landed", landing };
const queued: TaskState = { status: "queued", notBefore: null };
const failed: TaskState = { status: "failed", failure: { reason: "cancelled" } };
const working: TaskState = { status: "running", stage: "working" };
const completed: TaskState = { status: "completed", commit: "c1" };

const git: GitFacts = {
  moves: [{ branch: "main", from: "c0", to: "c1" }],
  added: () => [{ commit: "c1", gated: true, built: true, onRed: false }],
  isAncestor: (ancestor, descendant) => ancestor <= descendant,
  accountedFor: () => true,
  discarded: () => false,
  ref: () => "c1",
  pushed: () => true,
  isThere: () => true,
  isOnlyThere: () => false,
  landings: () => [heard("a")],
};

const heard = (name: string, number = 1): LandingFacts => ({ change: id(name, number), unheard: false });

const job: JobFacts = {
  id: id("b"),
  kind: "agent",
  slot: "agent-1",
  claims: 1,
  runnerAlive: true,
  agentAlive: true,
  everFrozen: false,
  unsaved: true,
  inSlot: true,
  sees: () => true,
  before: () => true,
};

/** Task a has landed, b is being worked on, c waits for b. */
const well: Facts = withColumns({
  runs: [run],
  tasks: [
    task("a", completed),
    task("b", working, needing("b", "a")),
    task("c", { status: "blocked", by: { reason: "dependency" } }, { ...needing("c", "b"), attempts: 0, unmet: 1 }),
  ],
  attempts: [attempt("a", "stopped"), attempt("b", "working")],
  changes: [change("a", landed)],
  queues: [],
  effects: [{ kind: "start-attempt", id: `start-attempt:${id("b")}`, attempt: id("b") }],
  jobs: [job],
  limits: { total: 2, perRepository: 2 },
  parked: new Set(),
  git,
  reports: new Map(),
  verified: new Map(),
  issues: [],
});

/** With the columns as they would be stored for these rows. */
function withColumns(facts: Omit<Facts, "projections">): Facts {
  const { runs, tasks, attempts, changes } = facts;
  const live = (row: AttemptRow): number => (row.state.status === "working" ? 1 : 0);
  const places: Partial<Record<ChangeState["status"], string>> = {
    gating: "queue",
    landing: "queue",
    offered: "offered",
  };
  const counts = new Map<string, number>();
  for (const { state } of tasks) counts.set(state.status, (counts.get(state.status) ?? 0) + 1);
  return {
    ...facts,
    projections: {
      runs: runs.map((row) => ({ id: row.id, status: row.state.status })),
      tasks: tasks.map((row) => {
        return {
          run: row.run,
          id: row.id,
          status: row.state.status,
          notBefore: null,
          rank: 2,
          order: row.order,
          inWay: null,
        };
      }),
      attempts: attempts.map((row) => ({ id: row.id, live: live(row) })),
      changes: changes.map((row) => ({ id: row.id, place: places[row.state.status] ?? "done" })),
      statusCounts: [...counts].map(([status, count]) => ({ run: run.id, status, count })),
    },
  };
}

const but = (patch: Partial<Omit<Facts, "projections">>): Facts => withColumns({ ...well, ...patch });
const tasksBut = (...rows: TaskRow[]): readonly TaskRow[] =>
  well.tasks.map((row) => rows.find((other) => other.id === row.id) ?? row);

const offered: ChangeState = { status: "offered" };
const gating: ChangeState = { status: "gating" };
const finished = { ...run, state: { status: "finished", at: 1 } as const };

const capped = {
  ...run,
  spentUsd: 2,
  settings: { ...run.settings, budget: { ...run.settings.budget, attemptUsd: 1 } },
};

/** Task b's attempt has spent so much. */
function spending(amountUsd: number): AttemptRow[] {
  return [attempt("a", "stopped"), { ...attempt("b", "working"), spend: { amountUsd, basis: "reported" } }];
}

function trialOf(name: string, status: "gating" | "landing"): Trial {
  return {
    number: 1,
    lot: [id(name)],
    condemns: true,
    again: false,
    goes: 0,
    state: { status, candidate, checks: [] },
  };
}

function queueOf(...trials: Trial[]): QueueRow {
  const key = { repository: run.repository, target: run.target };
  const rules = { host: run.id, gate: null, gateKey: "", strategy: "prefixes", history: "batch", slots: 1 } as const;
  const round = { ...rules, on: null, members: [id("x")], late: [], trials, bases: [] };
  return { ...newQueue(key), round };
}

const landEffect: LandEffect = {
  kind: "land",
  id: "land:1",
  repository: run.repository,
  target: run.target,
  host: run.id,
  trial: 1,
  candidate,
};

const wrong: Record<string, readonly (readonly [why: string, facts: Facts])[]> = {
  "each task is in exactly one state": [
    ["a task is worked on without an attempt", but({ attempts: [attempt("a", "stopped"), attempt("b", "stopped")] })],
    ["a task is completed and landed nothing", but({ changes: [] })],
    ["a task is queued and has an attempt", but({ tasks: tasksBut(task("b", queued)) })],
    ["an attempt is not counted", but({ tasks: tasksBut(task("b", working, { attempts: 0 })) })],
    ["a task is landing, and its change is being gated", landingOf(gating)],
  ],
  "a queue has what it says, lands one lot at a time, and lets nobody wait for nothing": [
    ["a change is being judged, and no queue has it", but({ changes: [change("x", gating)] })],
    ["one waits, and nothing goes on", but({ changes: [change("x", offered)] })],
    ["one was taken, and nothing goes on", but({ changes: [change("x", gating)], queues: [queueOf()] })],
    [
      "two lots land at once",
      but({
        changes: [change("x", { status: "landing" }), change("y", { status: "landing" })],
        queues: [queueOf(trialOf("x", "landing"), trialOf("y", "landing"))],
      }),
    ],
    [
      "more gates run than may",
      but({
        changes: [change("x", gating)],
        queues: [queueOf(...Array.from({ length: 3 }, () => trialOf("x", "gating")))],
      }),
    ],
  ],
  "no task runs twice at once": [
    ["a job was begun twice", but({ jobs: [{ ...job, claims: 2 }] })],
    ["an agent works on an attempt that is over", but({ attempts: [attempt("b", "stopped")] })],
    ["two agents work on one task", twoAgents()],
  ],
  "no more agents run than may": [
    ["two attempts for one worker", but({ attempts: [attempt("b", "working"), attempt("c", "working")] })],
    ["two agents for one worker", but({ jobs: [job, { ...job, id: id("c") }] })],
  ],
  "no workspace is shared, or removed without proof": [
    ["two jobs share a slot", but({ jobs: [job, { ...job, id: id("c") }] })],
    ["an agent's slot was cleared", but({ jobs: [{ ...job, inSlot: false }] })],
    ["work is nowhere", but({ jobs: [{ ...job, agentAlive: false, runnerAlive: false, inSlot: false }] })],
  ],
  "nothing starts before its dependencies landed": [
    [
      "a need has not landed",
      but({ tasks: tasksBut(task("a", { status: "failed", failure: { reason: "cancelled" } })) }),
    ],
    ["a workspace is older than what it needs", but({ jobs: [{ ...job, sees: () => false }] })],
  ],
  "tasks that collide do not run at once": [
    [
      "both have an agent",
      but({
        tasks: [task("b", working, { shares: [1, 2] }), task("x", working, { shares: [-1] })],
        attempts: [attempt("b", "working"), attempt("x", "working")],
      }),
    ],
  ],
  "tasks know what they wait for": [
    ["a count is wrong", but({ tasks: tasksBut(task("b", working, { ...needing("b", "a"), unmet: 1 })) })],
    [
      "a task is blocked by nothing",
      but({ tasks: tasksBut(task("c", { status: "blocked", by: { reason: "dependency" } })) }),
    ],
  ],
  "a target only moves to a tree whose gate passed": [
    ["no gate passed", withGit({ added: () => [{ commit: "c1", gated: false, built: true, onRed: false }] })],
    ["a commit came along", withGit({ added: () => [{ commit: "c1", gated: true, built: false, onRed: false }] })],
  ],
  "what lands with a remote is there first": [
    ["the target has it, and the remote not", withGit({ isThere: () => false })],
    [
      "a landing says that it was pushed",
      but({
        changes: [change("a", { status: "landed", landing: { ...landing, pushedTo: "origin" } })],
        git: { ...git, pushed: () => false, isThere: () => false },
      }),
    ],
  ],
  "nothing lands on a target that is broken": [
    ["it was broken", withGit({ added: () => [{ commit: "c1", gated: true, built: true, onRed: true }] })],
  ],
  "nothing is taken off a branch": [
    ["the target goes back", withGit({ moves: [{ branch: "main", from: "c2", to: "c1" }] })],
    ["what waits is removed", withGit({ moves: [{ branch: "nightcrew/main", from: "c2", to: null }] })],
    ["the target is removed", withGit({ moves: [{ branch: "main", from: "c1", to: null }] })],
  ],
  "no task lands twice, and completed work is there": [
    ["a change landed twice", withGit({ landings: () => [heard("a"), { ...heard("a"), unheard: true }] })],
    ["a task landed twice", withGit({ landings: () => [heard("a"), heard("a", 2)] })],
    ["what landed is gone", withGit({ accountedFor: () => false })],
  ],
  "no effect is lost, and none is left over": [
    ["nobody was asked to start an attempt", but({ effects: [] })],
    ["nobody was asked for the gate", but({ queues: [queueOf(trialOf("x", "gating"))] })],
    ["an attempt is asked for twice", but({ effects: [...well.effects, ...well.effects] })],
    ["a landing is asked for, and nothing is landing", but({ effects: [...well.effects, landEffect] })],
  ],
  "no work waits in vain": [
    ["a worker is free", but({ tasks: [task("b", queued)], attempts: [] })],
    ["a run at rest is not wrapped up", but({ tasks: [task("a", completed)], attempts: [] })],
  ],
  "a finished run is over, and its report says so": [
    ["a task is running", but({ runs: [finished] })],
    ["a change is on its way", atRest({ changes: [change("x", offered)], reports: new Map([[run.id, 1]]) })],
    ["there is no report", atRest({})],
    ["the report counts wrong", atRest({ reports: new Map([[run.id, 2]]) })],
  ],
  "what a person said is kept, once": [
    ["it is there twice", saying({ id: "m1" }, { id: "m1" })],
    ["it was said in a time to come", saying({ after: 2 })],
    ["it was taken up by one who cannot be told", saying({ after: 1, takenUp: true })],
  ],
  "an issue is closed only by what landed for it": [
    ["its task is still worked on", but({ issues: [closedFor("b", null)] })],
    [
      "what closed it did not land",
      but({ issues: [closedFor("a", "c9")], git: { ...git, accountedFor: () => false } }),
    ],
  ],
  "after the end of a run its issues are closed or given back": [
    ["a task that failed has it still", atRest({ tasks: [withIssue(failed)], issues: [heldBy("a")] })],
    ["what landed closed nothing", atRest({ tasks: [withIssue(completed)] })],
  ],
  "a run knows what is being told of its issues": [["it waits for nothing", but({ runs: [{ ...run, telling: 1 }] })]],
  "what was spent adds up": [
    ["a run says it spent what no attempt did", but({ runs: [{ ...run, spentUsd: 1 }] })],
    [
      "a run is charged more than its gates cost",
      but({
        runs: [{ ...run, spentUsd: 1, verifying: { reported: 1, priced: 0, estimate: 0, undeclared: 0 } }],
        verified: new Map([[run.id, 0.5]]),
      }),
    ],
    ["a task says nothing of what its attempt spent", but({ runs: [{ ...run, spentUsd: 2 }], attempts: spending(2) })],
  ],
  "no spend goes beyond a cap by more than one report": [
    [
      "an attempt goes on though its cap is reached",
      but({
        runs: [capped],
        attempts: spending(2),
        tasks: tasksBut({ ...task("b", working, needing("b", "a")), spentUsd: 2 }),
      }),
    ],
  ],
  "projections are what the rows give": [
    ["a status", { ...well, projections: { ...well.projections, tasks: columnsWith({ status: "running" }) } }],
    ["a rank", { ...well, projections: { ...well.projections, tasks: columnsWith({ rank: 0 }) } }],
    ["a count", { ...well, projections: { ...well.projections, statusCounts: [] } }],
    ["a slot", { ...well, projections: { ...well.projections, attempts: [{ id: id("b"), live: 0 }] } }],
    ["a place", { ...well, projections: { ...well.projections, changes: [{ id: id("a"), place: "queue" }] } }],
    ["a run", { ...well, projections: { ...well.projections, runs: [{ id: run.id, status: "finished" }] } }],
  ],
};

function closedFor(task: string, commit: string | null): SimulatedIssue {
  return { ...heldBy(task), status: "closed", holder: null, closedFor: { run: run.id, task, commit } };
}

function heldBy(task: string): SimulatedIssue {
  const holder = `${run.id}/${task}`;
  return { id: "i", status: "in_progress", holder, closedFor: null, givenBack: 0, leftBy: null };
}

function withIssue(state: TaskState): TaskRow {
  const row = task("a", state);
  const planned = { ...row.planned, issue: { tracker: "seeds", place: "/s", id: "i", url: null } } as const;
  return { ...row, planned, issue: { status: "claimed", tellings: 0, telling: null, problem: null } };
}

function columnsWith(patch: Partial<Facts["projections"]["tasks"][number]>): Facts["projections"]["tasks"] {
  return well.projections.tasks.map((columns) => ({ ...columns, ...patch }));
}

function saying(...said: readonly Partial<TaskMessage>[]): Facts {
  const messages = said.map((own, at) => ({ id: `m${at}`, at, text: "Go on.", after: 0, takenUp: false, ...own }));
  return but({ tasks: tasksBut({ ...task("b", working, needing("b", "a")), messages }) });
}

function withGit(patch: Partial<GitFacts>): Facts {
  return but({ git: { ...git, ...patch } });
}

function landingOf(state: ChangeState): Facts {
  const tasks = tasksBut(task("b", { status: "running", stage: "landing" }, needing("b", "a")));
  return but({
    tasks,
    changes: [change("a", landed), change("b", state)],
    attempts: [attempt("a", "stopped"), attempt("b", "stopped")],
  });
}

function twoAgents(): Facts {
  const attempts = [...well.attempts, attempt("b", "working", 2)];
  return but({ attempts, jobs: [job, { ...job, id: id("b", 2), slot: "agent-2" }] });
}

function atRest(patch: Partial<Omit<Facts, "projections">>): Facts {
  return but({
    runs: [finished],
    tasks: [task("a", completed)],
    attempts: [attempt("a", "stopped")],
    effects: [],
    ...patch,
  });
}

describe("the invariants", () => {
  it("hold where all is well", () => {
    expect(violated(well)).toBeNull();
  });

  it("are each shown to be able to fail", () => {
    expect(Object.keys(wrong)).toEqual(Object.keys(invariants));
  });

  const cases = Object.entries(wrong).flatMap(([name, all]) => all.map(([why, facts]) => [name, why, facts] as const));
  it.each(cases)("%s: not when %s", (name, _why, facts) => {
    expect(invariants[name]?.(facts)).toEqual(expect.any(String));
  });
});
