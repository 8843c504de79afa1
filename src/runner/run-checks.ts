import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { childEnvironment } from "../adapters/agents/environment.ts";
import { sandboxOf } from "../adapters/sandbox/inmate.ts";
import { BoundedLog } from "../adapters/process/bounded-log.ts";
import { supervise } from "../adapters/process/supervise.ts";
import { asItIs, noSandbox, type Sandbox, type Wrapped } from "../adapters/sandbox/sandbox.ts";
import { GitError } from "../adapters/git/git.ts";
import { checkOut, prepareAgentRepository, slotPaths, type SlotPaths } from "../adapters/workspace/slot.ts";
import { markMoment, undoSince, type Moment } from "../adapters/workspace/rewind.ts";
import type { ChecksJob, Handoff } from "../domain/job.ts";
import type { Ending } from "../domain/judge-attempt.ts";
import {
  endsGate,
  judgeCheck,
  judgeGo,
  type Check,
  type CheckExit,
  type CheckGo,
  type CheckResult,
} from "../domain/verdict.ts";
import { logExcerpt } from "../domain/log-excerpt.ts";
import { countTests } from "../domain/test-count.ts";
import { errnoOf, messageOf } from "../std/operational-error.ts";
import { printable } from "../std/text.ts";
import type { Control } from "./control.ts";
import { policyOf } from "./job-sandbox.ts";
import { portsOf } from "./ports.ts";

const maxLogBytes = 8 * 1024 * 1024;
const shownLines = 50;

/** The checks of a gate, in order, on the tree of a commit; the first that ends the gate ends the job. */
export async function runChecks(job: ChecksJob, handoff: Handoff, control: Control): Promise<CheckResult[]> {
  const slot = slotPaths(handoff.slot);
  let sandbox: Sandbox;
  try {
    await makeWorkspace(slot, handoff, job);
    sandbox = await sandboxOf(job.sandbox, (handoff.environment ?? process.env)["PATH"] ?? "");
  } catch (error) {
    return job.checks.map(({ name }) => ({ name, ...notStarted(messageOf(error)) }));
  }
  const place = { job, handoff, slot, sandbox, control };
  const results: CheckResult[] = [];
  for (const [index, check] of job.checks.entries()) {
    const result = await runUntilKnown(check, index, place);
    results.push(result);
    if (endsGate(check, judgeCheck(check, result))) break;
  }
  return results;
}

async function makeWorkspace(slot: SlotPaths, handoff: Handoff, { commit }: ChecksJob): Promise<void> {
  await checkOut(slot, handoff.repository, commit);
  prepareAgentRepository(slot, handoff.repository, "gate", commit);
}

async function madeAnew(slot: SlotPaths, handoff: Handoff, job: ChecksJob): Promise<boolean> {
  try {
    await makeWorkspace(slot, handoff, job);
    return true;
  } catch (error) {
    if (error instanceof GitError || errnoOf(error) !== null) return false;
    throw error;
  }
}

/** A check that fails is run again, in a workspace as it was before, until it passes or that was tried often enough. */
async function runUntilKnown(check: Check, index: number, place: CheckPlace): Promise<CheckResult> {
  const { job, slot, control } = place;
  const reruns = check.quarantined === true ? 0 : (job.reruns ?? 0);
  const moment = await markMoment(slot);
  const log = (go: number): string => `check-${index + 1}${go === 1 ? "" : `.${go}`}.log`;
  let last = await runCheck(check, place, log(1));
  const failed: CheckGo[] = [];
  while (failed.length < reruns && judgeGo(check, last).verdict === "fail" && !control.stopped) {
    if (!(await rewind(index, moment, place))) break;
    failed.push(last);
    last = await runCheck(check, place, log(failed.length + 1));
  }
  const [first] = failed;
  if (first === undefined) return { name: check.name, ...last };
  const durationMs = failed.reduce((total, go) => total + go.durationMs, 0);
  return { name: check.name, ...last, earlier: { failures: failed.length, durationMs, first } };
}

/**
 * Brings the workspace to where it was before a check: what a check that failed has left must not make it pass, nor fail
 * again. Where that cannot be undone, everything is made anew, with the checks before it. False: it cannot be had again.
 */
async function rewind(index: number, moment: Moment, place: CheckPlace): Promise<boolean> {
  const { job, handoff, slot } = place;
  if (index > 0 && (await undoSince(slot, handoff.repository, moment))) {
    prepareAgentRepository(slot, handoff.repository, "gate", job.commit);
    return true;
  }
  if (!(await madeAnew(slot, handoff, job))) return false;
  for (const [earlier, check] of job.checks.slice(0, index).entries()) {
    const go = await runCheck(check, place, `check-${earlier + 1}.again.log`);
    if (endsGate(check, judgeGo(check, go))) return false;
  }
  return true;
}

interface CheckPlace {
  readonly job: ChecksJob;
  readonly handoff: Handoff;
  readonly slot: SlotPaths;
  readonly sandbox: Sandbox;
  readonly control: Control;
}

async function runCheck(check: Check, place: CheckPlace, logName: string): Promise<CheckGo> {
  const { job, handoff, slot, control } = place;
  if (control.stopped) return { exit: { kind: "stopped" }, ...unseen };
  const logFile = join(handoff.folder, logName);
  const log = new BoundedLog(logFile, maxLogBytes);
  const startedAt = performance.now();
  const wrapped = await wrap(check, place);
  const supervised = supervise(wrapped.argv, {
    cwd: slot.tree,
    env: wrapped.env,
    marker: `NIGHTCREW_MARKER=${job.id}`,
    // A silent check is an ordinary check.
    limits: { firstOutputMs: Infinity, silenceMs: Infinity, totalMs: check.timeoutMs },
    stdin: null,
    converses: false,
    onStarted: () => undefined,
    onOutput: (chunk) => log.write(chunk),
  });
  control.take(supervised);
  const ending = wrapped.ending(await supervised.ended);
  for (const { host, port } of wrapped.refusals())
    log.write(Buffer.from(`nightcrew: the sandbox refused a connection to ${host}:${port}\n`));
  await wrapped.close();
  await log.end();
  const durationMs = Math.round(performance.now() - startedAt);
  // A summary may stand far above the end: other packages, a plan line at the top.
  const text = await readFile(logFile, "utf8");
  const tests = countTests(text);
  return { exit: exitOf(ending), durationMs, tests, output: logExcerpt(printable(text), shownLines) };
}

/** Nobody's credentials, no network but what the project's rules name. */
function wrap(check: Check, { job, handoff, slot, sandbox }: CheckPlace): Promise<Wrapped> {
  const argv = ["/bin/sh", "-c", check.run];
  const own = { NIGHTCREW_CHECK: check.name, NIGHTCREW_MARKER: job.id, ...portsOf(slot) };
  const env = childEnvironment(handoff.environment ?? process.env, [], own);
  if (sandbox === noSandbox) return Promise.resolve(asItIs(argv, env));
  const policy = policyOf(handoff, slot, {
    command: argv,
    env,
    rules: job.sandbox,
    hosts: [],
    writable: [],
    readable: [],
    credentials: [],
    keptHome: null,
  });
  return sandbox.wrap(argv, env, policy);
}

const unseen = { durationMs: 0, tests: null, output: "" } as const;

function notStarted(detail: string): CheckGo {
  return { exit: { kind: "not-started", detail }, ...unseen, output: detail };
}

function exitOf(ending: Ending): CheckExit {
  switch (ending.kind) {
    case "limit":
      return { kind: "time-limit", limitMs: ending.limitMs };
    case "loop":
    case "turn-limit":
      return { kind: "stopped" };
    default:
      return ending;
  }
}
