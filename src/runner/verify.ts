import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { readPlainFile } from "../adapters/files/read-plain-file.ts";
import { BoundedLog } from "../adapters/process/bounded-log.ts";
import { removeTree } from "../adapters/files/remove-tree.ts";
import type { NamedLease } from "../adapters/leases/named-leases.ts";
import { judgeEvidence, maxEvidence, parseEvidence, type Claim, type Shown } from "../domain/evidence.ts";
import type { JournalBody } from "../domain/job.ts";
import { judgeAttempt } from "../domain/judge-attempt.ts";
import { failureText } from "../domain/present/failure-text.ts";
import { costOf } from "../domain/prices.ts";
import type { Check, CheckGo, Verifier } from "../domain/verdict.ts";
import { assertDefined } from "../std/assert.ts";
import type { Controlled } from "./control.ts";
import { limitOf } from "./limit-of.ts";
import { runAgent, type Observed } from "./run-agent.ts";
import { runCheck, underLeases, type Asked, type CheckPlace } from "./run-check.ts";

const maxLogBytes = 1024 * 1024;

export interface VerifyGo {
  /** Name of its log. */
  readonly log: string;
  readonly index: number;
  /** Brings the workspace to where it was before the agent came; false where that cannot be had. */
  readonly again: () => Promise<boolean>;
}

/**
 * An agent finds out by which commands it can be seen that the work is done; these are then run without it, each in the
 * workspace as it was before, with nothing of what the agent was given. What they do is the verdict, not what it says.
 */
export function verify(check: Check, place: CheckPlace, go: VerifyGo): Promise<CheckGo> {
  return underLeases(check, place, (leases) => verifyUnder(leases, check, place, go));
}

async function verifyUnder(
  leases: readonly NamedLease[],
  check: Check,
  place: CheckPlace,
  go: VerifyGo,
): Promise<CheckGo> {
  const startedAt = performance.now();
  const asked = place.asked.get(check.name) ?? (await ask(check, place, { index: go.index, leases }));
  place.asked.set(check.name, asked);
  const found = await foundBy(asked, check, { place, go });
  const log = new BoundedLog(join(place.handoff.folder, go.log), maxLogBytes);
  log.write(Buffer.from(`${found.output}\n`));
  await log.end();
  return { ...found, durationMs: Math.round(performance.now() - startedAt) };
}

interface Running {
  readonly place: CheckPlace;
  readonly go: VerifyGo;
}

async function foundBy(asked: Asked, check: Check, running: Running): Promise<Omit<CheckGo, "durationMs">> {
  switch (asked.kind) {
    case "stopped":
      return { exit: { kind: "stopped" }, tests: null, output: "" };
    case "nothing":
      return { exit: { kind: "no-evidence", detail: asked.why }, tests: null, output: asked.why };
    case "evidence":
      return judgeEvidence(await runAll(asked.claims, check, running), asked.refused);
  }
}

/** All of them together within the time that the check has; what it takes to make the workspace anew is nobody's fault. */
async function runAll(claims: readonly Claim[], check: Check, { place, go }: Running): Promise<Shown[]> {
  let leftMs = check.timeoutMs;
  const shown: Shown[] = [];
  for (const [index, claim] of claims.entries()) {
    const log = go.log.replace(/\.log$/, `-evidence-${index + 1}.log`);
    const command = { name: check.name, run: claim.command, kind: "command", timeoutMs: Math.max(1, leftMs) } as const;
    const done = (await go.again())
      ? await runCheck(command, place, { log, take: (running) => place.control.take(running) })
      : notMade;
    leftMs -= done.durationMs;
    shown.push({ claim, go: done, contains: await contains(join(place.handoff.folder, log), claim.output) });
    if (done.exit.kind === "stopped" || place.control.stopped) break;
  }
  return shown;
}

const detail = "the workspace could not be made anew";
const notMade: CheckGo = { exit: { kind: "not-started", detail }, durationMs: 0, tests: null, output: detail };

async function contains(log: string, wanted: string | null): Promise<boolean> {
  if (wanted === null) return true;
  return ((await readPlainFile(log, Infinity)) ?? "").includes(wanted);
}

interface Asking {
  readonly index: number;
  readonly leases: readonly NamedLease[];
}

async function ask(check: Check, place: CheckPlace, { index, leases }: Asking): Promise<Asked> {
  const verifier = assertDefined(check.verifier, `check ${check.name} has an agent`);
  const { job, handoff, slot, control, kept } = place;
  const { leftUsd, tasks, file: name, texts } = assertDefined(job.verify, "a gate with an agent says what it is asked");
  if (control.stopped) return { kind: "stopped" };
  if (leftUsd !== null && leftUsd <= 0)
    return { kind: "nothing", why: "a cap leaves nothing for the agent that verifies: nightcrew budget raises it" };
  const folder = join(handoff.folder, `verify-${index + 1}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { agent } = verifier;
  const limits = { ...agent.limits, totalMs: Math.min(agent.limits.totalMs, check.timeoutMs) };
  const purse = new Purse(verifier, { leftUsd, name: check.name, place });
  const about = {
    id: job.id,
    run: job.id.split("/")[0] ?? "",
    task: "verify",
    number: 1,
    resume: null,
    keepsHome: false,
  };
  const given = { agent: { ...agent, limits }, leftUsd, sandbox: job.sandbox, hosts: agent.hosts };
  const file = join(slot.tree, name);
  const asks = { taskText: texts[check.name] ?? "", variables: { NIGHTCREW_EVIDENCE: file } };
  const observed = await runAgent({ ...about, ...given, ...asks }, { ...handoff, folder }, slot, {
    journal: { write: (body) => purse.take(body) },
    control: { take: (running) => purse.watch(running), letGo: () => control.letGo() },
    kept,
    leases,
  });
  await removeTree(join(folder, "scratch"));
  if (control.stopped) return { kind: "stopped" };
  if (purse.isEmpty) return { kind: "nothing", why: "a cap was reached while its agent verified" };
  return evidenceOf(observed, { file, tasks });
}

/** Only of an agent that ended well: what one leaves that was stopped may be half of it. */
async function evidenceOf(
  observed: Observed,
  { file, tasks }: { readonly file: string; readonly tasks: number },
): Promise<Asked> {
  const { ending, watch, driver, log, secrets } = observed;
  const { saysFinal } = driver.traits;
  const outcome = judgeAttempt({
    ending,
    final: watch.final,
    saysFinal,
    limit: limitOf(watch, { ending, saysFinal, log }),
    // Its work is the evidence, which is looked at next.
    hasWork: true,
    nested: [],
    log,
    program: "",
  });
  if (outcome.kind !== "done") {
    const why = "failure" in outcome ? failureText(outcome.failure) : `the agent ended: ${outcome.kind}`;
    return { kind: "nothing", why: secrets.redact(`${why}\n${log}`) };
  }
  const text = await readPlainFile(file, maxEvidence);
  if (text === null) return { kind: "nothing", why: `it left no evidence in a file of at most ${maxEvidence} bytes` };
  // It would be run, shown and kept.
  if (secrets.redact(text) !== text) return { kind: "nothing", why: "its evidence holds a secret" };
  const evidence = parseEvidence(text, tasks);
  return evidence.ok ? { kind: "evidence", ...evidence } : { kind: "nothing", why: `its evidence: ${evidence.why}` };
}

/** Tells what the agent uses, and ends it where that is more than it may. */
class Purse {
  isEmpty = false;
  private readonly verifier: Verifier;
  private readonly about: { readonly leftUsd: number | null; readonly name: string; readonly place: CheckPlace };
  private running: Controlled | null = null;

  constructor(verifier: Verifier, about: Purse["about"]) {
    this.verifier = verifier;
    this.about = about;
  }

  watch(running: Controlled): void {
    this.running = running;
    this.about.place.control.take(running);
  }

  take(body: JournalBody): void {
    if (body.type !== "usage") return;
    const { leftUsd, name, place } = this.about;
    place.journal.write({ ...body, check: name });
    const { cost, model } = this.verifier.agent;
    const ownPrices = place.job.verify?.prices;
    const { amountUsd } = costOf(body.usage, { perAttempt: null, perMillion: cost.perMillion, model, ownPrices });
    if (leftUsd === null || (amountUsd ?? 0) < leftUsd) return;
    this.isEmpty = true;
    this.running?.stop();
  }
}
