import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openDatabase } from "../adapters/store/open-database.ts";
import { SqliteStore } from "../adapters/store/sqlite-store.ts";
import { noUsage, type AttemptResult } from "../domain/attempt-state.ts";
import type { Event } from "../domain/event.ts";
import type { CandidateOutcome, LandingOutcome } from "../domain/input.ts";
import type { PlannedTask } from "../domain/plan.ts";
import type { Report } from "../domain/report.ts";
import type { TaskRow } from "../domain/rows.ts";
import { makeRunId, type RunRow } from "../domain/run.ts";
import type { CheckResult } from "../domain/verdict.ts";
import { Engine } from "./loop.ts";
import type { Ports, Store } from "./ports.ts";

/** The real engine over a real store; agents, gate and git follow a script of outcomes, each used once, then all is well. */
interface Script {
  readonly agents: ("done" | "nothing" | "fails" | "lost")[];
  readonly builds: ("clean" | "conflict")[];
  readonly gates: ("pass" | "fail" | "blocked" | "red-base")[];
  readonly landings: ("landed" | "moved" | "refused")[];
}

const check = { name: "tests", run: "t", kind: "command", timeoutMs: 1 } as const;

class World {
  readonly started: string[] = [];
  readonly landed: string[] = [];
  readonly gated = new Set<string>();
  report: Report | null = null;
  running = 0;
  mostRunning = 0;
  /** The process that lives now; what an earlier one still does reaches nobody. */
  life = 0;
  private tip = 0;
  private time = 1_000;
  private readonly script: Script;

  constructor(script: Script) {
    this.script = structuredClone<Script>(script);
  }

  ports(real: Store): Ports {
    const life = ++this.life;
    this.running = 0;
    const store = mortal(real, () => this.life === life);
    const alive = async <T>(work: () => T): Promise<T> => {
      await Promise.resolve();
      return this.life === life ? work() : new Promise<T>(() => undefined);
    };
    return {
      clock: {
        now: () => this.time,
        // A timer may fire early: half of the way, then the rest.
        wait: (until) =>
          alive(() => {
            this.time = Math.max(this.time, this.time + Math.ceil((until - this.time) / 2));
            return true;
          }),
        close: () => undefined,
      },
      store,
      attempts: {
        start: async ({ attempt, task }) => {
          if (this.life !== life) return new Promise(() => undefined);
          this.started.push(`${task.id}-${attempt.number}`);
          this.running++;
          this.mostRunning = Math.max(this.mostRunning, this.running);
          return alive(() => {
            this.running--;
            return this.attemptResult(attempt.id);
          });
        },
        stop: () => Promise.resolve(),
        setFrozen: () => Promise.resolve(),
        finish: () =>
          Promise.resolve({ outcome: { kind: "stopped" }, work: null, usage: noUsage, claim: null, sinceThawMs: null }),
      },
      checks: { start: ({ commit, id }) => alive(() => this.checkResults(commit, id)), stop: () => Promise.resolve() },
      repository: {
        build: ({ change }) => alive(() => this.build(change.id)),
        land: (_run, candidate) => alive(() => this.land(candidate.commit)),
        deliver: () => Promise.resolve(null),
      },
      sources: { tickInPlace: () => Promise.resolve({ ticked: true, problem: null }) },
      reports: {
        write: (report) => alive(() => void (this.report = report)),
      },
    };
  }

  private attemptResult(id: string): AttemptResult {
    const about = { usage: noUsage, claim: null, sinceThawMs: null };
    const work = {
      base: "b",
      tip: `tip ${id}`,
      branch: "x",
      agentCommits: 0,
      filesCreated: 1,
      filesChanged: 0,
      filesDeleted: 0,
      insertions: 1,
      deletions: 0,
      paths: [],
      notes: [],
    };
    switch (this.script.agents.shift() ?? "done") {
      case "done":
        return { ...about, outcome: { kind: "done" }, work };
      case "nothing":
        return { ...about, outcome: { kind: "nothing-changed" }, work: { ...work, tip: null } };
      case "fails":
        return {
          ...about,
          outcome: { kind: "failed", failure: { reason: "agent-exit", code: 1, signal: null, log: "" } },
          work,
        };
      case "lost":
        return { ...about, outcome: { kind: "lost", detail: "killed" }, work: null };
    }
  }

  private build(id: string): CandidateOutcome {
    const tip = `${this.tip}`;
    if ((this.script.builds.shift() ?? "clean") === "conflict") return { kind: "conflict", paths: ["a"], tip };
    return {
      kind: "clean",
      candidate: {
        commit: `${id} on ${tip}`,
        tree: `tree ${id} on ${tip}`,
        on: { target: tip, waiting: null, tip },
        tick: "ticked",
      },
    };
  }

  private checkResults(commit: string, id: string): CheckResult[] {
    const verdict = id.endsWith("-base")
      ? this.script.gates[0] === "red-base"
        ? "fail"
        : "pass"
      : (this.script.gates[0] ?? "pass");
    if (id.endsWith("-base") || verdict === "pass" || verdict === "blocked") this.script.gates.shift();
    if (verdict === "pass") this.gated.add(commit);
    const code = verdict === "pass" ? 0 : verdict === "blocked" ? 127 : 1;
    return [{ name: check.name, exit: { kind: "code", code }, durationMs: 1, tests: null, output: "" }];
  }

  private land(commit: string): LandingOutcome {
    if (this.landed.includes(commit)) return { kind: "landed", place: { on: "target" }, note: null };
    const wanted = this.script.landings.shift() ?? "landed";
    if (wanted === "refused") return { kind: "refused", detail: "no", tip: `${this.tip}` };
    const [, on] = commit.split(" on ");
    if (wanted === "moved" || on !== `${this.tip}`) {
      if (wanted === "moved") this.tip++;
      return { kind: "moved" };
    }
    this.tip++;
    this.landed.push(commit);
    return { kind: "landed", place: { on: "target" }, note: null };
  }
}

/** A store that a dead process cannot write to any more. */
function mortal(store: Store, isAlive: () => boolean): Store {
  return new Proxy(store, {
    get(target, name: keyof Store) {
      if (name === "transaction" && !isAlive()) throw new Error("dead");
      const value = target[name];
      return typeof value === "function" ? (value as () => unknown).bind(target) : value;
    },
  });
}

const plan = fc
  .array(
    fc.record({
      needs: fc.array(fc.nat({ max: 20 }), { maxLength: 3 }),
      priority: fc.constantFrom("critical", "medium", "low"),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((tasks) =>
    tasks.map(({ needs, priority }, index) => ({
      priority,
      dependsOn: index === 0 ? [] : [...new Set(needs.map((need) => `t${need % index}`))],
    })),
  );

const script: fc.Arbitrary<Script> = fc.record({
  agents: fc.array(fc.constantFrom("done", "nothing", "fails", "lost"), { maxLength: 25 }),
  builds: fc.array(fc.constantFrom("clean", "clean", "conflict"), { maxLength: 20 }),
  gates: fc.array(fc.constantFrom("pass", "pass", "fail", "blocked", "red-base"), { maxLength: 20 }),
  landings: fc.array(fc.constantFrom("landed", "landed", "moved", "refused"), { maxLength: 20 }),
});

function rows(tasks: readonly { priority: PlannedTask["priority"]; dependsOn: string[] }[], run: RunRow): TaskRow[] {
  return tasks.map(({ priority, dependsOn }, order) => ({
    run: run.id,
    id: `t${order}`,
    order,
    planned: {
      id: `t${order}`,
      title: `Task ${order}`,
      description: "",
      priority,
      phase: null,
      section: null,
      files: [],
      acceptance: [],
      subtasks: [],
      dependsOn,
      agent: null,
      box: null,
    },
    state:
      dependsOn.length === 0
        ? { status: "queued", notBefore: null }
        : { status: "blocked", by: { reason: "dependency" } },
    unmet: dependsOn.length,
    attempts: 0,
    failures: [],
    forgiven: 0,
    startedAt: null,
    endedAt: null,
  }));
}

function runRow(gated: boolean): RunRow {
  const agent = {
    name: "a",
    driver: "command",
    command: ["x"],
    env: [],
    limits: { firstOutputMs: 1, silenceMs: 1, totalMs: 1 },
  } as const;
  return {
    id: makeRunId(0, "00000000"),
    repository: "/r",
    checkout: "/r",
    target: "main",
    state: { status: "active" },
    settings: {
      workers: 3,
      maxAttempts: 3,
      sync: "landing",
      gate: gated ? { checks: [check] } : null,
      agents: [agent],
      defaultAgent: "a",
      sources: [],
    },
    createdAt: 0,
  };
}

/** Resolves when the run is finished; with true when the process died before, after so many events. */
function drive(engine: Engine, store: Store, run: RunRow, world: World, dieAfter: number): Promise<boolean> {
  let seen = 0;
  return new Promise((resolve, reject) => {
    const stuck = setTimeout(() => reject(new Error(`stuck: ${JSON.stringify(store.tasks(run.id))}`)), 5_000);
    const end = (died: boolean): void => {
      clearTimeout(stuck);
      unsubscribe();
      if (died) world.life++;
      resolve(died);
    };
    const unsubscribe = engine.subscribe((events) => {
      seen += events.length;
      if (store.run(run.id)?.state.status === "finished") end(false);
      else if (seen >= dieAfter) end(true);
    });
  });
}

async function play(
  tasks: TaskRow[],
  run: RunRow,
  world: World,
  crashes: readonly number[],
): Promise<{ store: Store; events: Event[] }> {
  const store = new SqliteStore(await openDatabase(":memory:"));
  const bugs: unknown[] = [];
  const born = (): Engine => {
    const ports = world.ports(store);
    const { life } = world;
    return new Engine(ports, { total: 100, perRepository: 100 }, (error) => {
      if (world.life === life) bugs.push(error);
    });
  };
  let engine = born();
  const first = drive(engine, store, run, world, crashes[0] ?? Infinity);
  await engine.submit({ type: "run.submit", run, tasks });
  let died = await first;
  for (const after of [...crashes.slice(1), Infinity]) {
    if (!died) break;
    engine = born();
    const next = drive(engine, store, run, world, after);
    engine.recover();
    died = await next;
  }
  expect(bugs).toEqual([]);
  return { store, events: store.events(run.id, 0, 10_000) };
}

function expectHonest(world: World, run: RunRow, { store, events }: { store: Store; events: Event[] }): void {
  const tasks = store.tasks(run.id);
  const completed = new Set(tasks.filter(({ state }) => state.status === "completed").map(({ id }) => id));
  // Every task has come to rest, and nothing is pending.
  expect(tasks.filter(({ state }) => ["queued", "running", "paused"].includes(state.status))).toEqual([]);
  expect(store.pendingEffects()).toEqual([]);
  expect(
    store.attempts(run.id).filter(({ state }) => state.status === "preparing" || state.status === "working"),
  ).toEqual([]);
  // Landed once each, and only what the gate passed; no more than what is told.
  expect(new Set(world.landed.map((commit) => commit.split("/")[1]?.split("-")[0]))).toEqual(completed);
  expect(world.landed).toHaveLength(completed.size);
  if (run.settings.gate !== null) for (const commit of world.landed) expect(world.gated.has(commit)).toBe(true);
  // Nothing began before what it needs had landed.
  const landedAt = new Map(
    events.filter(({ body }) => body.type === "task.completed").map(({ task, seq }) => [task, seq]),
  );
  for (const { task, body, seq } of events) {
    if (body.type !== "attempt.started") continue;
    for (const need of tasks.find(({ id }) => id === task)?.planned.dependsOn ?? [])
      expect(landedAt.get(need) ?? Infinity).toBeLessThan(seq);
  }
  for (const task of tasks) {
    expect(task.failures.filter(({ counts }) => counts).length).toBeLessThanOrEqual(3);
    if (task.state.status === "blocked")
      expect(task.state.by.reason === "held" || task.planned.dependsOn.some((need) => !completed.has(need))).toBe(true);
    // The projection is what a recomputation gives.
    expect(task.unmet).toBe(task.planned.dependsOn.filter((need) => !completed.has(need)).length);
  }
  expect(world.mostRunning).toBeLessThanOrEqual(3);
  expect(world.report?.totals.completed).toBe(completed.size);
}

describe("the loop", () => {
  it("brings every plan to an honest end, whatever agents, gate and git do", async () => {
    await fc.assert(
      fc.asyncProperty(plan, script, fc.boolean(), async (tasks, outcomes, gated) => {
        const run = runRow(gated);
        const world = new World(outcomes);
        const played = await play(rows(tasks, run), run, world, []);
        expectHonest(world, run, played);
        expect(new Set(world.started).size).toBe(world.started.length);
        played.store.close();
      }),
      { numRuns: 150 },
    );
  });

  it("goes on after its process died at any event: nothing lost, nothing landed twice", async () => {
    await fc.assert(
      fc.asyncProperty(
        plan,
        script,
        fc.array(fc.integer({ min: 1, max: 15 }), { minLength: 1, maxLength: 6 }),
        async (tasks, outcomes, crashes) => {
          const run = runRow(true);
          const world = new World(outcomes);
          const played = await play(rows(tasks, run), run, world, crashes);
          expectHonest(world, run, played);
          played.store.close();
        },
      ),
      { numRuns: 150 },
    );
  });
});
