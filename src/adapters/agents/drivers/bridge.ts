import type { Driver, DriverJob } from "../driver.ts";
import { agentLinesReader, messageLine } from "./agent-lines.ts";
import { resumed, spaced } from "./launching.ts";

/**
 * An agent behind a program of ours, which speaks the agent's own protocol with it and tells of it in the lines that
 * a command may write. `bridge`: program and leading arguments; what `agentOf` gives follows behind `--`.
 */
export function bridgeDriver(
  kind: Pick<Driver, "name" | "program" | "traits" | "probe" | "provider" | "hosts">,
  bridge: readonly string[],
  agentOf: (job: DriverJob) => readonly string[],
): Driver {
  return {
    ...kind,
    launch: (job) => ({
      argv: [...bridge, ...told(job), ...behind(agentOf(job))],
      env: {},
      files: [],
      stdin: null,
      converses: true,
    }),
    message: messageLine,
    reader: agentLinesReader,
  };
}

function told(job: DriverJob): readonly string[] {
  return [
    ...spaced("--prompt-file", job.promptFile),
    ...spaced("--model", job.model),
    ...spaced("--resume", resumed(job)),
    ...spaced("--max-turns", job.maxTurns),
    ...spaced("--endpoint", job.endpoint),
    ...spaced("--permissions", job.permissions === "allow" ? null : job.permissions),
  ];
}

function behind(agent: readonly string[]): readonly string[] {
  return agent.length === 0 ? [] : ["--", ...agent];
}
