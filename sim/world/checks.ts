import { noUsage } from "../../src/domain/agent-event.ts";
import type { RunRow } from "../../src/domain/run.ts";
import type { Check, CheckResult } from "../../src/domain/verdict.ts";
import type { Checks, ChecksEnd, ChecksSpec } from "../../src/engine/ports.ts";
import type { SimulatedStarter } from "./job-starter.ts";
import { atOnce, Job, type Script } from "./jobs.ts";
import type { Tree } from "./git-model.ts";
import { isGreen, type World } from "./world.ts";

/** Gates: what they say depends on the tree alone, unless they cannot run. */
export class SimulatedChecks implements Checks {
  private readonly world: World;
  private readonly starter: SimulatedStarter;

  constructor(world: World, starter: SimulatedStarter) {
    this.world = world;
    this.starter = starter;
  }

  async start(spec: ChecksSpec): Promise<ChecksEnd> {
    const id = jobId(spec.run, spec.id);
    const script = (job: Job): Script => checksScript(this.world, spec, job);
    const end = await this.starter.run(
      id,
      false,
      (slot) => new Job({ id, slot: slot(), kind: "gate" }, script),
      () => undefined,
    );
    if (end.type === "checks-ended") return { results: end.results, tree: end.tree ?? null };
    const exit = end.type === "stopped" ? stopped : ({ kind: "not-started", detail: end.type } as const);
    return { results: spec.checks.map((check) => resultOf(check, exit)), tree: null };
  }

  stop(run: RunRow, id: string): Promise<void> {
    return this.starter.stop(jobId(run, id));
  }
}

function jobId(run: RunRow, id: string): string {
  return `${run.id}/gate/${id}`;
}

const stopped = { kind: "stopped" } as const;

function* checksScript(world: World, { run, commit, checks, verify, makes }: ChecksSpec, job: Job): Script {
  yield atOnce;
  const { tree, treeId } = world.git.commit(commit);
  const results: CheckResult[] = [];
  for (const check of checks) {
    if (job.stopAsked) {
      results.push(resultOf(check, stopped));
      break;
    }
    yield atOnce;
    if (check.verifier !== undefined) {
      const result = verified(world, check, {
        run,
        left: verify?.leftUsd ?? null,
        green: isGreen(tree, check.name),
        job,
      });
      results.push(result);
      if (passes(result)) continue;
      break;
    }
    const works = makes === undefined ? isGreen(tree, check.name) : world.random.chance(0.85);
    const exit = exitOf(world, check, works, job);
    // Exit code 0 of a wrapper that ran no test at all, whatever the tree.
    const hollow = check.kind === "test" && exit.kind === "code" && world.random.chance(0.02);
    results.push(hollow ? { ...resultOf(check, { kind: "code", code: 0 }), tests: null } : resultOf(check, exit));
    if (exit.kind !== "code" || exit.code !== 0 || hollow) break;
  }
  const passed = results.length === checks.length && results.every(passes);
  if (passed && makes !== undefined) return { type: "checks-ended", results, tree: madeOf(world, tree, makes) };
  if (passed) notePasses(world, treeId, checks);
  return { type: "checks-ended", results };
}

/** What a tool makes follows from the rest of the tree. Trees have no name of their own here: a commit stands for it. */
function madeOf({ git }: World, tree: Tree, makes: readonly string[]): string {
  const rest = [...tree].filter(([path]) => !makes.includes(path));
  const { treeId } = git.write(new Map(rest), [], "All but what is made anew");
  return git.write(new Map([...rest, ...makes.map((path) => [path, `good:of ${treeId}`] as const)]), [], "Made anew")
    .id;
}

/** What passed all of them passed the first of them, which alone may be a gate. */
function notePasses(world: World, treeId: string, checks: readonly Check[]): void {
  for (let count = 1; count <= checks.length; count++) world.notePass(treeId, { checks: checks.slice(0, count) });
}

interface Verified {
  readonly run: RunRow;
  readonly left: number | null;
  readonly green: boolean;
  readonly job: Job;
}

/** An agent that now and then leaves nothing; never one that takes red for green. */
function verified(world: World, check: Check, { run, left, green, job }: Verified): CheckResult {
  const result = { name: check.name, durationMs: 1, tests: null, output: "" };
  if (job.stopAsked) return { ...result, exit: stopped };
  if (left === 0) return { ...result, exit: { kind: "no-evidence", detail: "a cap" } };
  const cost = world.random.between(1, 50) / 100;
  world.verified.set(run.id, (world.verified.get(run.id) ?? 0) + cost);
  const usage = { ...noUsage, cost, currency: "USD" };
  if (job.killed || world.random.chance(0.1))
    return { ...result, usage, exit: { kind: "no-evidence", detail: "none" } };
  return { ...result, usage, exit: { kind: "evidence", commands: 2, failed: green ? 0 : 1 } };
}

/** A machine in trouble may keep a check from running, or hide which tests ran; it never makes red green. */
function exitOf(world: World, check: Check, green: boolean, job: Job): CheckResult["exit"] {
  if (job.stopAsked) return stopped;
  if (job.killed) return { kind: "signal", signal: "SIGKILL" };
  if (world.random.chance(0.03)) return { kind: "code", code: 127 };
  if (world.random.chance(0.01)) return { kind: "time-limit", limitMs: check.timeoutMs };
  return { kind: "code", code: green ? 0 : 1 };
}

/** The world's own judgement, not the product's. */
function passes({ name, exit, tests }: CheckResult): boolean {
  if (exit.kind === "evidence") return exit.failed === 0;
  return exit.kind === "code" && exit.code === 0 && (name !== "tests" || tests !== null);
}

function resultOf({ name, kind }: Check, exit: CheckResult["exit"]): CheckResult {
  const ran = exit.kind === "code" && exit.code < 2;
  const failed = exit.kind === "code" && exit.code === 0 ? 0 : 1;
  const tests = kind === "test" && ran ? { runner: "vitest", passed: 1, failed, skipped: 0 } : null;
  return { name, exit, durationMs: 1, tests, output: "" };
}
