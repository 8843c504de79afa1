import type { Usage } from "./agent-event.ts";
import type { TokenPrice } from "./agent.ts";
import { prices, pricesVersion } from "./price-table.ts";

/** What work is charged, and how that is known. */
export interface Spend {
  /** Null where nothing at all is known. */
  readonly amountUsd: number | null;
  /**
   * `reported`: the agent or its provider said the cost. `priced`: the flat cost that was declared, or tokens times the model's
   * price. `estimate`: tokens times the dearest price there is, as the model's is not known. `undeclared`: nobody says what it
   * costs; it is shown, not charged.
   */
  readonly basis: "reported" | "priced" | "estimate" | "undeclared";
  /** Whose price it is; there where one was used. Absent in what an earlier version charged. */
  readonly by?: PricedBy;
}

/** The user's own, or that of a version of the table. */
export type PricedBy = { readonly kind: "own" } | { readonly kind: "table"; readonly version: string };

const own: PricedBy = { kind: "own" };
const table: PricedBy = { kind: "table", version: pricesVersion };

/** By the model's name or, with `*` at its end, its beginning. */
export type OwnPrices = Readonly<Record<string, TokenPrice>>;

export interface CostOptions {
  /** What the agent's settings say one attempt costs, whatever it uses. */
  readonly perAttempt: number | null;
  /** What they say its tokens cost, whatever its model. */
  readonly perMillion: TokenPrice | null;
  /** The model that was asked for, where the agent names none. */
  readonly model: string | null;
  /** What models cost the user, whoever uses them. */
  readonly ownPrices?: OwnPrices | undefined;
}

/** The dearest of the table in each column: an unknown model is charged as if it were that, so that caps hold. */
export const pessimisticPrice: TokenPrice = {
  input: Math.max(...[...prices.values()].map((price) => price.input)),
  cached: Math.max(...[...prices.values()].map((price) => price.cached)),
  output: Math.max(...[...prices.values()].map((price) => price.output)),
};

/**
 * What one attempt cost. A cost in another currency than USD is not converted: it counts as not reported, and
 * `foreignCurrency` names it for whoever tells of it.
 */
export function costOf(usage: Usage, options: CostOptions): Spend {
  const cost = amount(usage.cost);
  if (cost !== null && foreignCurrency(usage) === null) return { amountUsd: exact(cost), basis: "reported" };
  const flat = amount(options.perAttempt);
  if (flat !== null) return { amountUsd: exact(flat), basis: "priced", by: own };
  const input = amount(usage.inputTokens);
  const cached = amount(usage.cachedTokens);
  const output = amount(usage.outputTokens);
  if (input === null && cached === null && output === null) return { amountUsd: null, basis: "undeclared" };
  const model = usage.model ?? options.model ?? "";
  const said = options.perMillion ?? ownPriceOf(model, options.ownPrices);
  const known = said ?? priceOf(model);
  const per = known ?? pessimisticPrice;
  const sum = (input ?? 0) * per.input + (cached ?? 0) * per.cached + (output ?? 0) * per.output;
  const amountUsd = exact(sum / 1_000_000);
  return { amountUsd, basis: known === null ? "estimate" : "priced", by: said === null ? table : own };
}

/** The currency of a reported cost that is not USD; null where there is none. */
export function foreignCurrency({ cost, currency }: Usage): string | null {
  if (amount(cost) === null || currency === null) return null;
  const name = currency.trim().toUpperCase();
  return name === "" || name === "USD" || name === "US$" || name === "$" ? null : currency.trim().slice(0, 16);
}

/**
 * The sum, without the noise of binary fractions. What is unknown adds nothing; the basis is the least sure one of those that
 * were known.
 */
export function sumOf(spends: readonly Spend[]): Spend {
  const known = spends.filter((spend) => spend.amountUsd !== null);
  if (known.length === 0) return { amountUsd: null, basis: "undeclared" };
  const basis = (["estimate", "priced"] as const).find((least) => known.some((spend) => spend.basis === least));
  return {
    amountUsd: exact(known.reduce((sum, spend) => sum + (spend.amountUsd ?? 0), 0)),
    basis: basis ?? "reported",
  };
}

/**
 * The table's price of a model as agents name it: `anthropic/claude-sonnet-4-5-20250929`, `models/gemini-2.5-pro`,
 * `us.anthropic.claude-opus-4-1-v1:0`.
 */
export function priceOf(model: string): TokenPrice | null {
  return prices.get(normalisedModel(model.trim().toLowerCase().slice(0, maxName))) ?? null;
}

const maxName = 200;

/** The user's price of a model: of its very name, else of the longest beginning that fits; null where none does. */
export function ownPriceOf(model: string, ownPrices: OwnPrices = {}): TokenPrice | null {
  const full = model.trim().toLowerCase().slice(0, maxName);
  const names = [full, normalisedModel(full)].filter((name) => name !== "");
  const fitting = Object.entries(ownPrices)
    .filter(([key, price]) => isPrice(price) && names.some((name) => fits(key.trim().toLowerCase(), name)))
    .sort(([a], [b]) => rank(b) - rank(a));
  return fitting[0]?.[1] ?? null;
}

const fits = (key: string, name: string): boolean =>
  key.endsWith("*") ? name.startsWith(key.slice(0, -1)) : key === name || normalisedModel(key) === name;

/** An exact name before every beginning. */
const rank = (key: string): number => (key.trim().endsWith("*") ? key.trim().length : 1_000_000);

const isPrice = (price: TokenPrice): boolean =>
  [price.input, price.cached, price.output].every((figure) => amount(figure) !== null);

/** Without providers in front, and without date, version, variant and `-latest` behind. */
export function normalisedModel(model: string): string {
  const last = model.trim().toLowerCase().split("/").at(-1) ?? "";
  return last
    .replace(
      /^(?:(?:us|eu|apac|jp|global)\.)?(?:anthropic|openai|google|amazon|mistral|deepseek|qwen|moonshot|meta|zai|xai)\./,
      "",
    )
    .replace(/\[[^\]]{0,16}\]$/, "")
    .replace(/@.{0,32}$/, "")
    .replace(/:(?:free|thinking|extended|beta|online|nitro|floor|exacto|exp|\d+)$/, "")
    .replace(/-v\d+$/, "")
    .replace(/-(?:latest|preview|exp|experimental|customtools)(?=-|$)/g, "")
    .replace(
      /-(?:20\d{2}-\d{2}-\d{2}|20\d{6}|\d{2}-20\d{2}|\d{2}-\d{2}|2[0-9](?:0[1-9]|1[0-2])|(?:0[1-9]|1[0-2])\d{2})-?$/,
      "",
    )
    .replace(/^(claude-(?:opus|sonnet|haiku|fable|mythos)-\d)\.(\d)/, "$1-$2")
    .replace(/^claude-(\d)[.-](\d)-(opus|sonnet|haiku)$/, claudeNumberFirst)
    .replace(/-+$/, "");
}

/** From its fourth generation on the number stands behind the name. */
function claudeNumberFirst(_: string, major: string, minor: string, name: string): string {
  return Number(major) < 4 ? `claude-${major}-${minor}-${name}` : `claude-${name}-${major}-${minor}`;
}

/** A figure that can be counted: not negative, and none that no bill has. Everything else an agent may say is as if it had said nothing. */
function amount(value: number | null): number | null {
  return value !== null && value >= 0 && value <= mostCounted ? value : null;
}

/** Tokens or USD: sums of such figures can still be written down. */
const mostCounted = 1e12;

/** To a billionth of a dollar: beyond that there is only the noise of binary fractions. */
function exact(usd: number): number {
  return Math.round(usd * 1e9) / 1e9;
}
