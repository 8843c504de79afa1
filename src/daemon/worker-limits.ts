import type { WorkerLimits } from "../domain/rows.ts";
import { OperationalError } from "../std/operational-error.ts";

const most = 256;

/**
 * How many agents may work at once in this home, whatever its runs may use each: `AGENT_PARALLEL_MAX` for all of them,
 * `NIGHTCREW_REPOSITORY_WORKERS` for those of one repository.
 */
export function workerLimits(env: NodeJS.ProcessEnv): WorkerLimits {
  const total = limit(env, "AGENT_PARALLEL_MAX");
  return { total, perRepository: Math.min(total, limit(env, "NIGHTCREW_REPOSITORY_WORKERS")) };
}

function limit(env: NodeJS.ProcessEnv, name: string): number {
  const text = env[name] ?? "";
  if (text === "") return most;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new OperationalError({
    code: "invalid-setting",
    what: `${name} is not a number from 1 to ${most}: ${text}`,
    next: `set it to one, or leave it out: unset ${name}`,
  });
}
