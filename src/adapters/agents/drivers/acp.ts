import type { Driver } from "../driver.ts";
import { bridgeDriver } from "./bridge.ts";

/** Any agent that speaks the Agent Client Protocol on stdin and stdout. */
export function acp(bridge: readonly string[]): Driver {
  return bridgeDriver(
    {
      name: "acp",
      program: null,
      traits: { saysFinal: true, resumes: true, converses: true, usage: "cost", permissions: ["allow", "deny", "ask"] },
      probe: null,
      provider: null,
      hosts: [],
    },
    bridge,
    (job) => [...job.command, ...job.args],
  );
}
