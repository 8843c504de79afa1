import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "../../api/client.ts";
import type { PlanRequest } from "../../api/contract.ts";
import { findHome, sandboxFileName } from "../../api/home.ts";
import type { PlanView, SubmittedView } from "../../api/views.ts";
import { pick } from "../../domain/environment.ts";
import { exitCodeOf, type Report } from "../../domain/report.ts";
import { OperationalError } from "../../std/operational-error.ts";
import { ask } from "../ask.ts";
import { clientOf, type Context, type ExitCode } from "../context.ts";
import { leaveOnInterrupt, leftCode, noteWaysBack } from "../leave.ts";
import { followRun } from "../output/follow-run.ts";
import { showPlan } from "../output/plan-text.ts";
import { showReport } from "../output/report-text.ts";
import type { Output } from "../output/terminal.ts";
import { submissionOf, type SubmissionOptions } from "./plan.ts";
import { requestPart, sayingWhoIsAsked } from "./request.ts";

interface RunOptions extends SubmissionOptions {
  readonly yes?: boolean;
  readonly detach?: boolean;
  /** What Ctrl-C does besides ending the showing; the ways back are told unless it is given. */
  readonly leave?: (id: string) => Promise<unknown>;
}

export async function run(context: Context, sources: readonly string[], options: RunOptions): Promise<ExitCode> {
  const { output } = context;
  const client = clientOf(context);
  const submitted = await submit(client, context, { sources, options });
  if (submitted === null) return 1;
  noteOnlyInMemory(submitted, output);
  const { run: id } = submitted;
  const json = options.json === true;
  if (options.detach === true) {
    output.line(json ? JSON.stringify({ version: 1, run: id }) : id);
    if (!json) noteWaysBack(id, output);
    return 0;
  }
  return followToEnd(client, output, { id, json, leave: options.leave });
}

interface Asked {
  readonly sources: readonly string[];
  readonly options: RunOptions;
}

/** Plans, shows, asks; then submits the same with what the plan's agents need of this environment. Null for a no. */
async function submit(client: Client, context: Context, { sources, options }: Asked): Promise<SubmittedView | null> {
  const { output, cwd } = context;
  const { fields, by } = await requestPart(client, context, sources, options);
  // Nobody pays for a plan that nobody is there to confirm.
  if (by !== null && options.yes !== true) refuseUnattended();
  const asked = { ...submissionOf(cwd, sources, options), ...fields, key: randomBytes(4).toString("hex") };
  const shownBy = options.json === true ? null : by;
  const { plan, request } = await sayingWhoIsAsked(shownBy, output, () => planned(client, asked, options));
  const show = options.json === true ? (): void => undefined : (): void => showPlan(plan, output);
  if (options.yes !== true) {
    show();
    const said = await startIt();
    if (said === "edit") return submitEdited(client, context, { request, options });
    if (said === "no") return null;
  }
  const secrets = pick(process.env, (name) => plan.environment.includes(name));
  const submitted = await client.call("submit", { ...request, secrets });
  if (options.yes === true && options.detach !== true) show();
  return submitted;
}

/** What the person makes of the plan is shown and asked about like any other. */
async function submitEdited(
  client: Client,
  context: Context,
  { request, options }: { readonly request: PlanRequest; readonly options: RunOptions },
): Promise<SubmittedView | null> {
  const { output, cwd } = context;
  const { editedPlan } = await import("./plan-edit.ts");
  const folder = await mkdtemp(join(tmpdir(), "nightcrew-plan-"));
  try {
    const file = await editedPlan(client, output, { request, options, cwd, folder });
    // What was said on standard input is in the file by now.
    return await submit(client, context, { options: { ...options, stdin: false }, sources: [file] });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Where there is no sandbox, a person is asked once whether that is all right in this home. */
async function planned(
  client: Client,
  request: PlanRequest,
  { yes }: RunOptions,
): Promise<{ readonly plan: PlanView; readonly request: PlanRequest }> {
  try {
    return { plan: await client.call("plan", request), request };
  } catch (error) {
    if (yes === true || !process.stdin.isTTY || !(error instanceof OperationalError) || error.code !== "no-sandbox")
      throw error;
    // Who said so by the environment is not asked what the home is to say.
    if ((process.env["NIGHTCREW_SANDBOX"] ?? "") !== "") throw error;
    const question = `${error.message}: ${error.why ?? ""}\nRun agents without one, here and from now on? [y/N] `;
    if (!/^y(es)?$/.test(await ask(question))) throw error;
    await writeFile(join(findHome(process.env).folder, sandboxFileName), "allow-none\n", { mode: 0o600 });
    return { plan: await client.call("plan", request), request };
  }
}

function noteOnlyInMemory({ onlyInMemory }: SubmittedView, output: Output): void {
  if (onlyInMemory.length === 0) return;
  const names = onlyInMemory.join(", ");
  const file = join(findHome(process.env).folder, "env");
  output.note(
    `note: ${names}: the daemon has it in memory only; for after a restart: NAME=value in ${file} (chmod 600)`,
  );
}

function refuseUnattended(): void {
  if (process.stdin.isTTY && process.stdout.isTTY) return;
  throw new OperationalError({
    code: "not-confirmed",
    what: "Nobody is there to be asked whether this plan should run",
    next: "add --yes",
  });
}

async function startIt(): Promise<"yes" | "edit" | "no"> {
  refuseUnattended();
  const said = await ask("\nStart? [Y/n] (e: edit it first) ");
  if (/^e(dit)?$/.test(said)) return "edit";
  return /^(y|yes|)$/.test(said) ? "yes" : "no";
}

interface Followed {
  readonly id: string;
  readonly json: boolean;
  readonly leave?: RunOptions["leave"];
  /** Nothing older is told as news; milliseconds since the epoch. */
  readonly newsFrom?: number;
  /** What the end is worth; by the run itself where it is missing. */
  readonly codeOf?: (report: Report) => ExitCode;
}

/** Shows the run until it rests; Ctrl-C leaves it going. */
export async function followToEnd(
  client: Client,
  output: Output,
  { id, json, leave, newsFrom = 0, codeOf = exitCodeOf }: Followed,
): Promise<ExitCode> {
  const leaving = leaveOnInterrupt();
  try {
    await followRun(client, { run: id, json, newsFrom, signal: leaving.signal }, output);
  } finally {
    leaving.end();
  }
  if (leaving.signal.aborted) {
    if (leave === undefined) noteWaysBack(id, output);
    else await leave(id);
    return leftCode;
  }
  const { report } = await client.call("report", { run: id });
  if (json) output.line(JSON.stringify({ version: 1, report }));
  else {
    output.line("");
    showReport(report, output);
  }
  return codeOf(report);
}
