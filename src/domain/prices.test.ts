import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { noUsage, type Usage } from "./agent-event.ts";
import { prices, pricesVersion } from "./price-table.ts";
import {
  costOf as costWith,
  foreignCurrency,
  normalisedModel,
  ownPriceOf,
  pessimisticPrice,
  priceOf,
  sumOf,
  type CostOptions,
  type Spend,
} from "./prices.ts";

const none = { perAttempt: null, perMillion: null, model: null };
const costOf = (said: Usage, options: Partial<CostOptions> = {}): Spend => costWith(said, { ...none, ...options });

const usage = (part: Partial<Usage>): Usage => ({ ...noUsage, ...part });

describe("the table", () => {
  it("has a version, and a sound price for every model", () => {
    expect(pricesVersion).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    expect(prices.size).toBeGreaterThan(80);
    for (const [name, price] of prices) {
      expect([name, normalisedModel(name)]).toEqual([name, name]);
      expect(price.input).toBeGreaterThan(0);
      expect(price.cached).toBeGreaterThan(0);
      expect(price.cached).toBeLessThanOrEqual(price.input);
      expect(price.output).toBeGreaterThanOrEqual(price.input);
    }
  });

  it.each([
    ["claude-sonnet-4-5-20250929", "claude-sonnet-4-5"],
    ["anthropic/claude-sonnet-4.5", "claude-sonnet-4-5"],
    ["us.anthropic.claude-opus-4-1-20250805-v1:0", "claude-opus-4-1"],
    ["claude-opus-4-1@20250805", "claude-opus-4-1"],
    ["claude-opus-4-20250514", "claude-opus-4"],
    ["claude-sonnet-5-5[1m]", "claude-sonnet-5-5"],
    ["claude-3-5-haiku-latest", "claude-3-5-haiku"],
    ["anthropic/claude-3.7-sonnet:thinking", "claude-3-7-sonnet"],
    ["anthropic/claude-4.5-sonnet", "claude-sonnet-4-5"],
    ["openai/gpt-5", "gpt-5"],
    ["gpt-5-2025-08-07", "gpt-5"],
    ["gpt-5.2-chat-latest", "gpt-5.2-chat"],
    ["openrouter/openai/gpt-5.1-codex", "gpt-5.1-codex"],
    ["models/gemini-2.5-pro", "gemini-2.5-pro"],
    ["google/gemini-3.1-pro-preview", "gemini-3.1-pro"],
    ["gemini-3.1-pro-preview-customtools", "gemini-3.1-pro"],
    ["gemini-2.5-flash-preview-09-2025", "gemini-2.5-flash"],
    ["qwen/qwen3-coder:free", "qwen3-coder"],
    ["qwen/qwen3-coder-plus", "qwen3-coder-plus"],
    ["qwen3.6-max-preview", "qwen3.6-max"],
    ["deepseek/deepseek-v4-pro", "deepseek-v4-pro"],
    ["kimi-k2-0905-preview", "kimi-k2"],
    ["MiniMax-M2.7", "minimax-m2.7"],
    ["devstral-2512", "devstral"],
    ["grok-4.3", "grok-4.3"],
  ])("knows %s as %s", (model, name) => {
    expect(normalisedModel(model)).toBe(name);
    expect(priceOf(model)).toBe(prices.get(name));
    expect(priceOf(model)).not.toBeNull();
  });

  it("takes no model for another one", () => {
    for (const name of ["", "  ", "gpt-5-of-mine", "claude", "llama3", "ollama/qwen3:8b", "toString", "__proto__"]) {
      expect(priceOf(name)).toBeNull();
    }
  });
});

describe("what an attempt cost", () => {
  const tokens = { inputTokens: 100_000, cachedTokens: 1_000_000, outputTokens: 10_000 };

  it("is what was reported, whatever the tokens are", () => {
    expect(costOf(usage({ ...tokens, cost: 0.1, currency: "USD", model: "gpt-5" }))).toMatchObject({
      amountUsd: 0.1,
      basis: "reported",
    });
    expect(costOf(usage({ cost: 0 }), { perAttempt: 3 })).toMatchObject({ amountUsd: 0, basis: "reported" });
  });

  it("is tokens times price, cached ones at theirs", () => {
    expect(costOf(usage({ ...tokens, model: "claude-sonnet-4-5" }))).toMatchObject({
      amountUsd: 0.75,
      basis: "priced",
    });
    expect(costOf(usage({ outputTokens: 1_000_000 }), { model: "gpt-5" })).toMatchObject({
      amountUsd: 10,
      basis: "priced",
    });
  });

  it("is charged at the dearest price where the model has none", () => {
    expect(pessimisticPrice).toEqual({ input: 30, cached: 30, output: 180 });
    expect(costOf(usage({ inputTokens: 1_000, outputTokens: 1_000, model: "mine" }))).toMatchObject({
      amountUsd: 0.21,
      basis: "estimate",
    });
  });

  it("is the declared cost, whatever the tokens are; unknown where nothing is declared or said", () => {
    expect(costOf(usage({ ...tokens, model: "gpt-5" }), { perAttempt: 0.25 })).toMatchObject({
      amountUsd: 0.25,
      basis: "priced",
    });
    const perMillion = { input: 1, cached: 0.1, output: 2 };
    expect(costOf(usage({ ...tokens, model: "gpt-5" }), { perMillion })).toMatchObject({
      amountUsd: 0.22,
      basis: "priced",
    });
    expect(costOf(noUsage, { perAttempt: 0.25 })).toMatchObject({ amountUsd: 0.25, basis: "priced" });
    expect(costOf(noUsage, { perAttempt: 0 })).toMatchObject({ amountUsd: 0, basis: "priced" });
    expect(costOf(noUsage)).toMatchObject({ amountUsd: null, basis: "undeclared" });
    expect(costOf(noUsage, { perAttempt: -1 })).toMatchObject({ amountUsd: null, basis: "undeclared" });
  });

  it("is not taken from another currency", () => {
    const euros = usage({ cost: 3, currency: "EUR" });
    expect(costOf(euros)).toMatchObject({ amountUsd: null, basis: "undeclared" });
    expect(foreignCurrency(euros)).toBe("EUR");
    expect(costOf({ ...euros, ...tokens, model: "gpt-5" }).basis).toBe("priced");
    expect(foreignCurrency(usage({ cost: 3, currency: "usd" }))).toBeNull();
    expect(foreignCurrency(usage({ currency: "EUR" }))).toBeNull();
  });

  it("ignores figures that cannot be", () => {
    const odd = [Number.NaN, -1, Number.POSITIVE_INFINITY];
    for (const figure of odd) {
      expect(costOf(usage({ cost: figure, inputTokens: figure, outputTokens: figure }))).toMatchObject({
        amountUsd: null,
        basis: "undeclared",
      });
      expect(costOf(usage({ inputTokens: figure, outputTokens: 1_000_000, model: "gpt-5" })).amountUsd).toBe(10);
    }
  });

  it("follows the user's own prices: the exact name, then the longest beginning", () => {
    const price = (input: number) => ({ input, cached: 0, output: 0 });
    const ownPrices = {
      "*": price(1),
      "ollama/*": price(0),
      "gpt-*": price(2),
      "gpt-5*": price(3),
      "GPT-5-mini": price(4),
    };
    const of = (model: string): number | undefined => ownPriceOf(model, ownPrices)?.input;
    expect([
      of("gpt-5-mini"),
      of("openai/gpt-5-mini"),
      of("gpt-5.5"),
      of("gpt-4o"),
      of("x"),
      of("ollama/qwen3:8b"),
    ]).toEqual([4, 4, 3, 2, 1, 0]);
    expect(costOf(usage({ inputTokens: 5_000_000, model: "ollama/qwen3:8b" }), { ownPrices })).toMatchObject({
      amountUsd: 0,
      basis: "priced",
    });
    expect(ownPriceOf("gpt-5", { "gpt-5": price(-1) })).toBeNull();
    expect([ownPriceOf("gpt-5", { "gpt-4*": price(1) }), ownPriceOf("", { "*": price(1) })]).toEqual([null, null]);
  });

  it("says whose price it is: the user's at the agent, the user's for the model, the table's of its day", () => {
    const said = usage({ ...tokens, model: "gpt-5" });
    const ownPrices = { "gpt-5": { input: 1, cached: 0.1, output: 2 } };
    const perMillion = { input: 2, cached: 0.2, output: 4 };
    const table = { kind: "table", version: pricesVersion };
    expect(costOf(said, { ownPrices })).toEqual({ amountUsd: 0.22, basis: "priced", by: { kind: "own" } });
    expect(costOf(said, { ownPrices, perMillion })).toMatchObject({ amountUsd: 0.44, by: { kind: "own" } });
    expect(costOf(said, { ownPrices: { "gpt-4*": perMillion } })).toMatchObject({ basis: "priced", by: table });
    expect(costOf({ ...said, model: "mine" }, { ownPrices })).toMatchObject({ basis: "estimate", by: table });
    expect(costOf({ ...said, cost: 7, currency: "USD" }, { ownPrices, perAttempt: 1 })).toEqual({
      amountUsd: 7,
      basis: "reported",
    });
    expect(costOf(noUsage, { perAttempt: 1 })).toMatchObject({ basis: "priced", by: { kind: "own" } });
  });

  it("is never negative, never less for more, and never NaN", () => {
    const figure = fc.oneof(fc.constant(null), fc.double(), fc.nat());
    const any = fc.record({
      inputTokens: figure,
      cachedTokens: figure,
      outputTokens: figure,
      cost: figure,
      currency: fc.option(fc.constantFrom("USD", "EUR", "")),
      model: fc.option(fc.oneof(fc.string(), fc.constantFrom(...prices.keys()))),
    });
    fc.assert(
      fc.property(any, fc.nat(1_000_000), (said, more) => {
        const { amountUsd, basis } = costOf(said);
        expect(amountUsd === null).toBe(basis === "undeclared");
        if (amountUsd === null) return;
        expect(amountUsd).toBeGreaterThanOrEqual(0);
        if (basis !== "reported" && said.outputTokens !== null && said.outputTokens >= 0 && said.outputTokens < 1e9) {
          const dearer = costOf({ ...said, outputTokens: said.outputTokens + more });
          expect(dearer.amountUsd).toBeGreaterThanOrEqual(amountUsd);
        }
      }),
    );
  });

  it("is never more than at the pessimistic price", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.nat(), fc.constantFrom(...prices.keys()), (input, cached, output, model) => {
        const said = usage({ inputTokens: input, cachedTokens: cached, outputTokens: output });
        expect(costOf({ ...said, model }).amountUsd).toBeLessThanOrEqual(costOf(said).amountUsd ?? 0);
      }),
    );
  });
});

describe("a sum", () => {
  const spend = (amountUsd: number | null, basis: Spend["basis"]): Spend => ({ amountUsd, basis });

  it("has no binary noise", () => {
    expect(sumOf([spend(0.1, "reported"), spend(0.2, "reported")])).toEqual(spend(0.3, "reported"));
    expect(sumOf(Array.from({ length: 1_000 }, () => spend(0.001, "priced")))).toEqual(spend(1, "priced"));
  });

  it("is as sure as the least sure part, and unknown only where all is", () => {
    expect(sumOf([spend(1, "reported"), spend(1, "estimate"), spend(1, "priced")]).basis).toBe("estimate");
    expect(sumOf([spend(1, "reported"), spend(null, "undeclared")])).toEqual(spend(1, "reported"));
    expect(sumOf([])).toEqual(spend(null, "undeclared"));
  });
});
