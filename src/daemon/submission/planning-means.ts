import { randomBytes } from "node:crypto";
import type { PlanRequest } from "../../api/contract.ts";
import type { Config } from "../../adapters/config/schema.ts";
import type { TreePaths } from "../../adapters/code/tree-files.ts";
import type { ObjectServer } from "../../adapters/git/object-server.ts";
import type { FoundRepository } from "../../adapters/git/open-repository.ts";
import type { Manner } from "../../adapters/models/chat-body.ts";
import type { Agent } from "../../domain/agent.ts";
import type { Environment } from "../../domain/environment.ts";
import type { SandboxRules } from "../../domain/run.ts";
import { OperationalError } from "../../std/operational-error.ts";
import type { AskMeans } from "./asked-once.ts";
import { moneyRules } from "./budget.ts";
import { findPlanner, type Planner } from "./planner.ts";
import { defaultAgentOf, type FoundTarget } from "./preflight.ts";
import { rosterOf } from "./roster.ts";
import { sandboxFor } from "./sandbox.ts";
import type { SharedAsking } from "./shared-asking.ts";

/** What the daemon has for asking a model. */
export interface PlanningMeans {
  readonly manners: Map<string, Manner>;
  /** Names of the variables that the client, the home or the daemon has. */
  readonly variables: () => Promise<ReadonlySet<string>>;
  readonly keyOf: (name: string) => Promise<string | undefined>;
  /** By runs, and for plans that became none. */
  readonly spentTodayUsd: () => Promise<number>;
  readonly shared: SharedAsking;
  readonly signal: AbortSignal;
}

export interface PlanningPlace {
  readonly config: Config;
  readonly checkout: string;
  readonly repository: FoundRepository;
  readonly objects: ObjectServer;
  readonly settings: Environment;
  /** NIGHTCREW_HOME. */
  readonly home: string;
  readonly planning: PlanningMeans;
  readonly targeting: Promise<FoundTarget>;
  /** The files that the target has; listed once. */
  readonly treeOf: () => Promise<TreePaths>;
  readonly now: number;
}

/** Whoever can be asked, and with whom the plan would be done. */
export interface Asking {
  readonly means: AskMeans;
  readonly agents: readonly Agent[];
}

/** Null where nobody can be asked. Throws where there would be nobody to work on the plan, or nowhere to land. */
export async function askingOf(request: PlanRequest, place: PlanningPlace): Promise<Asking | null> {
  const { config, checkout, settings, planning, home, now } = place;
  const variables = await planning.variables();
  const around = { checkout, settings, variables };
  const planner = findPlanner(config, { ...around, model: request.model });
  if (planner === null) {
    if (request.model !== undefined) throw nobodyToAsk(request.model);
    return null;
  }
  const agents = rosterOf(config, around);
  defaultAgentOf(agents, request.agent, config);
  await place.targeting;
  const { budget, prices } = await moneyRules(config, settings, checkout);
  const { httpTransport } = await import("../../adapters/models/http-transport.ts");
  const means: AskMeans = {
    planner,
    settings,
    rules: await askingRules(planner, request, place),
    keyOf: planning.keyOf,
    manners: planning.manners,
    transport: httpTransport(settings),
    timeoutMs: config.planning.timeout,
    budget,
    prices,
    spentTodayUsd: await planning.spentTodayUsd(),
    home,
    key: request.key ?? randomBytes(4).toString("hex"),
    now,
    shared: planning.shared,
    signal: planning.signal,
  };
  return { means, agents };
}

/** What an agent that is asked is in; where there is no sandbox and nobody allowed to do without, it is not started. */
async function askingRules(
  planner: Planner,
  request: PlanRequest,
  { config, settings, home }: PlanningPlace,
): Promise<SandboxRules> {
  if (planner.kind === "endpoint") return { name: "none", hosts: [], readable: [] };
  const { rules, refusal } = await sandboxFor(request, { config, settings, home });
  if (refusal !== null) throw refusal;
  return rules;
}

export function nobodyToAsk(model = "a model"): OperationalError {
  return new OperationalError({
    code: "no-planning-model",
    what: `Nobody is there to ask ${model}`,
    why: "no endpoint is configured, and no key of one is set",
    next: "set OPENAI_API_KEY, ANTHROPIC_API_KEY, OPENROUTER_API_KEY or LITELLM_API_BASE, or name one: planning: endpoint in nightcrew.yaml",
  });
}
