import { afterEach, describe, expect, it } from "vitest";
import { openDatabase } from "../adapters/store/open-database.ts";
import { SqliteStore } from "../adapters/store/sqlite-store.ts";
import { bareResult, frozenSlotMs, type AttemptResult } from "../domain/attempt-state.ts";
import type { Answer, RunCommand, TaskCommand } from "../domain/control.ts";
import type { Foreseen } from "../domain/foreseen.ts";
import type { PlannedTask } from "../domain/plan.ts";
import type { TaskRow, WorkerLimits } from "../domain/rows.ts";
import { attemptId, makeRunId, type RunId, type RunRow, type RunSettings } from "../domain/run.ts";
import { newTask } from "../domain/new-task.ts";
import { anAgent, aRun, aTask, someSettings } from "../../test/rig/rows.ts";
import { Engine } from "./loop.ts";
import type { Ports } from "./ports.ts";

type Outcome = "done" | "fails" | "fails-after-thaw" | "stopped";

function resultOf(outcome: Outcome, id: string): AttemptResult {
  const about = { ...bareResult({ kind: "stopped" }), sinceThawMs: outcome === "fails-after-thaw" ? 10 : null };
  const counts = { filesCreated: 1, filesChanged: 0, filesDeleted: 0, insertions: 1, deletions: 0 };
  const work = { base: "b", tip: `tip ${id}`, branch: "x", agentCommits: 0, ...counts, paths: [], notes: [] };
  if (outcome === "done") return { ...about, outcome: { kind: "done" }, work };
  if (outcome === "stopped") return { ...about, outcome: { kind: "stopped" }, work: null };
  const failure = { reason: "agent-exit", code: 1, signal: null, log: "" } as const;
  return { ...about, outcome: { kind: "failed", failure }, work: null };
}

/** The real engine and store; agents end when the test says so, and every landing succeeds. */
class Stage {
  time = 1_000;
  readonly running = new Map<string, (outcome: Outcome) => void>();
  /** What runners were told, in order. */
  readonly told: string[] = [];
  readonly landed: string[] = [];
  readonly store: SqliteStore;
  engine: Engine;
  private readonly limits: WorkerLimits;
  private readonly waits: { until: number; resolve: (reached: boolean) => void }[] = [];

  private constructor(store: SqliteStore, limits: WorkerLimits) {
    this.store = store;
    this.limits = limits;
    this.engine = this.born();
  }

  static async set(limits: Partial<WorkerLimits> = {}): Promise<Stage> {
    const stage = new Stage(new SqliteStore(await openDatabase(":memory:")), {
      total: 100,
      perRepository: 100,
      ...limits,
    });
    stages.push(stage);
    return stage;
  }

  born(): Engine {
    return new Engine(this.ports(), this.limits, (error) => {
      throw error;
    });
  }

  /** Agents on stage, by run's last letter and task: `a/t0-1`. */
  get names(): string[] {
    return [...this.running.keys()].sort();
  }

  async end(name: string, outcome: Outcome): Promise<void> {
    const end = this.running.get(name);
    if (end === undefined) throw new Error(`${name} is not running, but ${this.names.join(", ")}`);
    this.running.delete(name);
    end(outcome);
    await settled();
  }

  async pass(ms: number): Promise<void> {
    this.time += ms;
    for (const wait of this.waits.splice(0)) {
      if (wait.until <= this.time) wait.resolve(true);
      else this.waits.push(wait);
    }
    await settled();
  }

  async submit(run: RunRow, tasks: TaskRow[]): Promise<void> {
    await this.engine.submit({ type: "run.submit", run, tasks });
    await settled();
  }

  async task(run: RunRow, task: string, command: TaskCommand): Promise<Answer> {
    const answer = await this.engine.submit({ type: "task.control", run: run.id, task, command });
    await settled();
    return answer;
  }

  async run(run: RunRow, command: RunCommand): Promise<Answer> {
    const answer = await this.engine.submit({ type: "run.control", run: run.id, command });
    await settled();
    return answer;
  }

  state(run: RunRow, task: string): TaskRow["state"] | undefined {
    return this.store.task(run.id, task)?.state;
  }

  private tip = "0";

  private ports(): Ports {
    return {
      store: this.store,
      clock: {
        now: () => this.time,
        wait: (until) => new Promise((resolve) => this.waits.push({ until, resolve })),
        close: () => undefined,
      },
      attempts: {
        start: ({ run, task, attempt }, observer) => {
          observer.working();
          observer.session(`session of ${task.id}`);
          if (attempt.resumes !== null)
            this.told.push(`resume ${attempt.resumes.session} in ${nameOf(run.id, attempt)}`);
          return new Promise((resolve) =>
            this.running.set(nameOf(run.id, attempt), (outcome) => resolve(resultOf(outcome, attempt.id))),
          );
        },
        stop: async (run, attempt) => void this.told.push(`stop ${nameOf(run.id, attempt)}`),
        tell: async (run, attempt, { text }) => void this.told.push(`say ${text} to ${nameOf(run.id, attempt)}`),
        setFrozen: async (run, attempt, frozen) =>
          this.told.push(`${frozen ? "freeze" : "thaw"} ${nameOf(run.id, attempt)}`) > 0,
        finish: async (run, attempt) => resultOf("stopped", nameOf(run.id, attempt)),
      },
      checks: { start: async () => ({ results: [], tree: null }), stop: async () => undefined },
      repository: {
        build: async ({ parts }) => {
          const links = parts.map(({ change }) => ({
            change: change.id,
            commit: `c ${change.id}`,
            tick: "ticked" as const,
          }));
          const commit = links.map((link) => link.commit).join(" + ");
          const on = { target: this.tip, waiting: null, tip: this.tip };
          return { kind: "built", candidate: { commit, tree: `tree of ${commit}`, on, links }, left: [] };
        },
        keepMerge: async () => ({ kind: "none", detail: "nobody asks for it here" }),
        buildPromotion: async () => ({ kind: "impossible", detail: "nobody asks for it here" }),
        buildRevert: async () => ({ kind: "impossible", detail: "nobody asks for it here" }),
        follow: async () => ({ kind: "even" }),
        land: async (_run, { commit, links }) => {
          this.tip = commit;
          this.landed.push(...links.map((link) => link.commit));
          return { kind: "landed", place: { on: "target" } };
        },
        deliver: async () => null,
      },
      sources: { tickInPlace: async () => ({ ticked: true, problem: null }) },
      reports: { write: async () => null },
      alerts: { send: async () => ({ kind: "none" }) },
      trackers: { claim: async () => ({ kind: "claimed" }), tell: async () => ({ kind: "told", now: "closed" }) },
    };
  }
}

function nameOf(run: RunId, { task, number }: { readonly task: string; readonly number: number }): string {
  return `${run.slice(-1)}/${task}-${number}`;
}

/** All promises of the fake ports are resolved ones, so a few turns are enough for whatever follows from an input. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

const stages: Stage[] = [];
afterEach(() => {
  for (const stage of stages.splice(0)) stage.store.close();
});

function runOf(letter: string, workers: number, repository = "/r"): RunRow {
  const settings = someSettings({ workers, maxAttempts: 2 });
  return aRun({ id: makeRunId(0, `0000000${letter}`), repository, checkout: repository, settings });
}

type Sketch = Partial<Pick<PlannedTask, "dependsOn" | "priority"> & Pick<TaskRow, "shares">>;

function tasksOf(run: RunRow, sketches: readonly Sketch[]): TaskRow[] {
  return sketches.map(({ dependsOn = [], priority = "medium", shares }, order) => {
    const id = `t${order}`;
    return newTask(run.id, aTask({ id, title: id, priority, dependsOn }), order, shares);
  });
}

async function started(workers: number, sketches: readonly Sketch[]): Promise<{ stage: Stage; run: RunRow }> {
  const stage = await Stage.set();
  const run = runOf("a", workers);
  await stage.submit(run, tasksOf(run, sketches));
  return { stage, run };
}

const done = { kind: "done" };
const unchanged = { kind: "unchanged" };

describe("pausing a task", () => {
  it("freezes its agent, keeps its slot for five minutes, and lets it go on where it was", async () => {
    const { stage, run } = await started(1, [{}, {}]);
    expect(await stage.task(run, "t0", { type: "pause" })).toEqual(done);
    expect(await stage.task(run, "t0", { type: "pause" })).toEqual(unchanged);
    expect([stage.told, stage.names]).toEqual([["freeze a/t0-1"], ["a/t0-1"]]);
    await stage.pass(frozenSlotMs);
    expect(stage.names).toEqual(["a/t0-1", "a/t1-1"]);
    expect(await stage.task(run, "t0", { type: "resume" })).toEqual(done);
    expect(stage.told).toEqual(["freeze a/t0-1", "thaw a/t0-1"]);
    expect(stage.state(run, "t0")).toEqual({ status: "running", stage: "working" });
    await stage.end("a/t0-1", "done");
    expect(stage.landed).toEqual([`c ${run.id}/t0-1`]);
  });

  it("ends an agent that can be resumed once its slot is gone, and goes on with its session", async () => {
    const stage = await Stage.set();
    const resuming = someSettings({ workers: 1, maxAttempts: 2, agents: [anAgent({ resumes: true })] });
    const run = aRun({ id: makeRunId(0, "0000000a"), settings: resuming });
    await stage.submit(run, tasksOf(run, [{}, {}]));
    await stage.task(run, "t0", { type: "pause" });
    await stage.pass(frozenSlotMs);
    expect([stage.told.at(-1), stage.names]).toEqual(["stop a/t0-1", ["a/t0-1", "a/t1-1"]]);
    await stage.end("a/t0-1", "stopped");
    expect(stage.state(run, "t0")).toEqual({ status: "paused", was: { status: "queued", notBefore: null } });
    await stage.end("a/t1-1", "done");
    expect(await stage.task(run, "t0", { type: "resume" })).toEqual(done);
    expect([stage.told.at(-1), stage.names]).toEqual(["resume session of t0 in a/t0-2", ["a/t0-2"]]);
    expect(stage.store.task(run.id, "t0")?.failures).toEqual([]);
  });

  it("keeps one that has not started from starting", async () => {
    const { stage, run } = await started(1, [{}, {}]);
    await stage.task(run, "t1", { type: "pause" });
    await stage.end("a/t0-1", "done");
    expect(stage.names).toEqual([]);
    expect(stage.store.run(run.id)?.state.status).toBe("active");
    await stage.task(run, "t1", { type: "resume" });
    expect(stage.names).toEqual(["a/t1-1"]);
  });

  it("stays on while what it needs lands, and while its attempt is lost", async () => {
    const { stage, run } = await started(2, [{}, { dependsOn: ["t0"] }, {}]);
    await stage.task(run, "t1", { type: "pause" });
    await stage.task(run, "t2", { type: "pause" });
    await stage.end("a/t0-1", "done");
    await stage.end("a/t2-1", "fails");
    expect(stage.names).toEqual([]);
    for (const task of ["t1", "t2"]) expect(stage.state(run, task)?.status).toBe("paused");
    for (const task of ["t1", "t2"]) await stage.task(run, task, { type: "resume" });
    expect(stage.names).toEqual(["a/t1-1", "a/t2-2"]);
  });

  it("is refused when there is nothing to pause any more, with the reason", async () => {
    const { stage, run } = await started(1, [{}]);
    await stage.end("a/t0-1", "done");
    const refusal = { reason: "task-over", status: "completed" };
    for (const type of ["pause", "resume", "cancel", "retry"] as const)
      expect(await stage.task(run, "t0", { type })).toEqual({ kind: "refused", refusal });
  });

  it("does not count a failure that a freeze brought about", async () => {
    const { stage, run } = await started(1, [{}]);
    for (const number of [1, 2, 3]) {
      await stage.end(`a/t0-${number}`, "fails-after-thaw");
      await stage.pass(60_000);
    }
    expect(stage.store.task(run.id, "t0")?.failures.map(({ counts }) => counts)).toEqual([false, false, false]);
    await stage.end("a/t0-4", "done");
    expect(stage.state(run, "t0")?.status).toBe("completed");
  });

  it("holds over a restart", async () => {
    const { stage, run } = await started(1, [{}]);
    await stage.task(run, "t0", { type: "pause" });
    stage.running.clear();
    stage.engine = stage.born();
    stage.engine.recover();
    await settled();
    expect(stage.state(run, "t0")?.status).toBe("paused");
    await stage.task(run, "t0", { type: "resume" });
    await stage.end("a/t0-1", "done");
    expect(stage.state(run, "t0")?.status).toBe("completed");
  });
});

describe("cancelling and retrying a task", () => {
  it("stops the agent, blocks what needs it, and takes both back", async () => {
    const { stage, run } = await started(1, [{}, { dependsOn: ["t0"] }]);
    expect(await stage.task(run, "t0", { type: "cancel" })).toEqual(done);
    expect(stage.told).toEqual(["stop a/t0-1"]);
    const by = { reason: "dependency-failed", task: "t0", because: "cancelled" };
    const told = stage.store.events(run.id, 0, 100).filter(({ body }) => body.type === "task.blocked");
    expect(told.map(({ task, body }) => [task, body])).toEqual([["t1", { type: "task.blocked", by }]]);
    expect(await stage.task(run, "t1", { type: "retry" })).toMatchObject({ refusal: { reason: "needs-other" } });
    expect(await stage.task(run, "t0", { type: "retry" })).toMatchObject({ refusal: { reason: "still-stopping" } });
    await stage.end("a/t0-1", "stopped");
    expect(stage.store.run(run.id)?.state.status).toBe("finished");
    expect(await stage.task(run, "t0", { type: "retry" })).toEqual(done);
    expect(stage.names).toEqual(["a/t0-2"]);
    await stage.end("a/t0-2", "done");
    await stage.end("a/t1-1", "done");
    expect(stage.store.run(run.id)?.state.status).toBe("finished");
    expect(stage.landed).toHaveLength(2);
  });

  it("gives a failed task its attempts anew", async () => {
    const { stage, run } = await started(1, [{}]);
    await stage.end("a/t0-1", "fails");
    await stage.end("a/t0-2", "fails");
    expect(stage.state(run, "t0")?.status).toBe("failed");
    expect(await stage.run(run, { type: "retry" })).toEqual(done);
    await stage.end("a/t0-3", "fails");
    await stage.end("a/t0-4", "done");
    expect(stage.state(run, "t0")?.status).toBe("completed");
  });
});

describe("priorities", () => {
  it("are obeyed at once", async () => {
    const { stage, run } = await started(1, [{}, {}, {}]);
    expect(await stage.task(run, "t2", { type: "prioritize", priority: "critical" })).toEqual(done);
    await stage.end("a/t0-1", "done");
    expect(stage.names).toEqual(["a/t2-1"]);
  });

  it("are obeyed across runs that share the machine", async () => {
    const stage = await Stage.set({ total: 1 });
    const [first, second] = [runOf("a", 4), runOf("b", 4, "/other")];
    await stage.submit(first, tasksOf(first, [{}, {}]));
    await stage.submit(second, tasksOf(second, [{}, { priority: "low" }]));
    await stage.run(second, { type: "prioritize", priority: "high" });
    await stage.end("a/t0-1", "done");
    expect(stage.names).toEqual(["b/t0-1"]);
  });
});

describe("several runs", () => {
  it("share the machine's workers fairly, and what one leaves is the other's", async () => {
    const stage = await Stage.set({ total: 4 });
    const [first, second] = [runOf("a", 4), runOf("b", 4, "/other")];
    await stage.submit(first, tasksOf(first, [{}, {}, {}, {}, {}, {}]));
    expect(stage.names).toHaveLength(4);
    await stage.submit(second, tasksOf(second, [{}, {}, {}]));
    await stage.end("a/t0-1", "done");
    await stage.end("a/t1-1", "done");
    expect(stage.names).toEqual(["a/t2-1", "a/t3-1", "b/t0-1", "b/t1-1"]);
    for (const name of ["b/t0-1", "b/t1-1"]) await stage.end(name, "done");
    await stage.end("b/t2-1", "done");
    expect(stage.names).toEqual(["a/t2-1", "a/t3-1", "a/t4-1", "a/t5-1"]);
  });

  it("keep within the share of a repository", async () => {
    const stage = await Stage.set({ perRepository: 2 });
    const [first, second, other] = [runOf("a", 4), runOf("b", 4), runOf("c", 4, "/other")];
    for (const run of [first, second, other]) await stage.submit(run, tasksOf(run, [{}, {}]));
    expect(stage.names).toEqual(["a/t0-1", "a/t1-1", "c/t0-1", "c/t1-1"]);
    await stage.end("a/t0-1", "done");
    expect(stage.names).toContain("b/t0-1");
  });
});

describe("a run", () => {
  it("is frozen by a pause, stopped by an interrupt, and goes on after both", async () => {
    const { stage, run } = await started(2, [{}, {}, {}]);
    expect(await stage.run(run, { type: "pause" })).toEqual(done);
    expect(await stage.run(run, { type: "pause" })).toEqual(unchanged);
    expect(stage.told).toEqual(["freeze a/t0-1", "freeze a/t1-1"]);
    await stage.end("a/t0-1", "done");
    expect([stage.landed, stage.names]).toEqual([[], ["a/t1-1"]]);
    await stage.run(run, { type: "interrupt" });
    expect(stage.told.at(-1)).toBe("stop a/t1-1");
    await stage.end("a/t1-1", "stopped");
    expect(await stage.run(run, { type: "resume" })).toEqual(done);
    expect(stage.names).toEqual(["a/t1-2", "a/t2-1"]);
    expect(stage.landed).toHaveLength(1);
  });

  it("keeps a task paused that was paused by itself", async () => {
    const { stage, run } = await started(2, [{}, {}]);
    await stage.task(run, "t0", { type: "pause" });
    await stage.run(run, { type: "pause" });
    await stage.run(run, { type: "resume" });
    expect(stage.told).toEqual(["freeze a/t0-1", "freeze a/t1-1", "thaw a/t1-1"]);
  });
});

describe("editing a task", () => {
  it("changes what waits, and refuses what cannot be, with the reason", async () => {
    const { stage, run } = await started(1, [{}, {}, { dependsOn: ["t1"] }]);
    const edit = (task: string, change: Parameters<typeof editOf>[0]) => stage.task(run, task, editOf(change));
    expect(await edit("t0", { title: "x" })).toMatchObject({ refusal: { reason: "begun" } });
    expect(await edit("t1", { dependsOn: ["t2"] })).toMatchObject({ refusal: { reason: "cycle" } });
    expect(await edit("t1", { dependsOn: ["t9"] })).toMatchObject({ refusal: { reason: "unknown-need", need: "t9" } });
    expect(await edit("t1", { agent: "b" })).toMatchObject({ refusal: { reason: "unknown-agent", known: ["a"] } });
    expect(await edit("t2", { dependsOn: [], title: "Now" })).toEqual(done);
    expect(await edit("t2", { dependsOn: [], title: "Now" })).toEqual(unchanged);
    expect(await edit("t1", { dependsOn: ["t2"] })).toEqual(done);
    await stage.end("a/t0-1", "done");
    expect(stage.names).toEqual(["a/t2-1"]);
    await stage.end("a/t2-1", "done");
    expect(stage.names).toEqual(["a/t1-1"]);
    expect(stage.store.task(run.id, "t2")?.planned.title).toBe("Now");
  });

  function editOf(edit: Extract<TaskCommand, { type: "edit" }>["edit"]): TaskCommand {
    return { type: "edit", edit };
  }
});

describe("a conflict that is foreseen", () => {
  const foreseen = { paths: ["a.txt"], tip: "tip", since: "landing" };
  const seen = async (stage: Stage, run: RunRow, number: number, what: Foreseen | null = foreseen): Promise<void> => {
    const attempt = attemptId(run.id, "t0", number);
    await stage.engine.submit({ type: "attempt.foreseen", run: run.id, task: "t0", attempt, foreseen: what });
    await settled();
  };
  const eventsOf = (stage: Stage, run: RunRow): unknown[] =>
    stage.store.events(run.id, 0, 100).flatMap(({ body }) => (body.type === "attempt.foreseen" ? [body.foreseen] : []));

  const conversing = async (more: Partial<RunSettings>): Promise<{ stage: Stage; run: RunRow }> => {
    const stage = await Stage.set();
    const settings = someSettings({ agents: [anAgent({ resumes: true, converses: true })], ...more });
    const run = aRun({ id: makeRunId(0, "0000000a"), settings });
    await stage.submit(run, tasksOf(run, [{}]));
    return { stage, run };
  };

  it("is told once, to people and the agent; that it is gone to people", async () => {
    const { stage, run } = await conversing({});
    await seen(stage, run, 1, null);
    await seen(stage, run, 1);
    await seen(stage, run, 1, { ...foreseen, tip: "another" });
    await seen(stage, run, 1, null);
    expect(eventsOf(stage, run)).toEqual([foreseen, null]);
    expect(stage.told.map((words) => words.replace(/While .* to/s, "… to"))).toEqual(["say … to a/t0-1"]);
    await stage.end("a/t0-1", "done");
    expect(stage.landed).toHaveLength(1);
  });

  it("of an agent that is frozen, or has ended, is nobody's matter", async () => {
    const { stage, run } = await started(1, [{}]);
    await stage.task(run, "t0", { type: "pause" });
    await seen(stage, run, 1);
    await stage.task(run, "t0", { type: "resume" });
    await stage.end("a/t0-1", "fails");
    await seen(stage, run, 1);
    expect(eventsOf(stage, run)).toEqual([]);
  });

  it("stops the attempt where that is wanted, twice for a task, and without a session to go on with", async () => {
    const { stage, run } = await conversing({ maxAttempts: 1, predict: "stop" });
    for (const number of [1, 2]) {
      await seen(stage, run, number);
      expect(stage.told.at(-1)).toBe(`stop a/t0-${number}`);
      await stage.end(`a/t0-${number}`, "stopped");
    }
    await seen(stage, run, 3);
    const told = stage.told.map((words) => words.replace(/While .* to/s, "… to"));
    expect([told, stage.names]).toEqual([["stop a/t0-1", "stop a/t0-2", "say … to a/t0-3"], ["a/t0-3"]]);
    expect(stage.store.task(run.id, "t0")?.failures.map(({ counts }) => counts)).toEqual([false, false]);
    await stage.end("a/t0-3", "done");
    expect(stage.state(run, "t0")?.status).toBe("completed");
  });

  it("does not hold back an agent that has finished before it could be stopped", async () => {
    const stage = await Stage.set();
    const run = aRun({ id: makeRunId(0, "0000000a"), settings: someSettings({ predict: "stop" }) });
    await stage.submit(run, tasksOf(run, [{}]));
    await seen(stage, run, 1);
    await stage.end("a/t0-1", "done");
    expect(stage.state(run, "t0")?.status).toBe("completed");
  });
});

describe("tasks that collide", () => {
  it("are worked on one after the other, and others beside them", async () => {
    const { stage } = await started(3, [{ shares: [1] }, { shares: [1] }, { shares: [-1] }, { shares: [2] }, {}]);
    expect(stage.names).toEqual(["a/t0-1", "a/t3-1", "a/t4-1"]);
    await stage.end("a/t3-1", "done");
    expect(stage.names).toEqual(["a/t0-1", "a/t4-1"]);
    await stage.end("a/t0-1", "done");
    expect(stage.names).toEqual(["a/t1-1", "a/t4-1"]);
    await stage.end("a/t1-1", "done");
    expect(stage.names).toEqual(["a/t2-1", "a/t4-1"]);
  });

  it("are so by what both share alone: those that only share it with a third one run at once", async () => {
    const { stage } = await started(3, [{ shares: [-1] }, { shares: [-1] }, { shares: [1] }]);
    expect(stage.names).toEqual(["a/t0-1", "a/t1-1"]);
    await stage.end("a/t0-1", "done");
    expect(stage.names).toEqual(["a/t1-1"]);
    await stage.end("a/t1-1", "done");
    expect(stage.names).toEqual(["a/t2-1"]);
  });

  it("leave their workers to those behind them, however many of them there are", async () => {
    const many = Array.from({ length: 20 }, () => ({ shares: [1] }));
    const { stage } = await started(2, [...many, {}, {}]);
    expect(stage.names).toEqual(["a/t0-1", "a/t20-1"]);
    await stage.end("a/t20-1", "done");
    expect(stage.names).toEqual(["a/t0-1", "a/t21-1"]);
    await stage.end("a/t0-1", "done");
    expect(stage.names).toEqual(["a/t1-1", "a/t21-1"]);
  });

  it("also where all that was looked at collided: two free workers find two that do not", async () => {
    const stage = await Stage.set();
    const run = { ...runOf("a", 2), state: { status: "paused" } as const };
    await stage.submit(run, tasksOf(run, [{ shares: [1] }, { shares: [1] }, { shares: [1] }, {}]));
    await stage.run(run, { type: "resume" });
    expect(stage.names).toEqual(["a/t0-1", "a/t3-1"]);
  });

  it("keep the first of them waiting for no longer than what was at work before it", async () => {
    const { stage } = await started(2, [{ shares: [1] }, { shares: [1, 2] }, { shares: [2] }, { shares: [3] }]);
    expect(stage.names).toEqual(["a/t0-1", "a/t3-1"]);
    await stage.end("a/t3-1", "done");
    // What keeps t1 waiting is t0 alone: t2 would make it wait for longer.
    expect(stage.names).toEqual(["a/t0-1"]);
    await stage.end("a/t0-1", "done");
    expect(stage.names).toEqual(["a/t1-1"]);
    await stage.end("a/t1-1", "done");
    expect(stage.names).toEqual(["a/t2-1"]);
  });

  it("keep nobody waiting for what was the first of them, and is not so urgent any more", async () => {
    const { stage, run } = await started(2, [{ shares: [1] }, { shares: [1, 2] }, { shares: [2] }]);
    expect(stage.names).toEqual(["a/t0-1"]);
    await stage.task(run, "t1", { type: "prioritize", priority: "low" });
    expect(stage.names).toEqual(["a/t0-1", "a/t2-1"]);
  });

  it("keep nobody waiting for the first of them once that is paused", async () => {
    const { stage, run } = await started(2, [{ shares: [1] }, { shares: [1, 2] }, { shares: [2] }]);
    expect(stage.names).toEqual(["a/t0-1"]);
    await stage.task(run, "t1", { type: "pause" });
    expect(stage.names).toEqual(["a/t0-1", "a/t2-1"]);
  });

  it("let the next one begin when one of them fails, is cancelled or done again", async () => {
    const { stage, run } = await started(2, [{ shares: [1] }, { shares: [1] }, { shares: [1] }]);
    await stage.task(run, "t0", { type: "cancel" });
    expect(stage.names).toEqual(["a/t0-1", "a/t1-1"]);
    await stage.end("a/t1-1", "fails");
    await stage.end("a/t0-1", "stopped");
    expect(stage.store.wayOf(run.id, stage.time).inWay).toHaveLength(1);
    expect(stage.names).toHaveLength(1);
  });

  it("of a run give its turn to others: runs do not wait for what nobody may start", async () => {
    const stage = await Stage.set({ total: 2 });
    const [a, b] = [runOf("a", 2), runOf("b", 2)];
    await stage.submit(a, tasksOf(a, [{ shares: [1] }, { shares: [1], priority: "critical" }, { priority: "low" }]));
    expect(stage.names).toEqual(["a/t1-1", "a/t2-1"]);
    await stage.submit(b, tasksOf(b, [{}, {}]));
    await stage.end("a/t2-1", "done");
    expect(stage.names).toEqual(["a/t1-1", "b/t0-1"]);
    // Until it has landed, what collides with it has to wait: the free worker is the other run's.
    await stage.end("a/t1-1", "done");
    expect(stage.names).toEqual(["b/t0-1", "b/t1-1"]);
    await stage.end("b/t0-1", "done");
    expect(stage.names).toEqual(["a/t0-1", "b/t1-1"]);
  });
});
