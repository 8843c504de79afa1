import { existsSync } from "node:fs";
import { join } from "node:path";
import { stopFileName } from "../../domain/job.ts";
import { askDaemon, clientOf, type Context, type ExitCode, type JsonOption } from "../context.ts";
import { leaveOnInterrupt, leftCode } from "../leave.ts";
import { followRun } from "../output/follow-run.ts";
import { showRuns, showStatus, showTasks } from "../output/status-text.ts";

interface StatusOptions extends JsonOption {
  readonly watch?: boolean;
}

export async function status(context: Context, [id]: readonly string[], options: StatusOptions): Promise<ExitCode> {
  const client = clientOf(context);
  const { output } = context;
  const request = id === undefined ? {} : { run: id };
  const answer = await askDaemon(context, "status", request);
  const json = options.json === true;
  const current = answer.current?.run;
  const goesOn = current?.status === "active" || current?.status === "paused";
  // What there was to see of a run that is named is told to programs also when it is over.
  const told = goesOn || (json && id !== undefined);
  const watched = options.watch === true && told ? (current?.id ?? null) : null;
  if (json) output.line(JSON.stringify(answer));
  // The live picture shows the same, and goes on.
  else if (watched === null || !output.interactive) showStatus(answer, output);
  if (!json && existsSync(join(answer.home, stopFileName)))
    output.line(output.style.yellow("everything was stopped; nothing begins until: nightcrew resume --all"));
  if (watched === null) return 0;
  const leaving = leaveOnInterrupt();
  try {
    await followRun(client, { run: watched, json, newsFrom: Date.now(), signal: leaving.signal }, output);
  } finally {
    leaving.end();
  }
  if (leaving.signal.aborted) return leftCode;
  if (!json) showStatus(await client.call("status", { run: watched }), output);
  return 0;
}

export async function tasks(context: Context, [run]: readonly string[], options: JsonOption): Promise<ExitCode> {
  const answer = await askDaemon(context, "tasks", run === undefined ? {} : { run });
  if (options.json === true) context.output.line(JSON.stringify(answer));
  else showTasks(answer, context.output);
  return 0;
}

interface RunsOptions extends JsonOption {
  readonly limit?: number;
}

export async function runs(context: Context, _args: readonly string[], options: RunsOptions): Promise<ExitCode> {
  const answer = await askDaemon(context, "runs", options.limit === undefined ? {} : { limit: options.limit });
  if (options.json === true) context.output.line(JSON.stringify(answer));
  else if (answer.runs.length === 0) context.output.line("No run yet. Begin with: nightcrew run ROADMAP.md");
  else showRuns(answer.runs, context.output);
  return 0;
}
