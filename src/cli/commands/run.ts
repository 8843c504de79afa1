import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Client } from "../../api/client.ts";
import type { PlanRequest } from "../../api/contract.ts";
import { findHome, sandboxFileName } from "../../api/home.ts";
import type { PlanView, SubmittedView } from "../../api/views.ts";
import { pick } from "../../domain/environment.ts";
import { exitCodeOf, type Report } from "../../domain/report.ts";
import { OperationalError } from "../../std/operational-error.ts";
import { ask, isYes } from "../ask.ts";
import { clientOf, type Context, type ExitCode } from "../context.ts";
import { leaveOnInterrupt, leftCode, noteWaysBack, type Leaving } from "../leave.ts";
import { followRun } from "../output/follow-run.ts";
import { showPlan } from "../output/plan-text.ts";
import { showReport } from "../output/report-text.ts";
import type { Output } from "../output/terminal.ts";
import { optionsOfPlanFile, submissionOf, type SubmissionOptions } from "./plan.ts";
import { requestPart, sayingWhatTakesLong } from "./request.ts";

interface RunOptions extends SubmissionOptions {
  readonly yes?: boolean;
  readonly detach?: boolean;
  /** What Ctrl-C does besides ending the showing; the ways back are told unless it is given. */
  readonly leave?: (id: string) => Promise<unknown>;
}

export async function run(context: Context, sources: readonly string[], options: RunOptions): Promise<ExitCode> {
  const { output } = context;
  const client = clientOf(context);
  const begun = await submit(client, context, { sources, options });
  if (begun === null) return 1;
  const { submitted, leaving } = begun;
  noteOnlyInMemory(submitted, output);
  const { run: id } = submitted;
  const json = options.json === true;
  if (options.detach === true) {
    output.line(json ? JSON.stringify({ version: 1, run: id }) : id);
    if (!json) noteWaysBack(id, output);
    return 0;
  }
  return followToEnd(client, output, { id, json, leave: options.leave, leaving });
}

interface Begun {
  readonly submitted: SubmittedView;
  readonly leaving: Leaving;
}

interface Asked {
  readonly sources: readonly string[];
  readonly options: RunOptions;
  /** The plan file that is edited, where the person began to, and the key under which it was planned. */
  readonly edited?: { readonly name: string; readonly key: string | undefined };
}

/** Plans, shows, asks; then submits the same with what the plan's agents need of this environment. Null for a no. */
async function submit(client: Client, context: Context, asking: Asked): Promise<Begun | null> {
  const { sources, options, edited } = asking;
  const { output, cwd } = context;
  const { fields, by } = await requestPart(client, context, sources, options);
  // Nobody pays for a plan that nobody is there to confirm.
  if (by !== null && options.yes !== true) refuseUnattended();
  const key = edited?.key ?? randomBytes(4).toString("hex");
  const asked = { ...submissionOf(cwd, sources, options), ...fields, key };
  const plans = (): Promise<PlanView> => client.call("plan", asked);
  const plan = await allowing(options, () =>
    options.json === true ? plans() : sayingWhatTakesLong(by, output, plans),
  );
  const show = options.json === true ? (): void => undefined : (): void => showPlan(plan, output);
  if (options.yes !== true) {
    show();
    const said = await startIt();
    if (said === "edit") return submitEdited(client, context, { request: asked, options, edited });
    if (said === "no") {
      output.note("nothing was started");
      return null;
    }
  }
  const secrets = pick(process.env, (name) => plan.environment.includes(name));
  // From here on the run may begin at any time: whoever leaves now is told which it is.
  const leaving = leaveOnInterrupt();
  try {
    const submitted = await client.call("submit", { ...asked, secrets });
    if (options.yes === true && options.detach !== true) show();
    return { submitted, leaving };
  } catch (error) {
    leaving.end();
    throw error;
  }
}

interface ToEdit {
  readonly request: PlanRequest;
  readonly options: RunOptions;
  readonly edited: Asked["edited"] | undefined;
}

/** What the person makes of the plan is shown and asked about like any other. It stays where they left it, unless it was begun. */
async function submitEdited(
  client: Client,
  context: Context,
  { request, options, edited }: ToEdit,
): Promise<Begun | null> {
  const { output, cwd } = context;
  const { editedPlan } = await import("./plan-edit.ts");
  const name = edited?.name ?? join(await mkdtemp(join(tmpdir(), "nightcrew-plan-")), "plan.yaml");
  let begun: Begun | null = null;
  try {
    await editedPlan(client, output, { request, options, cwd, name });
    // What was said on standard input is in the file by now.
    const asked = {
      options: optionsOfPlanFile(options),
      sources: [name],
      edited: { name, key: request.key },
    };
    return (begun = await submit(client, context, asked));
  } finally {
    if (begun !== null) await rm(dirname(name), { recursive: true, force: true });
    else if (edited === undefined) output.note(`the plan is kept as you left it: nightcrew run ${name}`);
  }
}

/** Where there is no sandbox, a person is asked once whether that is all right in this home. */
async function allowing({ yes }: RunOptions, plans: () => Promise<PlanView>): Promise<PlanView> {
  try {
    return await plans();
  } catch (error) {
    if (yes === true || !process.stdin.isTTY || !(error instanceof OperationalError) || error.code !== "no-sandbox")
      throw error;
    // Who said so by the environment is not asked what the home is to say.
    if ((process.env["NIGHTCREW_SANDBOX"] ?? "") !== "") throw error;
    const question = `${error.message}: ${error.why ?? ""}\nRun agents without one, here and from now on? [y/N] `;
    if (!isYes(await ask(question), false)) throw error;
    await writeFile(join(findHome(process.env).folder, sandboxFileName), "allow-none\n", { mode: 0o600 });
    return plans();
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

/** What is none of the answers is asked about once more: a slip of the finger is no word on what was paid for. */
async function startIt(): Promise<"yes" | "edit" | "no"> {
  refuseUnattended();
  for (const question of ["\nStart? [Y/n] (e: edit it first) ", "Start? y: yes, n: no, e: edit it first "]) {
    const said = await ask(question);
    if (said === null || /^no?$/.test(said)) return "no";
    if (/^e(dit)?$/.test(said)) return "edit";
    if (isYes(said, true)) return "yes";
  }
  return "no";
}

interface Followed {
  readonly id: string;
  readonly json: boolean;
  readonly leave?: RunOptions["leave"];
  /** Nothing older is told as news; milliseconds since the epoch. */
  readonly newsFrom?: number;
  /** What the end is worth; by the run itself where it is missing. */
  readonly codeOf?: (report: Report) => ExitCode;
  /** Where Ctrl-C was listened to before. */
  readonly leaving?: Leaving;
}

/** Shows the run until it rests; Ctrl-C leaves it going. */
export async function followToEnd(
  client: Client,
  output: Output,
  { id, json, leave, newsFrom = 0, codeOf = exitCodeOf, leaving = leaveOnInterrupt() }: Followed,
): Promise<ExitCode> {
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
