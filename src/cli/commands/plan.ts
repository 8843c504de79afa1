import { writeFile } from "node:fs/promises";
import type { PlanRequest } from "../../api/contract.ts";
import { isLogin, isSetting, pick } from "../../domain/environment.ts";
import type { OnConflict } from "../../domain/run.ts";
import { clientOf, type Context, type ExitCode, type JsonOption } from "../context.ts";
import { showPlan } from "../output/plan-text.ts";

export interface SubmissionOptions extends JsonOption {
  readonly target?: string;
  readonly agent?: string;
  readonly workers?: number;
  readonly gate?: string;
  readonly validate?: string;
  readonly onConflict?: OnConflict;
  readonly sync?: "landing" | "request" | "none";
  readonly remote?: string;
  readonly allowUnsandboxed?: boolean;
  /** False: `--no-land`. */
  readonly land?: boolean;
}

interface PlanOptions extends SubmissionOptions {
  readonly output?: string;
}

export function submissionOf(cwd: string, sources: readonly string[], options: SubmissionOptions): PlanRequest {
  const { target, agent, workers, gate, validate, onConflict, sync, remote, allowUnsandboxed } = options;
  const land = options.land === false ? false : undefined;
  const all = { target, agent, workers, gate, validate, onConflict, sync, remote, allowUnsandboxed, land };
  const stated = Object.entries(all).filter(([, value]) => value !== undefined);
  return {
    cwd,
    sources: [...sources],
    environment: pick(process.env, isSetting),
    login: pick(process.env, isLogin),
    variables: Object.keys(process.env).slice(0, 5_000),
    ...Object.fromEntries(stated),
  };
}

export async function plan(context: Context, sources: readonly string[], options: PlanOptions): Promise<ExitCode> {
  const { output, cwd } = context;
  const answer = await clientOf(context).call("plan", submissionOf(cwd, sources, options));
  if (options.output !== undefined) await writeFile(options.output, `${JSON.stringify(answer, null, 2)}\n`);
  if (options.json === true) output.line(JSON.stringify(answer));
  else showPlan(answer, output);
  return 0;
}
