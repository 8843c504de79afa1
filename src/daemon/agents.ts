import { join } from "node:path";
import type { AgentsView } from "../api/views.ts";
import { loadConfig } from "../adapters/config/load-config.ts";
import { openRepository } from "../adapters/git/open-repository.ts";
import type { SqliteStore } from "../adapters/store/sqlite-store.ts";
import { driverNames, type Agent } from "../domain/agent.ts";
import type { Environment } from "../domain/environment.ts";
import { atMost } from "../std/at-most.ts";
import { OperationalError } from "../std/operational-error.ts";
import { nearest } from "../std/text.ts";
import { lookAt, type Depth } from "./agents/look-at.ts";
import { ownPrices } from "./submission/budget.ts";
import { plainAgent, rosterOf } from "./submission/roster.ts";
import { sandboxFor } from "./submission/sandbox.ts";

export interface AgentsRequest {
  readonly cwd: string;
  /** NIGHTCREW_HOME. */
  readonly home: string;
  /** Settings of the terminal that asks. */
  readonly settings: Environment;
  /** Names of the variables that agents can be given. */
  readonly variables: ReadonlySet<string>;
  /** Those alone; empty: all. */
  readonly names: readonly string[];
  readonly depth: Depth;
  readonly store: SqliteStore;
  readonly signal: AbortSignal;
}

/** Programs that are started side by side. */
const lookedAtOnce = 4;

/** The roster of the place that is asked from, with what is found out about each; spends nothing, and changes nothing. */
export async function agentsView(request: AgentsRequest): Promise<AgentsView> {
  const { home, settings, variables, names, store, depth, signal } = request;
  const { checkout, objects } = await placeOf(request.cwd);
  const { config } = await loadConfig(checkout);
  const configured = Object.keys(config.agents).length > 0;
  const roster = rosterOf(config, { checkout, settings, variables });
  const agents =
    names.length === 0 ? roster : [...new Set(names)].map((name) => chosen(name, roster, configured, checkout));
  const sandbox = await sandboxFor({}, { config, settings, home });
  const options = {
    checkout,
    settings,
    variables,
    depth,
    sandbox,
    objects,
    signal,
    crewHome: home,
    prices: ownPrices(config),
    quotas: store.quotas(),
    running: runningOf(store),
    now: Date.now(),
  };
  return {
    version: 1,
    configured,
    agents: await atMost(lookedAtOnce, agents, (agent) => lookAt(agent, options)),
  };
}

/** Outside of a repository there are agents all the same. */
async function placeOf(cwd: string): Promise<{ readonly checkout: string; readonly objects: readonly string[] }> {
  try {
    const { checkout, place } = await openRepository(cwd);
    return { checkout, objects: [join(place.commonDir, "objects")] };
  } catch (error) {
    const known = error instanceof OperationalError && ["not-a-repository", "no-commits"].includes(error.code);
    if (known) return { checkout: cwd, objects: [] };
    throw error;
  }
}

/** Where nothing is configured, also one that is not installed: it is told how it would be. */
function chosen(name: string, roster: readonly Agent[], configured: boolean, checkout: string): Agent {
  const agent = roster.find((candidate) => candidate.name === name) ?? (configured ? null : plainAgent(name, checkout));
  if (agent !== null) return agent;
  const known = roster.map((candidate) => candidate.name);
  const near = nearest(
    name,
    configured ? known : driverNames.filter((driver) => plainAgent(driver, checkout) !== null),
  );
  const list = known.length === 0 ? "none is configured, and none was found" : `there are ${known.join(", ")}`;
  throw new OperationalError({
    code: "unknown-agent",
    what: `There is no agent ${name}`,
    why: near.length > 0 ? `did you mean ${near.join(" or ")}?` : list,
    next: "nightcrew agents",
  });
}

function runningOf(store: SqliteStore): Record<string, number> {
  const running: Record<string, number> = {};
  for (const { agent } of store.liveAttempts()) running[agent] = (running[agent] ?? 0) + 1;
  return running;
}
