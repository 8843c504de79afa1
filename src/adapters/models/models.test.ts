import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { chatAnswer, complaintOf } from "./chat-answer.ts";
import { chatUrl, findEndpoint, type EndpointWish } from "./endpoint.ts";
import { readJson } from "./read-json.ts";

const found = (
  settings: Record<string, string>,
  ...variables: string[]
): { settings: Record<string, string>; variables: Set<string> } => ({
  settings,
  variables: new Set(variables),
});

const litellm = { LITELLM_API_BASE: "http://proxy:4000" };

describe("the endpoint", () => {
  it.each<[string, EndpointWish, ReturnType<typeof found>, string | null]>([
    ["none", {}, found({}), null],
    [
      "a key is enough",
      {},
      found({}, "OPENAI_API_KEY"),
      "https://api.openai.com/v1/chat/completions gpt-6.1-sol OPENAI_API_KEY",
    ],
    [
      "Anthropic",
      {},
      found({}, "ANTHROPIC_API_KEY"),
      "https://api.anthropic.com/v1/messages claude-sonnet-5-5 ANTHROPIC_API_KEY",
    ],
    [
      "OpenRouter",
      {},
      found({}, "OPENROUTER_API_KEY"),
      "https://openrouter.ai/api/v1/chat/completions openai/gpt-6.1-sol OPENROUTER_API_KEY",
    ],
    [
      "a proxy goes first",
      {},
      found(litellm, "OPENAI_API_KEY", "LITELLM_API_KEY"),
      "http://proxy:4000/v1/chat/completions claude-sonnet-4-6 LITELLM_API_KEY",
    ],
    [
      "a proxy without a key of its own gets nobody else's",
      {},
      found(litellm, "OPENAI_API_KEY"),
      "http://proxy:4000/v1/chat/completions claude-sonnet-4-6 none",
    ],
    [
      "a model of Anthropic's is asked there",
      { model: "claude-x" },
      found({}, "OPENAI_API_KEY", "ANTHROPIC_API_KEY"),
      "https://api.anthropic.com/v1/messages claude-x ANTHROPIC_API_KEY",
    ],
    [
      "what is configured goes before all",
      { endpoint: "http://own/api/" },
      found(litellm, "OPENAI_API_KEY"),
      "http://own/api/chat/completions gpt-6.1-sol none",
    ],
    [
      "and gets the key that it names",
      { endpoint: "http://own", apiKeyEnv: "OWN", model: "m" },
      found({}),
      "http://own/v1/chat/completions m OWN",
    ],
  ])("is chosen: %s", (_, wish, facts, expected) => {
    const endpoint = findEndpoint(wish, facts);
    expect(endpoint && `${chatUrl(endpoint)} ${endpoint.model} ${endpoint.keyName ?? "none"}`).toBe(expected);
  });
});

const reply = (body: unknown, headers = {}): Parameters<typeof chatAnswer>[1] => ({
  status: 200,
  headers,
  body: JSON.stringify(body),
});

describe("an answer", () => {
  it("of a LiteLLM proxy costs what its header says", () => {
    const body = { model: "m", choices: [{ message: { content: "hi" }, finish_reason: "stop" }] };
    const said = chatAnswer("openai", reply(body, { "x-litellm-response-cost": "0.0042" }));
    expect(said).toMatchObject({ text: "hi", cut: false, usage: { cost: 0.0042, model: "m", inputTokens: null } });
  });

  it("of OpenAI counts what came from a cache by itself", () => {
    const usage = { prompt_tokens: 100, prompt_tokens_details: { cached_tokens: 60 }, completion_tokens: 5 };
    const said = chatAnswer(
      "openai",
      reply({ usage, choices: [{ message: { content: [{ text: "a" }, { text: "b" }] }, finish_reason: "length" }] }),
    );
    expect(said).toMatchObject({
      text: "ab",
      cut: true,
      usage: { inputTokens: 40, cachedTokens: 60, outputTokens: 5 },
    });
  });

  it("of Anthropic is what the tool was given, or the text", () => {
    const usage = { input_tokens: 10, cache_creation_input_tokens: 5, output_tokens: 1 };
    const tool = {
      usage,
      stop_reason: "tool_use",
      content: [
        { type: "text", text: "so" },
        { type: "tool_use", input: { a: 1 } },
      ],
    };
    expect(chatAnswer("anthropic", reply(tool))).toMatchObject({
      text: '{"a":1}',
      cut: false,
      usage: { inputTokens: 15 },
    });
    const text = { stop_reason: "max_tokens", content: [{ type: "text", text: "so" }] };
    expect(chatAnswer("anthropic", reply(text))).toMatchObject({ text: "so", cut: true });
  });

  it.each([[{}], [[]], ["text"], [null], [{ choices: "no" }], [{ choices: [{}] }]])("is none: %j", (body) => {
    expect([chatAnswer("openai", reply(body)), chatAnswer("anthropic", reply(body))]).toEqual([null, null]);
  });

  it("that is an error is told in the endpoint's words, wherever those are", () => {
    const said = [{ error: { message: "a" } }, { error: "b" }, { message: "c" }, { detail: "d" }].map((body) =>
      complaintOf(reply(body)),
    );
    expect([...said, complaintOf({ status: 500, headers: {}, body: "<html>" })]).toEqual([
      "a",
      "b",
      "c",
      "d",
      "<html>",
    ]);
  });
});

describe("JSON of a model", () => {
  it.each([
    ['```json\n{"a": [1, 2,],}\n```', { a: [1, 2] }],
    ['Here: {"a": "x // y, ]"} and more }', { a: "x // y, ]" }],
    ['{"a": 1, // one\n /* two */ "b": "\\"]",\n// three\n}', { a: 1, b: '"]' }],
    ["[1,]", [1]],
  ])("is found in %j", (text, value) => {
    expect(readJson(text)).toEqual(value);
  });

  it.each(["", "no", "{", '{"a": "', "{a: 1}", "[1, /* "])("is not found in %j", (text) => {
    expect(() => readJson(text)).toThrow(SyntaxError);
  });

  it("is what it was, whatever stands around it", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), (value) => {
        expect(readJson(`So:\n${JSON.stringify(value, null, 1)}\nThat is all.`)).toEqual(
          JSON.parse(JSON.stringify(value)),
        );
      }),
    );
  });

  it.each(["/*", "//", '"', "{,", "[ ", ", "])("is looked for in no time among %j", (piece) => {
    const from = performance.now();
    expect(() => readJson(`{${piece.repeat(500_000)}`)).toThrow(SyntaxError);
    expect(performance.now() - from).toBeLessThan(2_000);
  });
});
