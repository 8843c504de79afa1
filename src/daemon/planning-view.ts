import type { PlanningView } from "../api/views.ts";
import { loadConfig } from "../adapters/config/load-config.ts";
import { openRepository } from "../adapters/git/open-repository.ts";
import { findPlanner, type PlannerWish } from "./submission/planner.ts";

/** Who would be asked to make a plan of words, so that a client hands over that one key and no other. */
export async function planningView(cwd: string, wish: PlannerWish): Promise<PlanningView> {
  const { checkout } = await openRepository(cwd);
  const { config } = await loadConfig(checkout);
  const planner = findPlanner(config, wish);
  if (planner === null) return { version: 1, by: null, key: null };
  const { model, name, keyName } = planner.endpoint;
  return { version: 1, by: `${model} (${name})`, key: keyName };
}
