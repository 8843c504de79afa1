import type { Driver } from "../driver.ts";
import { agentLinesReader, messageLine } from "./agent-lines.ts";

/** Any program: it is run as it is, may tell of itself in lines of JSON, and reads such lines where it is said to. */
export const command: Driver = {
  name: "command",
  program: null,
  traits: { saysFinal: false, resumes: false, converses: false, usage: "cost", permissions: ["allow"] },
  probe: null,
  provider: null,
  hosts: [],
  message: messageLine,
  launch: (job) => ({
    argv: [...job.command, ...job.args],
    env: {},
    files: [],
    stdin: null,
    converses: job.converses,
  }),
  reader: agentLinesReader,
};
