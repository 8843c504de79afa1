import type { Config } from "../../adapters/config/schema.ts";
import type { RunSettings } from "../../domain/run.ts";

const defaultTimeoutMs = 5 * 60_000;

/** What the configuration says is made anew where two sides changed it. */
export function lockFilesOf({ lockFiles }: Pick<Config, "lockFiles">): Pick<RunSettings, "lockFiles"> {
  if (lockFiles.length === 0) return {};
  return {
    lockFiles: lockFiles.map(({ path, run, timeout = defaultTimeoutMs }) => ({ path, run, timeoutMs: timeout })),
  };
}
