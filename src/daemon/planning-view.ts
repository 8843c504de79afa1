import type { PlanningView } from "../api/views.ts";
import { loadConfig } from "../adapters/config/load-config.ts";
import { openRepository } from "../adapters/git/open-repository.ts";
import { findPlanner, plannerKeys, plannerName, type PlannerWish } from "./submission/planner.ts";

/** Who would be asked to make a plan of words, so that a client hands over those keys and no other. */
export async function planningView(cwd: string, wish: Omit<PlannerWish, "checkout">): Promise<PlanningView> {
  const { checkout } = await openRepository(cwd);
  const { config } = await loadConfig(checkout);
  const planner = findPlanner(config, { ...wish, checkout });
  if (planner === null) return { version: 1, by: null, keys: [] };
  return { version: 1, by: plannerName(planner), keys: plannerKeys(planner) };
}
