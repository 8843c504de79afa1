import type { Driver } from "../driver.ts";
import { bridgeDriver } from "./bridge.ts";

/** The agent that comes with us: its program is the bridge, whatever command is configured. */
export function builtin(bridge: readonly string[]): Driver {
  return bridgeDriver(
    {
      name: "builtin",
      program: bridge[0] ?? null,
      traits: { saysFinal: true, resumes: true, converses: true, usage: "tokens" },
      probe: null,
      provider: null,
      hosts: [],
    },
    bridge,
    (job) => job.args,
  );
}
