import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { childEnvironment } from "../adapters/agents/environment.ts";
import { BoundedLog } from "../adapters/process/bounded-log.ts";
import { supervise } from "../adapters/process/supervise.ts";
import { asItIs, noSandbox, type Sandbox, type Wrapped } from "../adapters/sandbox/sandbox.ts";
import type { ShownFolders } from "../adapters/setup/kept-folders.ts";
import type { NamedLease } from "../adapters/leases/named-leases.ts";
import type { Lease } from "../adapters/setup/kept-sets.ts";
import { markMoment } from "../adapters/workspace/rewind.ts";
import type { SlotPaths } from "../adapters/workspace/slot.ts";
import type { ChecksJob, Handoff, JournalBody } from "../domain/job.ts";
import type { Claim } from "../domain/evidence.ts";
import type { Ending } from "../domain/judge-attempt.ts";
import { leasesEnvironment } from "../domain/lease.ts";
import { logExcerpt } from "../domain/log-excerpt.ts";
import { networkRefusal } from "../domain/network-refusal.ts";
import { countTests } from "../domain/test-count.ts";
import type { Check, CheckExit, CheckGo } from "../domain/verdict.ts";
import { printable } from "../std/text.ts";
import type { Control, Controlled } from "./control.ts";
import { policyOf } from "./job-sandbox.ts";
import { countJunit } from "./junit-files.ts";
import { takeLeases } from "./leases.ts";
import { portsOf, type Share } from "./ports.ts";

/** An agent is asked once in a job, however often its commands are run. */
export type Asked =
  | { readonly kind: "evidence"; readonly claims: readonly Claim[]; readonly refused: readonly string[] }
  | { readonly kind: "nothing"; readonly why: string }
  | { readonly kind: "stopped" };

const maxLogBytes = 8 * 1024 * 1024;
const shownLines = 50;

/** Where the checks of a job are run. */
export interface CheckPlace {
  readonly job: ChecksJob;
  readonly handoff: Handoff;
  readonly slot: SlotPaths;
  readonly sandbox: Sandbox;
  readonly control: Control;
  /** Null: nothing is set up. */
  readonly lease: Lease | null;
  readonly kept: ShownFolders;
  /** What agents that verify have left, by the check's name. */
  readonly asked: Map<string, Asked>;
  readonly journal: { readonly write: (body: JournalBody) => void };
}

/** Of one go. */
export interface GoPlace {
  /** Name of its log, unique among the goes of a job. */
  readonly log: string;
  /** Told of what runs. */
  readonly take: (running: Controlled) => void;
  /** Of the workspace, with checks that run at the same time; absent: it is alone. */
  readonly share?: Share;
}

/** One check, once, when it has its leases. What it started is gone when this resolves. */
export function runCheck(check: Check, place: CheckPlace, go: GoPlace): Promise<CheckGo> {
  return underLeases(check, place, (leases) => runUnder(leases, check, place, go));
}

/** What is found out under leases that were lost meanwhile says nothing. */
export async function underLeases(
  check: Check,
  { job, handoff, control }: CheckPlace,
  work: (leases: readonly NamedLease[]) => Promise<CheckGo>,
): Promise<CheckGo> {
  const { leases: names = [], timeoutMs: waitMs } = check;
  const use = { ...nobody, what: `check ${check.name} of ${job.id}` };
  const taken = await takeLeases({ names, handoff, use, waitMs, control, tell: () => undefined });
  if (taken.kind === "not-had") return notStarted(taken.detail);
  if (taken.kind === "stopped") return { exit: { kind: "stopped" }, ...unseen };
  try {
    const done = await work(taken.leases.leases);
    const lost = taken.leases.lost();
    return lost === null ? done : notStarted(lost);
  } finally {
    taken.leases.release();
  }
}

const nobody = { run: null, task: null, attempt: null, agent: null } as const;

async function runUnder(
  leases: readonly NamedLease[],
  check: Check,
  place: CheckPlace,
  { log: name, take, share }: GoPlace,
): Promise<CheckGo> {
  const { job, handoff, slot } = place;
  const logFile = join(handoff.folder, name);
  const moment = await markMoment(slot);
  const log = new BoundedLog(logFile, maxLogBytes);
  const startedAt = performance.now();
  // Of this go alone: what others of the same job have running is not to be ended with it.
  const marker = `${job.id}/${name}`;
  const own = {
    NIGHTCREW_CHECK: check.name,
    NIGHTCREW_MARKER: job.id,
    NIGHTCREW_CHECK_MARKER: marker,
    ...leasesEnvironment(leases),
    ...portsOf(slot, share),
  };
  const wrapped = await wrap(check, own, place);
  const supervised = supervise(wrapped.argv, {
    cwd: slot.tree,
    env: wrapped.env,
    marker: `NIGHTCREW_CHECK_MARKER=${marker}`,
    // A silent check is an ordinary check.
    limits: { firstOutputMs: Infinity, silenceMs: Infinity, totalMs: check.timeoutMs },
    stdin: null,
    converses: false,
    onStarted: () => undefined,
    onOutput: (chunk) => log.write(chunk),
  });
  take(supervised);
  const ending = wrapped.ending(await supervised.ended);
  const reported = check.junit === undefined ? null : await countJunit(slot.tree, check.junit, moment);
  for (const note of [...notesOf(wrapped), ...(reported?.notes ?? [])]) log.write(Buffer.from(`nightcrew: ${note}\n`));
  await wrapped.close();
  await log.end();
  const durationMs = Math.round(performance.now() - startedAt);
  // A summary may stand far above the end: other packages, a plan line at the top.
  const text = await readFile(logFile, "utf8");
  const refused = place.sandbox === noSandbox ? null : (refusedBy(wrapped) ?? networkRefusal(text));
  return {
    exit: exitOf(ending),
    durationMs,
    tests: reported === null ? countTests(text) : reported.tests,
    output: logExcerpt(printable(text), shownLines),
    ...(refused === null ? {} : { refused }),
  };
}

function notesOf(wrapped: Wrapped): string[] {
  return [
    ...wrapped.refusals().map(({ host, port }) => `the sandbox refused a connection to ${host}:${port}`),
    ...wrapped.limitsReached().map((limit) => `the sandbox's limit of ${limit} was reached`),
  ];
}

function refusedBy(wrapped: Wrapped): string | null {
  const [first] = wrapped.refusals();
  return first === undefined ? null : `${first.host}:${first.port}`;
}

/** Nobody's credentials, no network but what the project's rules name. */
function wrap(
  check: Check,
  own: Readonly<Record<string, string>>,
  { job, handoff, slot, sandbox, kept }: CheckPlace,
): Promise<Wrapped> {
  const argv = ["/bin/sh", "-c", check.run];
  const env = childEnvironment(handoff.environment ?? process.env, [], own);
  if (sandbox === noSandbox) return Promise.resolve(asItIs(argv, env));
  const policy = policyOf(handoff, slot, {
    command: argv,
    env,
    rules: job.sandbox,
    hosts: [],
    kept,
    writable: [],
    readable: [],
    credentials: [],
    keptHome: null,
  });
  return sandbox.wrap(argv, env, { ...policy, ...job.limits });
}

const unseen = { durationMs: 0, tests: null, output: "" } as const;

/** A go that could not be made. */
export function notStarted(detail: string): CheckGo {
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
