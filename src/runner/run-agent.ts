import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { childEnvironment } from "../adapters/agents/environment.ts";
import type { NamedLease } from "../adapters/leases/named-leases.ts";
import type { Driver, DriverJob, Launch } from "../adapters/agents/driver.ts";
import { driverOf } from "../adapters/agents/drivers/index.ts";
import { removeSmallTree, removeTree } from "../adapters/files/remove-tree.ts";
import { BoundedLog } from "../adapters/process/bounded-log.ts";
import { startTimeOf } from "../adapters/process/process-table.ts";
import { supervise } from "../adapters/process/supervise.ts";
import { sandboxOf } from "../adapters/sandbox/inmate.ts";
import { asItIs, noSandbox, type Wrapped } from "../adapters/sandbox/sandbox.ts";
import type { ShownFolders } from "../adapters/setup/kept-folders.ts";
import type { SlotPaths } from "../adapters/workspace/slot.ts";
import type { AttemptJob, Handoff, JournalBody } from "../domain/job.ts";
import { leasesEnvironment } from "../domain/lease.ts";
import type { Ending } from "../domain/judge-attempt.ts";
import type { Redactor } from "../domain/redact.ts";
import { readableLog } from "../domain/present/agent-log.ts";
import { crashPoint } from "../engine/crash-point.ts";
import { messageOf } from "../std/operational-error.ts";
import { lastLines, printable } from "../std/text.ts";
import { AgentLines } from "./agent-output.ts";
import { AgentWatch } from "./agent-watch.ts";
import { bridgeFiles, bridges } from "./bridges.ts";
import type { Controlled } from "./control.ts";
import { portsOf } from "./ports.ts";
import { takeOutbox } from "./outbox.ts";
import { policyOf } from "./job-sandbox.ts";
import { redacted, RedactedLog, redactorFor } from "./redacted.ts";

const maxLogBytes = 8 * 1024 * 1024;
const logLines = 50;
/** How long an agent that said it had finished may take to leave. */
const leaveMs = 30_000;

export interface Observed {
  readonly ending: Ending;
  readonly driver: Driver;
  readonly watch: AgentWatch;
  /** End of its output, readable. */
  readonly log: string;
  readonly secrets: Redactor;
  /** Removes the private HOME that was kept for the session. */
  readonly forgetHome: () => Promise<void>;
  readonly sinceThawMs: number | null;
}

/** What of a job concerns the agent that does it. */
export interface AgentJob extends Pick<
  AttemptJob,
  "id" | "run" | "task" | "number" | "agent" | "resume" | "leftUsd" | "sandbox" | "hosts" | "taskText"
> {
  /** Of a session that may be gone on with the private HOME is kept. */
  readonly keepsHome: boolean;
  /** What its environment has besides. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** Where it is told of, and asked for things. */
interface Follower {
  readonly journal: { readonly write: (body: JournalBody) => void };
  readonly control: { readonly take: (running: Controlled) => void; readonly letGo: () => void };
  readonly kept: ShownFolders;
  readonly leases: readonly NamedLease[];
}

/** Starts the agent in a workspace that is ready, follows it to its end, and leaves nothing of it running. */
export async function runAgent(
  job: AgentJob,
  handoff: Handoff,
  slot: SlotPaths,
  { journal, control, kept, leases }: Follower,
): Promise<Observed> {
  const driver = driverOf(job.agent.driver, bridges());
  const place = await makePlace(job, handoff, slot, leases);
  const launch = driver.launch(place);
  writeAll(launch);
  const reader = driver.reader(place);
  const secrets = redactorFor(place.environment, job.agent.env);
  const log = new RedactedLog(new BoundedLog(join(handoff.folder, "agent.log"), maxLogBytes), secrets);
  const wrapped = await wrap({ job, handoff, slot, driver, place, launch, kept });
  const leaving = new Leaving(() => supervised.end({ kind: "limit", limit: "silence", limitMs: leaveMs }));
  const watch = new AgentWatch({
    limits: job.agent.limits,
    sessionUsage: job.resume?.sessionUsage ?? null,
    tell: (body) => journal.write(redacted(body, secrets)),
    end: (why) => supervised.end(why),
    elapsedMs: () => performance.now(),
  });
  const lines = new AgentLines(reader, (events) => {
    watch.take(events);
    if (watch.final === null) return leaving.over();
    leaving.begin();
    supervised.endInput();
  });
  crashPoint("runner/before-agent");
  const supervised = supervise(wrapped.argv, {
    cwd: slot.tree,
    env: wrapped.env,
    marker: `NIGHTCREW_MARKER=${job.id}`,
    limits: job.agent.limits,
    stdin: launch.stdin,
    converses: launch.converses,
    onStarted: (pid) => journal.write({ type: "working", pid, startTime: startTimeOf(pid) }),
    onOutput: (chunk, name) => {
      log.write(chunk, name);
      lines.push(chunk, name);
    },
  });
  crashPoint("runner/agent-started");
  control.take({
    ...supervised,
    tell: (said) => driver.message !== undefined && supervised.send(driver.message(said)),
  });
  const ending = wrapped.ending(await supervised.ended);
  control.letGo();
  lines.end(ending);
  leaving.over();
  for (const { host, port, count } of wrapped.refusals())
    watch.refuse(`connection to ${host}:${port} (${count} times)`);
  await wrapped.close();
  await takeOutbox(join(handoff.folder, "outbox"), (line) => watch.take(reader.line(line, false))).catch(
    // The agent's own folder, to do with as it likes; its work counts all the same.
    (error: unknown) => journal.write({ type: "message", text: `its outbox could not be read: ${messageOf(error)}` }),
  );
  watch.flush();
  const text = lastLines(printable(readableLog(await log.end())), logLines);
  const forgetHome = (): Promise<void> =>
    removeTree(keptHome(job, handoff)).catch((error: unknown) =>
      // It goes with the run's folder; the work counts all the same.
      journal.write({ type: "message", text: `its HOME could not be removed: ${messageOf(error)}` }),
    );
  return { forgetHome, ending, driver, watch, log: text, secrets, sinceThawMs: supervised.sinceThawMs() };
}

function writeAll({ files }: Launch): void {
  for (const { path, text } of files) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, text, { mode: 0o600 });
  }
}

interface ToWrap {
  readonly job: AgentJob;
  readonly handoff: Handoff;
  readonly slot: SlotPaths;
  readonly driver: Driver;
  readonly place: DriverJob;
  readonly launch: Launch;
  readonly kept: ShownFolders;
}

async function wrap({ job, handoff, slot, driver, place, launch, kept }: ToWrap): Promise<Wrapped> {
  const env = { ...place.environment, ...launch.env };
  const sandbox = await sandboxOf(job.sandbox, env["PATH"] ?? "");
  // What it may see takes longer to find out than all the rest of a start.
  if (sandbox === noSandbox) return asItIs(launch.argv, env);
  const policy = policyOf(handoff, slot, {
    command: [...launch.argv.slice(0, 1), ...bridgeFiles(driver), ...job.agent.command],
    env,
    rules: job.sandbox,
    hosts: job.hosts,
    kept,
    writable: [join(handoff.folder, "outbox"), place.scratch],
    readable: [place.promptFile],
    credentials: driver.probe?.loginFiles ?? [],
    keptHome: driver.traits.resumes && job.keepsHome ? keptHome(job, handoff) : null,
  });
  return sandbox.wrap(launch.argv, env, policy);
}

/** Beside the attempts of its task: the next one goes on with it. */
function keptHome(job: AgentJob, { folder }: Handoff): string {
  return join(dirname(folder), `${job.task}.home`, job.agent.name);
}

/** Ends an agent that has said that it is done, and does not leave. */
class Leaving {
  private readonly end: () => void;
  private timer: NodeJS.Timeout | null = null;

  constructor(end: () => void) {
    this.end = end;
  }

  begin(): void {
    this.timer ??= setTimeout(this.end, leaveMs);
  }

  over(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }
}

/** The folders an agent needs beside its work tree, and what it will see of its surroundings. */
async function makePlace(
  job: AgentJob,
  { folder, environment }: Handoff,
  slot: SlotPaths,
  leases: readonly NamedLease[],
): Promise<DriverJob> {
  const [outbox, scratch, promptFile] = [join(folder, "outbox"), join(folder, "scratch"), join(folder, "TASK.md")];
  mkdirSync(outbox, { recursive: true });
  // Begun again after a crash: what was there is nobody's.
  await removeSmallTree(scratch);
  mkdirSync(scratch, { recursive: true, mode: 0o700 });
  writeFileSync(promptFile, job.taskText);
  const { agent } = job;
  return {
    prompt: job.taskText,
    promptFile,
    workspace: slot.tree,
    scratch,
    command: agent.command,
    args: agent.args,
    model: agent.model,
    endpoint: agent.endpoint,
    maxTurns: agent.limits.turns,
    maxCostUsd: job.leftUsd,
    permissions: agent.permissions,
    converses: agent.converses === true,
    resume: job.resume?.session ?? null,
    sandboxed: job.sandbox.name !== "none",
    environment: variables(
      childEnvironment(environment ?? process.env, agent.env, {
        NIGHTCREW_RUN: job.run,
        NIGHTCREW_TASK: job.task,
        NIGHTCREW_ATTEMPT: String(job.number),
        NIGHTCREW_TASK_FILE: promptFile,
        NIGHTCREW_OUTBOX: outbox,
        NIGHTCREW_MARKER: job.id,
        ...leasesEnvironment(leases),
        ...portsOf(slot),
        ...job.variables,
        RUN_ID: job.run,
        AGENT_NAME: agent.name,
      }),
    ),
  };
}

function variables(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
