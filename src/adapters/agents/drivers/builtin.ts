import type { Driver } from "../driver.ts";
import { bridgeDriver } from "./bridge.ts";

/** Any one of them makes it usable. */
export const builtinKeys: readonly string[] = [
  "OPENAI_API_KEY",
  "ANTHROPIC_API_KEY",
  "OPENROUTER_API_KEY",
  "LITELLM_API_KEY",
  "LITELLM_MASTER_KEY",
];

/** The agent that comes with us: its program is the bridge, whatever command is configured. */
export function builtin(bridge: readonly string[]): Driver {
  return bridgeDriver(
    {
      name: "builtin",
      program: bridge[0] ?? null,
      traits: {
        saysFinal: true,
        resumes: true,
        converses: true,
        usage: "tokens",
        permissions: ["allow", "deny", "ask"],
      },
      probe: null,
      provider: null,
      hosts: ["api.openai.com", "api.anthropic.com", "openrouter.ai"],
    },
    bridge,
    (job) => job.args,
  );
}
