import { mkdirSync, writeFileSync } from "node:fs";
import { lstat, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { childEnvironment } from "../adapters/agents/environment.ts";
import { CommandOutput } from "../adapters/agents/command-output.ts";
import { BoundedLog } from "../adapters/process/bounded-log.ts";
import { startTimeOf } from "../adapters/process/process-table.ts";
import { supervise, type Ending } from "../adapters/process/supervise.ts";
import { collect, WorkRefused, type Collected } from "../adapters/workspace/collect.ts";
import { checkOut, prepareAgentRepository, slotPaths, type SlotPaths } from "../adapters/workspace/slot.ts";
import { clearSlot } from "../adapters/workspace/salvage.ts";
import type { AttemptResult } from "../domain/attempt-state.ts";
import { noUsage } from "../domain/attempt-state.ts";
import type { Failure } from "../domain/failure.ts";
import type { AttemptJob, Handoff } from "../domain/job.ts";
import { crashPoint } from "../engine/crash-point.ts";
import { messageOf } from "../std/operational-error.ts";
import { readableLog } from "../domain/present/agent-log.ts";
import { lastLines, printable } from "../std/text.ts";
import type { Journal } from "./journal.ts";
import type { Control } from "./control.ts";

const maxLogBytes = 8 * 1024 * 1024;
const logLines = 50;

/** One agent, once, on one task: prepare the workspace, run it, end all it started, keep what it left. */
export async function runAttempt(
  job: AttemptJob,
  handoff: Handoff,
  journal: Journal,
  control: Control,
): Promise<AttemptResult> {
  const slot = slotPaths(handoff.slot);
  try {
    const cleared = await clearSlot(slot, handoff.repository, job.commit);
    if (cleared !== null) journal.write({ type: "message", text: cleared });
    await checkOut(slot, handoff.repository, job.base);
    writeFileSync(slot.busy, JSON.stringify({ run: job.run, task: job.task, number: job.number, base: job.base }));
    prepareAgentRepository(slot, handoff.repository, job.branch, job.base);
    crashPoint("runner/workspace-ready");
  } catch (error) {
    return failedResult({ reason: "workspace", step: "preparing", detail: messageOf(error) });
  }
  const output = new CommandOutput((report) => {
    journal.write(
      report.type === "message" ? report : { type: "progress", percent: report.percent, message: report.message },
    );
  });
  await control.untilThawed();
  if (control.stopped) {
    await rm(slot.busy, { force: true });
    return { outcome: { kind: "stopped" }, work: null, usage: noUsage, claim: null, sinceThawMs: null };
  }
  const { ending, log, sinceThawMs } = await runAgent(job, handoff, slot, { output, journal, control });
  await readOutbox(join(handoff.folder, "outbox"), output).catch((error: unknown) => {
    // The agent's own folder, to do with as it likes; its work counts all the same.
    journal.write({ type: "message", text: `its outbox could not be read: ${messageOf(error)}` });
  });
  return resultOf(job, handoff, slot, { ending, log, output, sinceThawMs });
}

interface Watching {
  readonly output: CommandOutput;
  readonly journal: Journal;
  readonly control: Control;
}

async function runAgent(
  job: AttemptJob,
  { folder, environment }: Handoff,
  slot: SlotPaths,
  watching: Watching,
): Promise<Omit<Observed, "output">> {
  const outbox = join(folder, "outbox");
  const taskFile = join(folder, "TASK.md");
  mkdirSync(outbox, { recursive: true });
  writeFileSync(taskFile, job.taskText);
  const log = new BoundedLog(join(folder, "agent.log"), maxLogBytes);
  crashPoint("runner/before-agent");
  const supervised = supervise(job.agent.command, {
    cwd: slot.tree,
    env: childEnvironment(environment ?? process.env, job.agent.env, {
      NIGHTCREW_RUN: job.run,
      NIGHTCREW_TASK: job.task,
      NIGHTCREW_ATTEMPT: String(job.number),
      NIGHTCREW_TASK_FILE: taskFile,
      NIGHTCREW_OUTBOX: outbox,
      NIGHTCREW_MARKER: job.id,
      RUN_ID: job.run,
      AGENT_NAME: job.agent.name,
    }),
    marker: `NIGHTCREW_MARKER=${job.id}`,
    limits: job.limits,
    onStarted: (pid) => watching.journal.write({ type: "working", pid, startTime: startTimeOf(pid) }),
    onOutput: (chunk, stream) => {
      log.write(chunk);
      if (stream === "stdout") watching.output.push(chunk);
    },
  });
  crashPoint("runner/agent-started");
  watching.control.take(supervised);
  const ending = await supervised.ended;
  watching.control.letGo();
  watching.output.end();
  await log.end();
  const text = lastLines(printable(readableLog(log.tailText())), logLines);
  return { ending, log: text, sinceThawMs: supervised.sinceThawMs() };
}

const maxOutboxFiles = 100;
const maxOutboxBytes = 64 * 1024;

/** Messages left as files, in the order of their names: `*.json`, one object each. What is too large or odd is skipped. */
async function readOutbox(outbox: string, output: CommandOutput): Promise<void> {
  const names = (await readdir(outbox)).filter((name) => name.endsWith(".json")).sort();
  for (const name of names.slice(0, maxOutboxFiles)) {
    const file = join(outbox, name);
    const found = await lstat(file);
    if (found.isFile() && found.size <= maxOutboxBytes)
      output.readLine((await readFile(file, "utf8")).replace(/\s*\n\s*/g, " "));
  }
}

interface Observed {
  readonly ending: Ending;
  readonly log: string;
  readonly output: CommandOutput;
  readonly sinceThawMs: number | null;
}

async function resultOf(
  job: AttemptJob,
  handoff: Handoff,
  slot: SlotPaths,
  observed: Observed,
): Promise<AttemptResult> {
  const { output, sinceThawMs } = observed;
  const about = { usage: output.usage, claim: output.claim, sinceThawMs };
  let collected: Collected;
  try {
    crashPoint("runner/before-collect");
    collected = await collect({
      slot,
      place: handoff.repository,
      base: job.base,
      ref: `refs/heads/${job.branch}`,
      commit: withCost(job, output),
      protectedPaths: job.protectedPaths,
      attic: join(handoff.folder, "nested"),
    });
    await rm(slot.busy, { force: true });
  } catch (error) {
    // What is there stays in the slot, still marked busy: it is salvaged or set aside before the slot is used again.
    const detail = messageOf(error);
    const refused = error instanceof WorkRefused;
    return {
      ...failedResult(
        refused ? { reason: "work-refused", detail } : { reason: "workspace", step: "keeping the work", detail },
      ),
      ...about,
    };
  }
  return { outcome: outcomeOf(job, observed, collected), work: collected.work, ...about };
}

function withCost(job: AttemptJob, { usage }: CommandOutput): AttemptJob["commit"] {
  const cost = usage.cost === null ? "unknown" : `${usage.cost} ${usage.currency ?? ""}`.trim();
  return { ...job.commit, trailers: [...job.commit.trailers, `Nightcrew-Cost: ${cost}`] };
}

/** From evidence only: how the process ended, and what is in the work tree. */
function outcomeOf(job: AttemptJob, { ending, log }: Observed, collected: Collected): AttemptResult["outcome"] {
  switch (ending.kind) {
    case "stopped":
      return { kind: "stopped" };
    case "not-started":
      return failed({ reason: "agent-not-started", command: job.agent.command[0] ?? "", detail: ending.detail });
    case "limit":
      return failed({ reason: "time-limit", limit: ending.limit, limitMs: ending.limitMs, log });
    case "signal":
      return failed({ reason: "agent-exit", code: null, signal: ending.signal, log });
    case "code":
      if (ending.code !== 0) return failed({ reason: "agent-exit", code: ending.code, signal: null, log });
      if (collected.nested.length > 0) return failed({ reason: "nested-repository", paths: collected.nested });
      return collected.work.tip === null ? { kind: "nothing-changed" } : { kind: "done" };
  }
}

function failed(failure: Failure): AttemptResult["outcome"] {
  return { kind: "failed", failure };
}

export function failedResult(failure: Failure): AttemptResult {
  return { outcome: failed(failure), work: null, usage: noUsage, claim: null, sinceThawMs: null };
}
