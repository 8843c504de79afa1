import type { Driver } from "../adapters/agents/driver.ts";
import { dirname, join } from "node:path";
import type { Bridges } from "../adapters/agents/drivers/index.ts";

/** Programs of ours that stand between a runner and an agent; they lie beside the runner's own file. */
export function bridges(): Bridges {
  const folder = dirname(process.argv[1] ?? "");
  return {
    acp: [process.execPath, join(folder, "acp-agent.cjs")],
    builtin: [process.execPath, join(folder, "builtin-agent.cjs")],
  };
}

/** What a driver's bridge is made of; empty where it has none. */
export function bridgeFiles({ name }: Driver): readonly string[] {
  return name === "acp" || name === "builtin" ? [...bridges()[name], dirname(process.argv[1] ?? "")] : [];
}
