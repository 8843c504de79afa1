import type { Driver } from "../driver.ts";
import { agentLinesReader } from "./agent-lines.ts";

/** Any program: it is run as it is, and may tell of itself in lines of JSON. */
export const command: Driver = {
  name: "command",
  program: null,
  traits: { saysFinal: false, resumes: false, converses: false, usage: "cost" },
  probe: null,
  provider: null,
  hosts: [],
  launch: (job) => ({ argv: [...job.command, ...job.args], env: {}, files: [], stdin: null, converses: false }),
  reader: agentLinesReader,
};
