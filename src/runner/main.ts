import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { assert } from "../std/assert.ts";
import { startTimeOf } from "../adapters/process/process-table.ts";
import { armCrashPoints, crashPoint } from "../engine/crash-point.ts";
import { crashAt } from "../adapters/process/crash-at.ts";
import { protocolVersion, type Handoff, type Job, type RunnerCommand } from "../domain/job.ts";
import { claim } from "../adapters/runners/claim.ts";
import { Journal } from "./journal.ts";
import { LineSplitter } from "../std/json-lines.ts";
import { messageOf } from "../std/operational-error.ts";
import { failedResult, runAttempt } from "./run-attempt.ts";
import { runChecks } from "./run-checks.ts";
import { Control } from "./control.ts";
import { listen } from "./listen.ts";
import { pulse } from "./pulse.ts";

/** Characters of a command: it holds an environment, of which no system takes more than a few megabytes. */
const maxCommand = 16 * 1024 * 1024;

/**
 * The process that supervises one attempt or gate at a time. It is told what to do on stdin and does the rest without
 * whoever told it: when stdin ends it finishes what it has and leaves. What happened is in the journal; a line on stdout
 * only says that there is more to read.
 */
async function main(): Promise<void> {
  const jobs = new Map<string, Control>();
  let work: Promise<void> = Promise.resolve();
  // The daemon may be gone: nobody reads, and that changes nothing.
  process.stdout.on("error", () => undefined);
  process.on("SIGTERM", () => {
    for (const control of jobs.values()) control.obey({ type: "stop" });
  });
  const lines = new LineSplitter((line) => {
    const command = JSON.parse(line) as RunnerCommand;
    if (command.type === "control") return void jobs.get(command.folder)?.obey(command.command);
    const control = new Control(command.frozen);
    jobs.set(command.folder, control);
    const before = work;
    work = (async () => {
      await before;
      await runJob(command, control);
      jobs.delete(command.folder);
    })();
  }, maxCommand);
  for await (const chunk of process.stdin.setEncoding("utf8")) lines.push(chunk as string);
  await work;
}

async function runJob(handoff: Handoff, control: Control): Promise<void> {
  crashPoint("runner/before-claim");
  if (!claim(handoff.folder)) return tell({ folder: handoff.folder, event: "refused" });
  const journal = new Journal(handoff.folder, Date.now, () => tell({ folder: handoff.folder, event: "written" }));
  const stopListening = listen(
    handoff.control,
    (command) => control.obey(command),
    (error) => journal.write({ type: "message", text: `it cannot be controlled from outside: ${error.message}` }),
  );
  const endPulse = pulse(handoff.folder, handoff.stopFile, () => control.obey({ type: "stop" }));
  try {
    crashPoint("runner/claimed");
    journal.write({ type: "claimed", pid: process.pid, startTime: startTimeOf(process.pid) ?? "unknown" });
    const job = JSON.parse(await readFile(join(handoff.folder, "job.json"), "utf8")) as Job;
    assert(
      job.protocol === protocolVersion,
      `job.json has protocol ${String(job.protocol)}, this runner speaks ${protocolVersion}`,
    );
    // Also its gits must not outlive it, and write into a workspace that is the next attempt's by then: whoever notices the
    // loss of this process ends what carries the mark.
    process.env["NIGHTCREW_MARKER"] = job.id;
    if (job.kind === "attempt") {
      const result = await runAttempt(job, handoff, journal, control);
      crashPoint("runner/attempt-ends");
      await journal.end({ type: "attempt-ended", result });
      crashPoint("runner/attempt-ended");
    } else {
      const ended = await runChecks(job, handoff, control, journal);
      crashPoint("runner/checks-end");
      await journal.end({ type: "checks-ended", ...ended });
      crashPoint("runner/checks-ended");
    }
  } catch (error) {
    // Whatever it was: whoever waits for this job is told, and the process serves no further one.
    const failure = { reason: "workspace", step: "supervising", detail: messageOf(error) } as const;
    await journal.end({ type: "attempt-ended", result: failedResult(failure) });
    throw error;
  } finally {
    endPulse();
    stopListening();
    journal.close();
  }
}

function tell(message: { folder: string; event: "written" | "refused" }): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

armCrashPoints(() => crashAt(process.env));
main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 70;
});
