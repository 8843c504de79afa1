import { expect, it } from "vitest";
import { usageOf } from "./model-usage.ts";

it.each([
  [{ prompt_tokens: 10, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 4 } }, [6, 4, 2]],
  [{ prompt_tokens: 10, completion_tokens: 2 }, [10, null, 2]],
  [{ input_tokens: 3, output_tokens: 2, cache_read_input_tokens: 5, cache_creation_input_tokens: 1 }, [4, 5, 2]],
  [{ prompt_tokens: -1, completion_tokens: "2" }, [null, null, null]],
  [null, [null, null, null]],
])("reads the tokens of %j", (usage, tokens) => {
  const { inputTokens, cachedTokens, outputTokens } = usageOf({ usage }, null);
  expect([inputTokens, cachedTokens, outputTokens]).toEqual(tokens);
});

it.each([
  ["0.5", {}, 0.5],
  ["0", {}, 0],
  [null, { cost: 0.25 }, 0.25],
  ["0.5", { cost: 0.25 }, 0.5],
  ["None", {}, null],
  ["", {}, null],
  ["-1", {}, null],
  [null, { cost: -1 }, null],
])("takes the cost from where it is told: %j, %j", (header, usage, cost) => {
  expect(usageOf({ usage }, header)).toMatchObject({ cost, currency: cost === null ? null : "USD" });
});

it.each([null, [], "text", 5])("is unknown in %j", (body) => {
  expect(usageOf(body, null)).toMatchObject({ inputTokens: null, cost: null, model: null });
});
