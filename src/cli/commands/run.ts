import { createInterface } from "node:readline/promises";
import type { Client } from "../../api/client.ts";
import { exitCodeOf } from "../../domain/report.ts";
import { OperationalError } from "../../std/operational-error.ts";
import type { Context, ExitCode, JsonOption } from "../context.ts";
import { withClient } from "../context.ts";
import { followRun } from "../output/follow-run.ts";
import { showPlan } from "../output/plan-text.ts";
import { showReport } from "../output/report-text.ts";
import { submissionOf, type SubmissionOptions } from "./plan.ts";

interface RunOptions extends SubmissionOptions {
  readonly yes?: boolean;
}

export function run(context: Context, sources: readonly string[], options: RunOptions): Promise<ExitCode> {
  return withClient(context, async (client): Promise<ExitCode> => {
    const request = submissionOf(context.cwd, sources, options);
    const quiet = options.json === true;
    if (options.yes !== true) {
      const plan = await client.call("plan", request);
      if (!quiet) showPlan(plan, context.output);
      if (!(await confirmed())) return 1;
    }
    const { run: id, plan } = await client.call("submit", request);
    if (!quiet && options.yes === true) showPlan(plan, context.output);
    return follow(client, context, id, quiet);
  });
}

export function resume(context: Context, [id]: readonly string[], options: JsonOption): Promise<ExitCode> {
  return withClient(context, async (client): Promise<ExitCode> => {
    const { run: found } = await client.call("resume", id === undefined ? {} : { run: id });
    return follow(client, context, found, options.json === true);
  });
}

async function confirmed(): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    throw new OperationalError({
      code: "not-confirmed",
      what: "Nobody is there to be asked whether this plan should run",
      next: "add --yes",
    });
  }
  const question = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const answer = await question.question("\nStart? [Y/n] ");
    return /^(y|yes|)$/i.test(answer.trim());
  } finally {
    question.close();
  }
}

/** Shows the run until it rests. Ctrl-C stops it in order; a second one leaves at once. */
async function follow(client: Client, context: Context, id: string, json: boolean): Promise<ExitCode> {
  const { output } = context;
  let interrupted = false;
  const onSignal = (): void => {
    if (interrupted) {
      output.note(`\nleft at once; runners end their agents by themselves. Go on with: nightcrew resume ${id}`);
      process.exit(130);
    }
    interrupted = true;
    output.note("stopping: agents are ended and their work is kept; press Ctrl-C again to leave at once");
    client.call("interrupt", { run: id }).catch((error: unknown) => output.note(String(error)));
  };
  const goOn = (): void => undefined;
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  // Closing the terminal ends the showing, not the work.
  process.on("SIGHUP", goOn);
  try {
    await followRun(client, id, output, json);
    const { report } = await client.call("report", { run: id });
    if (json) output.line(JSON.stringify({ version: 1, report }));
    else {
      output.line("");
      showReport(report, output);
    }
    return exitCodeOf(report);
  } finally {
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
    process.off("SIGHUP", goOn);
  }
}
