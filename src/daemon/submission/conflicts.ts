import type { Config } from "../../adapters/config/schema.ts";
import type { OnConflict, RunSettings } from "../../domain/run.ts";

const defaultToolMs = 5 * 60_000;

/** What becomes of conflicts. `asked`: on the command line. */
export function conflictRules(
  { onConflict, conflicts, lockFiles }: Config,
  asked: OnConflict | undefined,
): Pick<RunSettings, "onConflict" | "predict" | "lockFiles"> {
  const rules = { onConflict: asked ?? onConflict ?? "reopen", predict: conflicts.predict ?? "tell" } as const;
  if (lockFiles.length === 0) return rules;
  const tools = lockFiles.map(({ path, run, timeout = defaultToolMs }) => ({ path, run, timeoutMs: timeout }));
  return { ...rules, lockFiles: tools };
}
