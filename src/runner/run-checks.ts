import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { childEnvironment } from "../adapters/agents/environment.ts";
import { sandboxOf } from "../adapters/sandbox/inmate.ts";
import { BoundedLog } from "../adapters/process/bounded-log.ts";
import { supervise } from "../adapters/process/supervise.ts";
import { asItIs, noSandbox, type Sandbox, type Wrapped } from "../adapters/sandbox/sandbox.ts";
import { checkOut, prepareAgentRepository, slotPaths, type SlotPaths } from "../adapters/workspace/slot.ts";
import type { ChecksJob, Handoff } from "../domain/job.ts";
import type { Ending } from "../domain/judge-attempt.ts";
import type { Check, CheckResult } from "../domain/verdict.ts";
import { logExcerpt } from "../domain/log-excerpt.ts";
import { countTests, type TestCount } from "../domain/test-count.ts";
import { messageOf } from "../std/operational-error.ts";
import { printable } from "../std/text.ts";
import type { Control } from "./control.ts";
import { policyOf } from "./job-sandbox.ts";
import { portsOf } from "./ports.ts";

const maxLogBytes = 8 * 1024 * 1024;
const shownLines = 50;

/** The checks of a gate, in order, on the tree of a commit; the first that does not pass ends it. */
export async function runChecks(job: ChecksJob, handoff: Handoff, control: Control): Promise<CheckResult[]> {
  const slot = slotPaths(handoff.slot);
  let sandbox: Sandbox;
  try {
    await checkOut(slot, handoff.repository, job.commit);
    prepareAgentRepository(slot, handoff.repository, "gate", job.commit);
    sandbox = await sandboxOf(job.sandbox, (handoff.environment ?? process.env)["PATH"] ?? "");
  } catch (error) {
    return job.checks.map((check) =>
      resultOf(check, { kind: "not-started", detail: messageOf(error) }, { ...unseen, output: messageOf(error) }),
    );
  }
  const results: CheckResult[] = [];
  for (const [index, check] of job.checks.entries()) {
    const result = await runCheck(check, {
      job,
      handoff,
      slot,
      sandbox,
      log: join(handoff.folder, `check-${index + 1}.log`),
      control,
    });
    results.push(result);
    if (result.exit.kind !== "code" || result.exit.code !== 0) break;
  }
  return results;
}

interface CheckPlace {
  readonly job: ChecksJob;
  readonly handoff: Handoff;
  readonly slot: SlotPaths;
  readonly sandbox: Sandbox;
  readonly log: string;
  readonly control: Control;
}

async function runCheck(check: Check, place: CheckPlace): Promise<CheckResult> {
  const { job, slot, log: logFile, control } = place;
  if (control.stopped) return resultOf(check, { kind: "stopped" }, unseen);
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
  const elapsedMs = performance.now() - startedAt;
  // A summary may stand far above the end: other packages, a plan line at the top.
  const text = await readFile(logFile, "utf8");
  const tests = countTests(text);
  return resultOf(check, ending, { elapsedMs, tests, output: logExcerpt(printable(text), shownLines) });
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

interface Seen {
  readonly elapsedMs: number;
  readonly tests: TestCount | null;
  readonly output: string;
}

const unseen: Seen = { elapsedMs: 0, tests: null, output: "" };

function resultOf(check: Check, ending: Ending, { elapsedMs, tests, output }: Seen): CheckResult {
  return { name: check.name, exit: exitOf(ending), durationMs: Math.round(elapsedMs), tests, output };
}

function exitOf(ending: Ending): CheckResult["exit"] {
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
