import { join } from "node:path";
import { readIfThere } from "../../adapters/files/read-if-there.ts";
import type { Config } from "../../adapters/config/schema.ts";
import { defaultBudget, usd, type Budget } from "../../domain/budget.ts";
import type { Environment } from "../../domain/environment.ts";
import type { TokenPrice } from "../../domain/agent.ts";
import type { OwnPrices } from "../../domain/prices.ts";
import type { RunSettings } from "../../domain/run.ts";
import { OperationalError } from "../../std/operational-error.ts";

const spendFile = join(".swarm", "costs", "current_spend");

/** What a run may cost, and by which prices that is told. */
export async function moneyRules(
  config: Config,
  environment: Environment,
  checkout: string,
): Promise<Pick<RunSettings, "budget" | "prices">> {
  const budget = await budgetOf(config, environment, checkout);
  return config.prices === undefined ? { budget } : { budget, prices: ownPrices(config) };
}

/**
 * The caps of a run: the configuration's over the defaults. `SWARM_BUDGET_MAX` lowers the run's, by what was spent already
 * elsewhere: `SWARM_CURRENT_SPEND`, or the one line of `.swarm/costs/current_spend`. All are read as USD.
 */
async function budgetOf(config: Config, environment: Environment, checkout: string): Promise<Budget> {
  const { attempt, task, run, day } = config.budget;
  const chosen = (asked: number | null | undefined, usual: number | null): number | null =>
    asked === undefined ? usual : asked;
  const budget = {
    attemptUsd: chosen(attempt, defaultBudget.attemptUsd),
    taskUsd: chosen(task, defaultBudget.taskUsd),
    runUsd: chosen(run, defaultBudget.runUsd),
    dayUsd: chosen(day, defaultBudget.dayUsd),
  };
  const most = amountOf(environment["SWARM_BUDGET_MAX"], "SWARM_BUDGET_MAX");
  if (most === null) return budget;
  const spentUsd =
    amountOf(environment["SWARM_CURRENT_SPEND"], "SWARM_CURRENT_SPEND") ??
    amountOf((await readIfThere(join(checkout, spendFile))) ?? undefined, spendFile) ??
    0;
  if (spentUsd >= most) throw overBudget(most, spentUsd);
  const left = usd(most - spentUsd);
  return { ...budget, runUsd: budget.runUsd === null ? left : Math.min(budget.runUsd, left) };
}

/** What the configuration says that models cost; without a price for cached input they pay the full one. */
export function ownPrices({ prices = {} }: Config): OwnPrices {
  const complete = ({ input, output, cached = input }: NonNullable<Config["prices"]>[string]): TokenPrice => {
    return { input, cached, output };
  };
  return Object.fromEntries(Object.entries(prices).map(([model, price]) => [model, complete(price)]));
}

function amountOf(text: string | undefined, from: string): number | null {
  const word = text?.trim() ?? "";
  if (word === "") return null;
  const amount = Number(word.replace(",", "."));
  if (Number.isFinite(amount) && amount >= 0) return amount;
  throw new OperationalError({
    code: "invalid-amount",
    what: `${from} is not an amount: ${word.slice(0, 50)}`,
    next: "write a number such as 10 or 2.50",
  });
}

function overBudget(most: number, spentUsd: number): OperationalError {
  return new OperationalError({
    code: "over-budget",
    what: `The budget is used up: ${spentUsd} of ${most} USD`,
    why: "SWARM_BUDGET_MAX, less what SWARM_CURRENT_SPEND or .swarm/costs/current_spend says",
    next: "raise SWARM_BUDGET_MAX, or bring the amount that was spent up to date",
  });
}
