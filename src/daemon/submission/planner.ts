import { endpointName, findEndpoint, type Endpoint } from "../../adapters/models/endpoint.ts";
import type { Config } from "../../adapters/config/schema.ts";
import type { Agent } from "../../domain/agent.ts";
import type { Environment } from "../../domain/environment.ts";
import { OperationalError } from "../../std/operational-error.ts";
import { driverFor, rosterOf } from "./roster.ts";

/** Who makes a plan of a request. */
export type Planner =
  | { readonly kind: "endpoint"; readonly endpoint: Endpoint }
  /** `model`: null where it takes its own. */
  | { readonly kind: "agent"; readonly agent: Agent; readonly model: string | null };

export interface PlannerWish {
  readonly checkout: string;
  readonly settings: Environment;
  /** Names of the variables that are set. */
  readonly variables: ReadonlySet<string>;
  /** What was asked for on the command line. */
  readonly model: string | undefined;
}

/** An endpoint, else an agent of the roster that can be asked without working. Null: there is none, or none is wanted. */
export function findPlanner(config: Config, wish: PlannerWish): Planner | null {
  const { planning } = config;
  if (planning.off) return null;
  const { settings, variables } = wish;
  const named = [wish.model, settings["SWARM_PROMPT_MODEL"], planning.model];
  const model = named.find((name) => name !== undefined && name !== "");
  const { endpoint, protocol, apiKeyEnv } = planning;
  const found =
    planning.agent === undefined
      ? findEndpoint({ model, endpoint, protocol, apiKeyEnv }, { settings, variables })
      : null;
  if (found !== null) return { kind: "endpoint", endpoint: found };
  const agent = agentToAsk(config, wish);
  return agent === null ? null : { kind: "agent", agent, model: model ?? agent.model };
}

/** The one that is named, else the run's own where it can be asked, else the first that can. */
function agentToAsk(config: Config, wish: PlannerWish): Agent | null {
  const agents = rosterOf(config, wish);
  const able = agents.filter(({ driver }) => driverFor(driver).asking !== undefined);
  const { agent: named } = config.planning;
  if (named === undefined) return able.find(({ name }) => name === config.agent) ?? able[0] ?? null;
  const found = able.find(({ name }) => name === named);
  if (found === undefined) throw cannotBeAsked(named, able);
  return found;
}

/** As it is shown. */
export function plannerName(planner: Planner): string {
  if (planner.kind === "endpoint") return endpointName(planner.endpoint);
  const { name } = planner.agent;
  return planner.model === null ? `agent ${name}` : endpointName({ model: planner.model, name: `agent ${name}` });
}

/** Names of the variables that it logs in by. */
export function plannerKeys(planner: Planner): readonly string[] {
  if (planner.kind === "agent") return planner.agent.env;
  return planner.endpoint.keyName === null ? [] : [planner.endpoint.keyName];
}

function cannotBeAsked(name: string, able: readonly Agent[]): OperationalError {
  const others = able.map((agent) => agent.name).join(", ");
  return new OperationalError({
    code: "planning-agent",
    what: `Agent ${name} cannot be asked for a plan`,
    why:
      others === ""
        ? "no agent here can: it takes driver claude, codex, gemini or opencode"
        : `those that can: ${others}`,
    next: "correct `planning: agent` in nightcrew.yaml",
  });
}
