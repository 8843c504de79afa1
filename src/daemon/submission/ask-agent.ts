import type { Asking, Driver } from "../../adapters/agents/driver.ts";
import { AgentAsker } from "../../adapters/models/agent-asker.ts";
import type { Transport } from "../../adapters/models/transport.ts";
import type { Environment } from "../../domain/environment.ts";
import type { SandboxRules } from "../../domain/run.ts";
import { assertDefined } from "../../std/assert.ts";
import { agentTransport, askingJob } from "./agent-transport.ts";
import type { Planner } from "./planner.ts";
import { driverFor } from "./roster.ts";

export interface AskAgentMeans {
  readonly settings: Environment;
  readonly keys: Environment;
  readonly rules: SandboxRules;
  /** NIGHTCREW_HOME. */
  readonly home: string;
  readonly timeoutMs: number;
  readonly maxCostUsd: number | null;
  readonly recorded: (transport: Transport) => Transport;
  readonly redact: (text: string) => string;
}

/** An agent of the roster, asked like a model. */
export function askAgent(
  { agent, model }: Extract<Planner, { kind: "agent" }>,
  { settings, keys, rules, home, timeoutMs, maxCostUsd, recorded, redact }: AskAgentMeans,
): AgentAsker {
  const driver = askable(driverFor(agent.driver));
  const place = { agent, driver, model, settings, keys, rules, crewHome: home, timeoutMs, maxCostUsd };
  return new AgentAsker({
    name: agent.name,
    model,
    driver,
    job: askingJob(place, { root: "", prompt: "" }),
    transport: recorded(agentTransport(place)),
    redact,
  });
}

function askable(driver: Driver): Driver & { readonly asking: Asking } {
  return { ...driver, asking: assertDefined(driver.asking, `driver ${driver.name} can be asked`) };
}
