import type { TokenPrice } from "./agent.ts";
import type { Usage } from "./agent-event.ts";

/** What work is charged, and how that is known. `undeclared`: nobody says what it costs; it is shown, not charged. */
export interface Spend {
  readonly amountUsd: number | null;
  readonly basis: "reported" | "priced" | "estimate" | "undeclared";
}

export interface CostOptions {
  readonly perAttempt: number | null;
  readonly perMillion: TokenPrice | null;
  readonly model: string | null;
}

export function costOf(usage: Usage, options: CostOptions): Spend {
  if (usage.cost !== null) return { amountUsd: usage.cost, basis: "reported" };
  if (options.perAttempt !== null) return { amountUsd: options.perAttempt, basis: "priced" };
  return { amountUsd: null, basis: "undeclared" };
}
