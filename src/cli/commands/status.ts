import type { Context, ExitCode, JsonOption } from "../context.ts";
import { withClient } from "../context.ts";
import { followRun } from "../output/follow-run.ts";
import { showRuns, showStatus, showTasks } from "../output/status-text.ts";

interface StatusOptions extends JsonOption {
  readonly watch?: boolean;
}

export function status(context: Context, [run]: readonly string[], options: StatusOptions): Promise<ExitCode> {
  return withClient(context, async (client): Promise<ExitCode> => {
    const answer = await client.call("status", run === undefined ? {} : { run });
    const json = options.json === true;
    if (json) context.output.line(JSON.stringify(answer));
    else showStatus(answer, context.output);
    const current = answer.current?.run;
    if (options.watch === true && current !== undefined && current.driven)
      await followRun(client, current.id, context.output, json);
    return 0;
  });
}

export function tasks(context: Context, [run]: readonly string[], options: JsonOption): Promise<ExitCode> {
  return withClient(context, async (client): Promise<ExitCode> => {
    const answer = await client.call("tasks", run === undefined ? {} : { run });
    if (options.json === true) context.output.line(JSON.stringify(answer));
    else showTasks(answer, context.output);
    return 0;
  });
}

interface RunsOptions extends JsonOption {
  readonly limit?: number;
}

export function runs(context: Context, _args: readonly string[], options: RunsOptions): Promise<ExitCode> {
  return withClient(context, async (client): Promise<ExitCode> => {
    const answer = await client.call("runs", options.limit === undefined ? {} : { limit: options.limit });
    if (options.json === true) context.output.line(JSON.stringify(answer));
    else if (answer.runs.length === 0) context.output.line("No run yet. Begin with: nightcrew run ROADMAP.md");
    else showRuns(answer.runs, context.output);
    return 0;
  });
}
