import { expect, it } from "vitest";
import { priceOf } from "../../domain/prices.ts";
import { providerOf } from "./provider.ts";

const asked = (env: Record<string, string>, model: string | null = "m", endpoint: string | null = null) =>
  providerOf(env, { model, endpoint });

it.each([
  [{ OPENAI_API_KEY: "k" }, { protocol: "openai", baseUrl: null, key: "k" }],
  [{ OPENAI_API_KEY: "k", OPENAI_BASE_URL: "http://a" }, { baseUrl: "http://a" }],
  [{ OPENAI_BASE_URL: "http://a" }, { protocol: "openai", key: "none" }],
  [
    { LITELLM_API_BASE: "http://l", LITELLM_API_KEY: "l", OPENAI_API_KEY: "k" },
    { baseUrl: "http://l", key: "l" },
  ],
  [
    { LITELLM_API_BASE: "http://l", OPENAI_API_KEY: "k" },
    { baseUrl: "http://l", key: "k" },
  ],
  [{ OPENROUTER_API_KEY: "r" }, { protocol: "openai", key: "r", isOpenRouter: true }],
  [{ ANTHROPIC_API_KEY: "a" }, { protocol: "anthropic", baseUrl: null, key: "a", isOpenRouter: false }],
])("with %j", (env, provider) => {
  expect(asked(env)).toMatchObject({ model: "m", ...provider });
});

it("asks Anthropic for its own models, and uses the endpoint that is named", () => {
  const both = { OPENAI_API_KEY: "k", ANTHROPIC_API_KEY: "a" };
  expect(asked(both, "claude-x")).toMatchObject({ protocol: "anthropic", key: "a" });
  expect(asked(both, "gpt-x")).toMatchObject({ protocol: "openai", key: "k" });
  expect(asked(both, "gpt-x", "http://e")).toMatchObject({ baseUrl: "http://e", key: "k" });
  expect(asked({}, "m", "http://e")).toMatchObject({ protocol: "openai", baseUrl: "http://e" });
});

it("says what is missing", () => {
  expect(asked({ OPENAI_API_KEY: "" })).toMatchObject({ cause: "unauthorized" });
  expect(asked({ OPENAI_BASE_URL: "http://own" }, null)).toMatchObject({ cause: "unknown-model" });
});

it.each([
  [{ OPENAI_API_KEY: "k", OPENAI_MODEL: "o" }, "o"],
  [{ OPENAI_API_KEY: "k", OPENAI_MODEL: "o", NIGHTCREW_MODEL: "n" }, "n"],
  [{ OPENAI_API_KEY: "k", NIGHTCREW_MODEL: "" }, "gpt-6.1-sol"],
  [{ ANTHROPIC_API_KEY: "k" }, "claude-sonnet-5-5"],
  [{ OPENROUTER_API_KEY: "k" }, "openai/gpt-6.1-sol"],
])("with %j uses the model %s, where the agent names none", (env, model) => {
  expect(asked(env, null)).toMatchObject({ model });
});

it("knows the price of every model it takes by itself", () => {
  for (const key of ["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "OPENROUTER_API_KEY"]) {
    const provider = asked({ [key]: "k" }, null);
    expect("model" in provider && priceOf(provider.model)).toMatchObject({ input: expect.any(Number) as number });
  }
});
