import { availableParallelism } from "node:os";
import { sandboxOf } from "../adapters/sandbox/inmate.ts";
import type { Sandbox } from "../adapters/sandbox/sandbox.ts";
import { GitError } from "../adapters/git/git.ts";
import { markMoment, undoSince, type Moment } from "../adapters/workspace/rewind.ts";
import { nothingShown, type ShownFolders } from "../adapters/setup/kept-folders.ts";
import type { Lease } from "../adapters/setup/kept-sets.ts";
import { treeWith } from "../adapters/workspace/tree-with.ts";
import { checkOut, excludeFolders, prepareAgentRepository, slotPaths } from "../adapters/workspace/slot.ts";
import type { ChecksJob, Handoff } from "../domain/job.ts";
import {
  endsGate,
  judgeCheck,
  judgeGo,
  verifiers,
  type Check,
  type CheckGo,
  type CheckResult,
} from "../domain/verdict.ts";
import { errnoOf, messageOf } from "../std/operational-error.ts";
import type { Control } from "./control.ts";
import { notStarted, runCheck, type CheckPlace } from "./run-check.ts";
import { giveFolders, setUp, type SetUp } from "./set-up.ts";
import { verify } from "./verify.ts";
import { sideBySide, SideBySide } from "./side-by-side.ts";

/** How long checks go on beside one that has failed. */
const failureGraceMs = 5_000;

/** The checks of a gate on the tree of a commit: in order, the first that ends the gate ends the job; or side by side. */
export async function runChecks(
  job: ChecksJob,
  handoff: Handoff,
  control: Control,
  journal: CheckPlace["journal"],
): Promise<ChecksEnded> {
  let lease: Lease | null = null;
  try {
    const slot = slotPaths(handoff.slot);
    let place: CheckPlace;
    try {
      const done = await setUpFor(job, handoff, control);
      if (done !== null && done.kind !== "ready") return { results: notSetUp(job, done) };
      lease = done?.lease ?? null;
      const sandbox: Sandbox = await sandboxOf(job.sandbox, (handoff.environment ?? process.env)["PATH"] ?? "");
      const bare = { job, handoff, slot, sandbox, control, lease, kept: nothingShown, asked: new Map(), journal };
      place = { ...bare, kept: await makeWorkspace(bare) };
    } catch (error) {
      return { results: job.checks.map(({ name }) => ({ name, ...notStarted(messageOf(error)) })) };
    }
    // Whoever verifies has the workspace to itself.
    const atOnce = job.parallel === true && verifiers(job).length === 0;
    const results = await (atOnce ? runAtOnce(place) : runInOrder(place));
    return job.makes === undefined ? { results } : await madeBy(results, job.makes, place);
  } finally {
    await lease?.release();
  }
}

interface ChecksEnded {
  readonly results: CheckResult[];
  readonly tree?: string;
}

/** What git cannot take of what they left fails the last of them. */
async function madeBy(
  results: CheckResult[],
  makes: readonly string[],
  { job: { checks }, slot, handoff }: CheckPlace,
): Promise<ChecksEnded> {
  const passed = checks.map((check, index) => {
    const result = results[index];
    return result !== undefined && judgeCheck(check, result).verdict === "pass";
  });
  if (passed.includes(false)) return { results };
  try {
    return { results, tree: await treeWith(slot, handoff.repository, makes) };
  } catch (error) {
    const last = results.at(-1);
    const failed = last && { ...last, exit: { kind: "code", code: 1 } as const, output: messageOf(error) };
    return { results: [...results.slice(0, -1), ...(failed === undefined ? [] : [failed])] };
  }
}

async function setUpFor(job: ChecksJob, handoff: Handoff, control: Control): Promise<SetUp | null> {
  const { id, setup, sandbox, commit, target = null } = job;
  if (setup === undefined) return null;
  return setUp({ id, setup, sandbox, handoff, control, commit, target, tell: () => undefined });
}

/**
 * Lock files of a change that cannot be installed fail it, as a check would; that the network was not to be had, or that the
 * target's own cannot be installed, says nothing of the change.
 */
function notSetUp({ checks }: ChecksJob, done: Exclude<SetUp, { kind: "ready" }>): CheckResult[] {
  if (done.kind === "stopped")
    return checks.map(({ name }) => ({ name, exit: { kind: "stopped" }, durationMs: 0, tests: null, output: "" }));
  const output = `setup: ${done.detail}\n${done.log}`;
  if (!done.ofChange || done.refused !== null) return checks.map(({ name }) => ({ name, ...notStarted(output) }));
  // One that does not count could not say so.
  const { name } = checks.find(({ quarantined }) => quarantined !== true) ?? { name: "setup" };
  return [{ name, exit: { kind: "code", code: 1 }, durationMs: 0, tests: null, output }];
}

async function runInOrder(place: CheckPlace): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const [index, check] of place.job.checks.entries()) {
    let moment = await markMoment(place.slot);
    let go = 1;
    const again = async (): Promise<boolean> => {
      const done = await rewind({ index, moment, go: ++go }, place);
      // Where everything was made anew, what checks before it made is younger than the moment was.
      moment = await markMoment(place.slot);
      return done;
    };
    const run = (log: string): Promise<CheckGo> =>
      check.verifier === undefined ? oneGo(check, place, log) : verify(check, place, { log, index, again });
    const first = await run(logName(index, 1));
    const result = await settled({ check, index, first, run }, again, place);
    results.push(result);
    if (endsGate(check, judgeCheck(check, result))) break;
    const next = place.job.checks[index + 1];
    // What an agent did to the workspace, or the commands that it left, must not make the next check pass.
    if (check.verifier === undefined || next === undefined || (await again())) continue;
    results.push({
      name: next.name,
      ...notStarted("the workspace could not be made as it was before an agent verified"),
    });
    break;
  }
  return results;
}

/**
 * All begin in the same workspace, as many as there are cores. One that fails hides no other: those that run may end within
 * a grace period. What failed is then run again by itself; where that passes, so is what was stopped for it.
 */
async function runAtOnce(place: CheckPlace): Promise<CheckResult[]> {
  const { checks } = place.job;
  const firsts = await firstGoes(place);
  const bad = (index: number): boolean => {
    const [check, go] = [checks[index], firsts[index]];
    return check !== undefined && go != null && endsGate(check, judgeGo(check, go)) && go.exit.kind !== "stopped";
  };
  const results = new Map<number, CheckResult>();
  let ended = false;
  const order = [...checks.entries()].toSorted(([a], [b]) => Number(bad(b)) - Number(bad(a)));
  for (const [index, check] of order) {
    let first = firsts[index] ?? null;
    const missing = first === null || first.exit.kind === "stopped";
    if (missing && !ended && !place.control.stopped && (await madeAnew(place)))
      first = await oneGo(check, place, logName(index, 1, "late"));
    // What was stopped for another one, and not by a person, has no result.
    if (first === null || (first.exit.kind === "stopped" && !place.control.stopped)) continue;
    const result = await settled(
      { check, index, first, run: (log) => oneGo(check, place, log) },
      () => (ended ? refuse : madeAnew(place)),
      place,
    );
    results.set(index, result);
    ended ||= endsGate(check, judgeCheck(check, result));
  }
  return checks.flatMap((_, index) => results.get(index) ?? []);
}

const refuse = Promise.resolve(false);

/** Null for those that were not begun, because another one had failed. */
async function firstGoes(place: CheckPlace): Promise<(CheckGo | null)[]> {
  const { job, control } = place;
  const together = new SideBySide();
  control.take(together);
  const grace: { timer: NodeJS.Timeout | null } = { timer: null };
  const goes = await sideBySide(
    job.checks,
    { atOnce: availableParallelism(), mayBegin: () => grace.timer === null },
    async (check, index) => {
      const go = await runCheck(check, place, {
        log: logName(index, 1),
        take: (one) => together.add(one),
        share: { index, of: job.checks.length },
      });
      if (endsGate(check, judgeGo(check, go))) grace.timer ??= setTimeout(() => together.stop(), failureGraceMs);
      return go;
    },
  );
  if (grace.timer !== null) clearTimeout(grace.timer);
  return goes;
}

interface Begun {
  readonly check: Check;
  readonly index: number;
  readonly first: CheckGo;
  /** Once more, with its log under that name. */
  readonly run: (log: string) => Promise<CheckGo>;
}

/** A check that failed is run again, in a workspace as it was before, until it passes or that was tried often enough. */
async function settled(begun: Begun, again: () => Promise<boolean>, place: CheckPlace): Promise<CheckResult> {
  const { check, index, first, run } = begun;
  const reruns = check.quarantined === true ? 0 : (place.job.reruns ?? 0);
  const failed: CheckGo[] = [];
  let last = first;
  while (failed.length < reruns && judgeGo(check, last).verdict === "fail" && !place.control.stopped) {
    if (!(await again())) break;
    failed.push(last);
    last = await run(logName(index, failed.length + 1));
  }
  if (failed.length === 0) return { name: check.name, ...first };
  const durationMs = failed.reduce((total, go) => total + go.durationMs, 0);
  return { name: check.name, ...last, earlier: { failures: failed.length, durationMs, first } };
}

interface Rewind {
  readonly index: number;
  /** Before its last go. */
  readonly moment: Moment;
  /** The go that is to come. */
  readonly go: number;
}

/**
 * Brings the workspace to where it was before a check: what a check that failed has left must not make it pass, nor fail
 * again. Where that cannot be undone, everything is made anew, with the checks before it. False: it cannot be had again.
 */
async function rewind({ index, moment, go: number }: Rewind, place: CheckPlace): Promise<boolean> {
  const { job, handoff, slot } = place;
  if (index > 0 && (await undoSince(slot, handoff.repository, moment))) {
    await prepareRepository(place);
    return true;
  }
  if (!(await madeAnew(place))) return false;
  for (const [earlier, check] of job.checks.slice(0, index).entries()) {
    // What an agent verified leaves nothing that others need.
    if (check.verifier !== undefined) continue;
    const go = await oneGo(check, place, logName(earlier, 1, `before-${index + 1}.${number}`));
    if (endsGate(check, judgeGo(check, go))) return false;
  }
  return true;
}

async function madeAnew(place: CheckPlace): Promise<boolean> {
  try {
    await makeWorkspace(place);
    return true;
  } catch (error) {
    if (error instanceof GitError || errnoOf(error) !== null) return false;
    throw error;
  }
}

async function makeWorkspace(place: CheckPlace): Promise<ShownFolders> {
  const { slot, handoff, job, lease } = place;
  await checkOut(slot, handoff.repository, job.commit);
  await prepareRepository(place);
  return lease === null ? nothingShown : giveFolders(lease, slot, { sandbox: job.sandbox, handoff });
}

async function prepareRepository({ slot, handoff, job, lease }: CheckPlace): Promise<void> {
  await prepareAgentRepository(slot, handoff.repository, "gate", job.commit);
  if (lease !== null) excludeFolders(slot, handoff.repository, lease.set.folders);
}

function oneGo(check: Check, place: CheckPlace, log: string): Promise<CheckGo> {
  return runCheck(check, place, { log, take: (running) => place.control.take(running) });
}

function logName(index: number, go: number, why?: string): string {
  return ["check", `${index + 1}${go === 1 ? "" : `.${go}`}`, ...(why === undefined ? [] : [why])].join("-") + ".log";
}
