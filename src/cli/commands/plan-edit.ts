import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Client } from "../../api/client.ts";
import type { PlanRequest } from "../../api/contract.ts";
import type { PlanView } from "../../api/views.ts";
import { OperationalError } from "../../std/operational-error.ts";
import { ask, isYes } from "../ask.ts";
import { clientOf, type Context, type ExitCode } from "../context.ts";
import { editFile, requireEditor } from "../edit-file.ts";
import { showError } from "../output/error-text.ts";
import { showPlan } from "../output/plan-text.ts";
import type { Output } from "../output/terminal.ts";
import { writeFor } from "../write-file.ts";
import { optionsOfPlanFile, submissionOf, type PlanOptions, type SubmissionOptions } from "./plan.ts";
import { requestPart, sayingWhatTakesLong } from "./request.ts";

const isPlanFile = (word: string): boolean => /\.(ya?ml|json)$/i.test(word);

/** Writes the plan down where it is not a file yet, opens it in the person's editor, and looks at what came of it. */
export async function planEdit(context: Context, sources: readonly string[], options: PlanOptions): Promise<ExitCode> {
  const { output, cwd } = context;
  const client = clientOf(context);
  const [only] = sources;
  const given = sources.length === 1 && only !== undefined && isPlanFile(only) && existsSync(resolve(cwd, only));
  const name = given ? only : (options.output ?? "plan.yaml");
  // Before anything is written, or a model asked.
  requireEditor(name);
  if (!given) {
    const { fields, by } = await requestPart(client, context, sources, options);
    const request = { ...submissionOf(cwd, sources, options), ...fields };
    await sayingWhatTakesLong(by, output, () => writeDown(client, { name, cwd, request }));
  }
  const plan = await editUntilSound(client, output, { name, cwd, options });
  if (options.json === true) output.line(JSON.stringify(plan));
  else {
    showPlan(plan, output);
    output.note(`\nrun it: nightcrew run ${name}`);
  }
  return 0;
}

interface Written {
  readonly name: string;
  readonly cwd: string;
  readonly options: SubmissionOptions;
}

interface ToWrite {
  readonly name: string;
  readonly cwd: string;
  readonly request: PlanRequest;
}

async function writeDown(client: Client, { name, cwd, request }: ToWrite): Promise<void> {
  const fileAt = resolve(cwd, name);
  const { file = "" } = await client.call("plan", { ...request, fileAt });
  // Never over somebody's file: it may be a plan that was edited before.
  await writeFor({ name, file: fileAt }, file, {
    elsewhere: `edit that: nightcrew plan edit ${name}; or write elsewhere: -o FILE`,
  });
}

/** A plan that is not sound stays as it was written: it is told what is wrong, and who is there may go on. */
async function editUntilSound(client: Client, output: Output, { name, cwd, options }: Written): Promise<PlanView> {
  for (;;) {
    await editFile(resolve(cwd, name));
    try {
      return await client.call("plan", submissionOf(cwd, [name], optionsOfPlanFile(options)));
    } catch (error) {
      if (!(error instanceof OperationalError) || !process.stdin.isTTY || !process.stdout.isTTY) throw error;
      showError(error, output);
      if (!isYes(await ask("Edit again? [Y/n] "), true)) throw error;
    }
  }
}

/** The plan of a request, as the person edits it, in the file `name`; edited again where it is there. */
export async function editedPlan(
  client: Client,
  output: Output,
  { request, ...asked }: Written & ToWrite,
): Promise<void> {
  if (!existsSync(asked.name)) await writeDown(client, { ...asked, request });
  await editUntilSound(client, output, asked);
}
