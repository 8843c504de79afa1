import { findEndpoint, type Endpoint } from "../../adapters/models/endpoint.ts";
import type { Config } from "../../adapters/config/schema.ts";
import type { Environment } from "../../domain/environment.ts";

/** Who makes a plan of a request. */
export interface Planner {
  readonly endpoint: Endpoint;
}

export interface PlannerWish {
  readonly settings: Environment;
  /** Names of the variables that are set. */
  readonly variables: ReadonlySet<string>;
  /** What was asked for on the command line. */
  readonly model: string | undefined;
}

/** Null: no model can be had, or the configuration wants none. */
export function findPlanner({ planning }: Config, { settings, variables, model }: PlannerWish): Planner | null {
  if (planning.off) return null;
  const { endpoint, protocol, apiKeyEnv } = planning;
  const named = [model, settings["SWARM_PROMPT_MODEL"], planning.model];
  const wished = named.find((name) => name !== undefined && name !== "");
  const found = findEndpoint({ model: wished, endpoint, protocol, apiKeyEnv }, { settings, variables });
  return found === null ? null : { endpoint: found };
}
