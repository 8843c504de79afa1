import { resolve } from "node:path";
import type { PlanRequest } from "../../api/contract.ts";
import type { PlanView } from "../../api/views.ts";
import type { CollisionMode } from "../../domain/collisions/collision-mode.ts";
import { isLogin, isSetting, pick, trackerTokenNames } from "../../domain/environment.ts";
import type { Grouping } from "../../domain/plan.ts";
import { isGitHubWord } from "../../domain/issue-word.ts";
import type { OnConflict } from "../../domain/run.ts";
import { clientOf, setVariables, type Context, type ExitCode, type JsonOption } from "../context.ts";
import { showDiff } from "../output/plan-diff-text.ts";
import { writeFor } from "../write-file.ts";
import { showPlan } from "../output/plan-text.ts";
import { requestPart, sayingWhatTakesLong, type RequestOptions } from "./request.ts";

export interface SubmissionOptions extends JsonOption, RequestOptions {
  readonly target?: string;
  readonly agent?: string;
  readonly workers?: number;
  readonly gate?: string;
  readonly validate?: string;
  readonly onConflict?: OnConflict;
  readonly collisions?: CollisionMode;
  readonly group?: Grouping;
  readonly sync?: "landing" | "request" | "none";
  readonly remote?: string;
  readonly allowUnsandboxed?: boolean;
  readonly next?: number;
  readonly all?: boolean;
  readonly label?: readonly string[];
  /** False: `--no-land`. */
  readonly land?: boolean;
}

export interface PlanOptions extends SubmissionOptions {
  readonly output?: string;
  /** What is not as in the last run of the same sources. */
  readonly diff?: boolean;
  /** What is not as in that plan file. */
  readonly against?: string;
  readonly schema?: boolean;
}

/** Options that the daemon takes as they are. */
const handedOn = [
  "target",
  "agent",
  "workers",
  "gate",
  "validate",
  "onConflict",
  "collisions",
  "group",
  "sync",
  "remote",
  "allowUnsandboxed",
  "next",
  "all",
] as const satisfies readonly (keyof SubmissionOptions & keyof PlanRequest)[];

export function submissionOf(cwd: string, sources: readonly string[], options: SubmissionOptions): PlanRequest {
  // A plan file may name issues, too. Nobody else needs it.
  const mayNeed = (word: string): boolean => isGitHubWord(word) || /\.(ya?ml|json)$/i.test(word);
  const tokens = sources.some(mayNeed) ? trackerTokenNames : [];
  const asked = [
    ...handedOn.map((name) => [name, options[name]] as const),
    ["labels", options.label] as const,
    ["land", options.land === false ? false : undefined] as const,
  ];
  return {
    cwd,
    sources: [...sources],
    environment: pick(process.env, isSetting),
    login: pick(process.env, (name) => isLogin(name) || tokens.includes(name)),
    variables: setVariables(),
    ...Object.fromEntries(asked.filter(([, value]) => value !== undefined)),
  };
}

/** What of the options concerns a plan file that was made by them; the others said of what it was made. */
export function optionsOfPlanFile<T extends SubmissionOptions>(
  options: T,
): Omit<T, "stdin" | "normalise" | ChoiceOption> {
  const { stdin: _, normalise: __, next: ___, all: ____, label: _____, ...rest } = options;
  return rest;
}

type ChoiceOption = "next" | "all" | "label";

export async function plan(context: Context, sources: readonly string[], options: PlanOptions): Promise<ExitCode> {
  const { output, cwd } = context;
  const client = clientOf(context);
  if (options.schema === true) {
    const { schema } = await client.call("planSchema", {});
    output.line(JSON.stringify(schema, null, 2));
    return 0;
  }
  const { fields, by } = await requestPart(client, context, sources, options);
  const request = {
    ...submissionOf(cwd, sources, options),
    ...fields,
    ...(options.output === undefined ? {} : { fileAt: resolve(cwd, options.output) }),
    ...(options.against === undefined ? {} : { diff: { to: options.against } }),
    ...(options.diff === true && options.against === undefined ? { diff: {} } : {}),
  };
  const asked = (): Promise<PlanView> => client.call("plan", request);
  const answer = options.json === true ? await asked() : await sayingWhatTakesLong(by, output, asked);
  const { file, ...view } = answer;
  if (options.output !== undefined && file !== undefined)
    await writeFor({ name: options.output, file: resolve(cwd, options.output) }, file);
  if (options.json === true) output.line(JSON.stringify(view));
  else if (view.diff !== undefined) showDiff(view, view.diff, output);
  else showPlan(view, output);
  if (options.output !== undefined && options.json !== true) {
    output.note(`\nwritten to ${options.output}; edit it: nightcrew plan edit ${options.output}`);
  }
  return 0;
}
