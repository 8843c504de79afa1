import { noUsage, type Usage } from "../../src/domain/agent-event.ts";
import { bareResult, type AttemptResult, type WorkFacts } from "../../src/domain/attempt-state.ts";
import type { Failure } from "../../src/domain/failure.ts";
import type { JournalBody } from "../../src/domain/job.ts";
import { attemptBranch } from "../../src/domain/run.ts";
import type { AttemptSpec } from "../../src/engine/ports.ts";
import type { Weighted } from "../random.ts";
import { atOnce, type Job, type Script } from "./jobs.ts";
import { hotPaths, lockPath, type World } from "./world.ts";

/** What an agent does between its start and its end; null: it exits with 0. */
type Behaviour = (job: Job, world: World, spec: AttemptSpec) => Generator<() => boolean, End>;
type End = Failure | Extract<AttemptResult["outcome"], { kind: "limited" | "refused" }> | null;

export interface AgentKind extends Weighted {
  readonly name: string;
  readonly behaves: Behaviour;
}

const silenceMs = 3_000;

/** An agent's run: prepare the workspace, let it work, keep what it left, tell the evidence. */
export function attemptScript(world: World, spec: AttemptSpec, base: string, kinds: readonly AgentKind[]) {
  return function* (job: Job): Script {
    job.base = base;
    yield atOnce;
    clearSlot(job, world);
    const { random } = world;
    if (random.chance(0.02)) return ended(failed({ reason: "workspace", step: "preparing", detail: "no space left" }));
    world.jobs.occupy(job.slot, job);
    yield atOnce;
    job.agentAlive = true;
    job.journal.push({ type: "working", pid: 1, startTime: null });
    yield atOnce;
    if (random.chance(0.7)) job.journal.push({ type: "session", id: `session of ${spec.attempt.id}` });
    const end = yield* random.weighted(kinds).behaves(job, world, spec);
    // What comes behind its last step it does not hear.
    for (const id of job.said) if (random.chance(0.8)) job.journal.push({ type: "told", id });
    job.agentAlive = false;
    yield atOnce;
    if (random.chance(0.02))
      return ended(failed({ reason: "workspace", step: "keeping the work", detail: "I/O error" }));
    return ended(collect(job, world, { spec, base, end }));
  };
}

/** What a crash left in the slot is kept before the slot is used again. */
function clearSlot(job: Job, { jobs, git }: World): void {
  const before = jobs.occupantOf(job.slot);
  if (before === null) return;
  if (before.edits.size > 0) {
    before.keptIn = `salvage/${before.id}`;
    git.refs.set(before.keptIn, git.write(before.edits, [], `Salvaged ${before.id}`).id);
  }
  jobs.occupy(job.slot, null);
}

interface Work {
  readonly spec: AttemptSpec;
  readonly base: string;
  readonly end: End;
}

function collect(job: Job, world: World, { spec, base, end }: Work): AttemptResult {
  const { run, task, attempt } = spec;
  const tree = new Map(world.git.commit(base).tree);
  const paths: string[] = [];
  const notes: string[] = [];
  for (const [path, value] of job.edits) {
    if (run.settings.sources.some(({ tracked }) => tracked === path)) {
      notes.push(`edits of ${path} were left out`);
    } else {
      tree.set(path, value);
      paths.push(path);
    }
  }
  const branch = attemptBranch(run.id, task.id, attempt.number);
  const tip = paths.length === 0 ? null : world.git.write(tree, [base], `Work of ${attempt.id}`).id;
  if (tip !== null) world.git.refs.set(branch, tip);
  // Edits that count for nothing need no keeping.
  job.keptIn = tip === null ? "nothing" : branch;
  world.jobs.occupy(job.slot, null);
  const facts = { base, tip, branch: tip === null ? null : branch, agentCommits: 0, filesCreated: 0, filesDeleted: 0 };
  const work: WorkFacts = {
    ...facts,
    filesChanged: paths.length,
    insertions: paths.length,
    deletions: 0,
    paths,
    notes,
  };
  const about = {
    // Some tell the most at their end.
    usage: usageOf(job.spentUsd + (world.random.chance(0.2) ? 1 : 0)),
    sessionUsage: null,
    session: null,
    turns: null,
    refused: [],
    claim: "All done, all tests pass!",
    warnings: [],
    sinceThawMs: job.sinceThawMs(world.time.monotonic),
  };
  return { outcome: outcomeOf(job, end, tip), work, ...about };
}

function usageOf(cost: number): Usage {
  return { ...noUsage, cost, currency: "USD" };
}

function outcomeOf(job: Job, end: End, tip: string | null): AttemptResult["outcome"] {
  if (job.stopAsked) return { kind: "stopped" };
  if (job.killed) return { kind: "failed", failure: { reason: "agent-exit", code: null, signal: "SIGKILL", log: "" } };
  if (end !== null && "kind" in end) return end;
  if (end !== null) return tip === null ? { kind: "failed", failure: end } : { kind: "partial", failure: end };
  return tip === null ? { kind: "nothing-changed" } : { kind: "done" };
}

function ended(result: AttemptResult): JournalBody {
  return { type: "attempt-ended", result };
}

function failed(failure: Failure): AttemptResult {
  return bareResult({ kind: "failed", failure });
}

/** Changes a file that others change too, or one of its own. */
function edit(job: Job, world: World, { task, attempt }: AttemptSpec, trait: string): void {
  const path = world.random.chance(0.3) ? world.random.pick(hotPaths) : `src/of-${task.id}`;
  job.edits.set(path, `${trait}:${attempt.id}`);
  if (world.random.chance(0.4)) job.edits.set(lockPath, `good:by ${attempt.id}`);
}

function works(trait: string): Behaviour {
  return function* (job, world, spec) {
    edit(job, world, spec, trait);
    yield atOnce;
    return null;
  };
}

const breaksLate: AgentKind = { name: "breaks what no gate sees", weight: 4, behaves: works("late") };

/** Of careless ones it is many of one batch that break what is validated. */
export function agentKindsIn({ careless }: World): readonly AgentKind[] {
  return careless ? [...agentKinds, { ...breaksLate, weight: 100 }] : agentKinds;
}

const agentKinds: readonly AgentKind[] = [
  { name: "works", weight: 40, behaves: works("good") },
  { name: "breaks the tests", weight: 4, behaves: works("bad") },
  { name: "breaks the style", weight: 3, behaves: works("ugly") },
  { name: "is green alone (left)", weight: 4, behaves: works("left") },
  { name: "is green alone (right)", weight: 4, behaves: works("right") },
  breaksLate,
  {
    name: "lies: it says that all is done, and did nothing",
    weight: 4,
    behaves: function* () {
      yield atOnce;
      return null;
    },
  },
  {
    name: "fails on the way",
    weight: 5,
    behaves: function* (job, world, spec) {
      edit(job, world, spec, "good");
      yield atOnce;
      return { reason: "agent-exit", code: world.random.between(1, 3), signal: null, log: "" };
    },
  },
  {
    name: "hangs",
    weight: 3,
    behaves: function* (job, world, spec) {
      edit(job, world, spec, "good");
      const silent = world.time.timer(silenceMs);
      yield () => silent() || job.stopAsked || job.killed;
      return { reason: "time-limit", limit: "silence", limitMs: silenceMs, log: "" };
    },
  },
  {
    name: "floods",
    weight: 2,
    behaves: function* (job, world, spec) {
      for (let percent = 0; percent < 100; percent += 10) {
        job.journal.push({ type: "progress", percent, message: "still at it" });
        if (percent % 50 === 0) yield atOnce;
      }
      edit(job, world, spec, "good");
      return null;
    },
  },
  {
    name: "edits outside of its workspace",
    weight: 2,
    behaves: function* (job, world, spec) {
      world.checkout.dirty = true;
      edit(job, world, spec, "good");
      yield atOnce;
      return null;
    },
  },
  {
    name: "ticks the boxes itself",
    weight: 2,
    behaves: function* (job, world, spec) {
      for (const { tracked } of spec.run.settings.sources) if (tracked !== null) job.edits.set(tracked, "everything");
      edit(job, world, spec, "good");
      yield atOnce;
      return null;
    },
  },
  {
    name: "spends",
    weight: 12,
    behaves: function* (job, world, spec) {
      const steps = world.random.between(1, 6);
      for (let step = 0; step < steps && !job.stopAsked && !job.killed; step++) {
        job.spentUsd += world.random.between(1, 8) / 10;
        job.journal.push({ type: "usage", usage: usageOf(job.spentUsd) });
        yield atOnce;
      }
      edit(job, world, spec, "good");
      yield atOnce;
      return null;
    },
  },
  {
    name: "is out of quota",
    weight: 4,
    behaves: function* (_job, world) {
      yield atOnce;
      const until = world.random.chance(0.5) ? null : world.time.wall + world.random.between(-1_000, 600_000);
      return { kind: "limited", until, message: "usage limit reached" };
    },
  },
  {
    name: "declines",
    weight: 1,
    behaves: function* () {
      yield atOnce;
      return { kind: "refused", message: "I cannot do that" };
    },
  },
  {
    name: "cannot be started",
    weight: 1,
    behaves: function* () {
      yield atOnce;
      return { reason: "agent-not-started", command: "agent", detail: "ENOENT" };
    },
  },
  {
    name: "leaves what git cannot keep",
    weight: 1,
    behaves: function* () {
      yield atOnce;
      return { reason: "work-refused", detail: "invalid path" };
    },
  },
];
