import type { BudgetScope } from "./failure.ts";

/** Most that may be spent, in USD; null: no cap. A day is one of UTC's. */
export interface Budget {
  readonly attemptUsd: number | null;
  readonly taskUsd: number | null;
  readonly runUsd: number | null;
  readonly dayUsd: number | null;
}

export const defaultBudget: Budget = { attemptUsd: 5, taskUsd: 10, runUsd: 50, dayUsd: 100 };

/** Share of a cap at which people are told. */
export const alertShare = 0.8;

/** What was spent under each cap; measured, priced and estimated amounts alike. USD. */
export type Spent = Readonly<Record<BudgetScope, number>>;

export interface Cap {
  readonly scope: BudgetScope;
  readonly capUsd: number;
  readonly spentUsd: number;
}

/** From the narrowest to the widest: a wide cap that is reached says more. */
const scopes = ["attempt", "task", "run", "day"] as const satisfies readonly BudgetScope[];

function capOf(budget: Budget, scope: BudgetScope): number | null {
  switch (scope) {
    case "attempt":
      return budget.attemptUsd;
    case "task":
      return budget.taskUsd;
    case "run":
      return budget.runUsd;
    case "day":
      return budget.dayUsd;
  }
}

/** The widest cap that is reached; null where work may go on. */
export function capReached(budget: Budget, spent: Partial<Spent>): Cap | null {
  return scopes.reduce<Cap | null>((widest, scope) => {
    const [capUsd, spentUsd] = [capOf(budget, scope), spent[scope]];
    return capUsd !== null && spentUsd !== undefined && spentUsd >= capUsd ? { scope, capUsd, spentUsd } : widest;
  }, null);
}

/** Caps of which the alert share was passed between two states; one that is reached is told as that. */
export function alertsBetween(budget: Budget, before: Spent, after: Spent): Cap[] {
  return scopes.flatMap((scope) => {
    const capUsd = capOf(budget, scope);
    if (capUsd === null || before[scope] >= capUsd * alertShare) return [];
    if (after[scope] < capUsd * alertShare || after[scope] >= capUsd) return [];
    return [{ scope, capUsd, spentUsd: after[scope] }];
  });
}

const dayMs = 86_400_000;

/** Number of the day, as spending is summed by. */
export function dayOf(now: number): number {
  return Math.floor(now / dayMs);
}

/** Milliseconds since the epoch. */
export function startOfDay(day: number): number {
  return day * dayMs;
}

/** Sums of decimal amounts carry binary noise; nobody is charged millionths of a cent. */
export function usd(amount: number): number {
  return Number(amount.toFixed(8));
}

/** What an agent that verifies may use, whose work is no task's. */
export function leftToVerify(budget: Budget, spent: Pick<Spent, "run" | "day">): number | null {
  return least([
    budget.attemptUsd,
    budget.runUsd === null ? null : budget.runUsd - spent.run,
    budget.dayUsd === null ? null : budget.dayUsd - spent.day,
  ]);
}

function least(rooms: readonly (number | null)[]): number | null {
  const known = rooms.filter((room) => room !== null);
  return known.length === 0 ? null : usd(Math.max(0, Math.min(...known)));
}

/** What an attempt that begins now may use; null where nothing caps it. USD. */
export function leftOf(budget: Budget, spent: Pick<Spent, "task" | "run">): number | null {
  return least([
    budget.attemptUsd,
    budget.taskUsd === null ? null : budget.taskUsd - spent.task,
    budget.runUsd === null ? null : budget.runUsd - spent.run,
  ]);
}
