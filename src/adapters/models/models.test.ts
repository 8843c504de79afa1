import { describe, expect, it } from "vitest";
import { cpuMsOf } from "../../../test/rig/cpu-time.ts";
import fc from "fast-check";
import { chatAnswer, complaintOf, hiddenStatus } from "./chat-answer.ts";
import { chatUrl, findEndpoint, type EndpointWish } from "./endpoint.ts";
import { readJson } from "./read-json.ts";
import { readTasks } from "./read-tasks.ts";

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
    [
      "a query stays behind the path",
      { endpoint: "https://own/deployments/x?api-version=1" },
      found({}),
      "https://own/deployments/x/chat/completions?api-version=1 gpt-6.1-sol none",
    ],
    [
      "an address that is whole stays as it is",
      { endpoint: "https://own/api/chat/completions/" },
      found({}),
      "https://own/api/chat/completions gpt-6.1-sol none",
    ],
    [
      "and one of Anthropic's",
      { endpoint: "https://own/v1/messages", protocol: "anthropic" },
      found({}),
      "https://own/v1/messages claude-sonnet-5-5 none",
    ],
    ["what is no address", {}, found({ LITELLM_API_BASE: "localhost:4000" }), "nowhere claude-sonnet-4-6 none"],
  ])("is chosen: %s", (_, wish, facts, expected) => {
    const endpoint = findEndpoint(wish, facts);
    expect(endpoint && `${chatUrl(endpoint)?.href ?? "nowhere"} ${endpoint.model} ${endpoint.keyName ?? "none"}`).toBe(
      expected,
    );
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

  it.each([
    [
      "parts, some of them plain",
      { content: ["a", { type: "text", text: "b" }, { type: "thinking", thinking: "no" }, null] },
      "ab",
    ],
    [
      "what something was called with",
      { content: null, tool_calls: [{ function: { name: "plan", arguments: '{"a":1}' } }] },
      '{"a":1}',
    ],
    ["the same as it was once said", { content: "", function_call: { name: "plan", arguments: '{"a":1}' } }, '{"a":1}'],
    ["its content, whatever it thought before", { content: "b", reasoning_content: "a", reasoning: "a" }, "b"],
    ["a refusal", { content: null, refusal: "I will not." }, "I will not."],
    ["nothing", { content: null, tool_calls: [] }, ""],
  ])("of OpenAI is %s", (_, message, text) => {
    expect(chatAnswer("openai", reply({ choices: [{ message }] }))).toMatchObject({ text, cut: false });
  });

  it.each(["length", "max_tokens", "MAX_TOKENS"])(
    "of servers that speak like OpenAI is cut where they say %s",
    (reason) => {
      const said = chatAnswer("openai", reply({ choices: [{ message: { content: "{" }, finish_reason: reason }] }));
      expect(said?.cut).toBe(true);
    },
  );

  it("of Anthropic that is nested without end is an empty one", () => {
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    const body = `{"stop_reason": "tool_use", "content": [{"type": "tool_use", "input": {"tasks": ${deep}}}]}`;
    expect(chatAnswer("anthropic", { status: 200, headers: {}, body })).toMatchObject({ text: "" });
    expect(readTasks(readJson(`{"tasks": ${deep}}`), 10)).toMatchObject({ ok: false });
  });

  it("of Anthropic whose tool was given nothing is an empty object", () => {
    const said = chatAnswer("anthropic", reply({ stop_reason: "tool_use", content: [{ type: "tool_use" }] }));
    expect(said?.text).toBe("{}");
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

  it.each([
    [{ error: { message: "slow down", code: 429 } }, 429, "slow down"],
    [{ error: { message: "no key", code: "401" } }, 401, "no key"],
    [{ choices: [{ error: { message: "broke", code: 7 }, message: { content: "" } }] }, 500, "broke"],
    [{ choices: [{ error: { message: "late" }, message: { content: "all of it" } }] }, 200, "late"],
    [{ error: null, choices: [{ message: { content: "a" } }] }, 200, undefined],
  ])("that is an error with a good status is one: %j", (body, status, complaint) => {
    expect(hiddenStatus(reply(body))).toBe(status);
    if (complaint !== undefined) expect(complaintOf(reply(body))).toBe(complaint);
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
    ['As [agreed](https://x.test): {"a": 1}', { a: 1 }],
    ['See [1] and [2].\n{"tasks": []}', { tasks: [] }],
    ['<think>maybe {"tasks": ["a much longer draft"]}</think>\n{"tasks": []}', { tasks: [] }],
    ['{"a": "</think>"} so', { a: "</think>" }],
    ['A list [of things, that is longer than it]:\n```json\n{"a": 1}\n```', { a: 1 }],
    ['{"a": "one\ntwo\tthree",}', { a: "one\ntwo\tthree" }],
    ['\ufeff{"a": 1}', { a: 1 }],
    ['{"a": 1, "a": 2}', { a: 2 }],
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

  // What is broken is told of, not passed over for a part of it that is whole.
  it("is not a part of what is meant", () => {
    expect(() => readJson('{"tasks": [{"id": 1}, {"id": 2 "title": "x"}]} {"ok": true}')).toThrow(SyntaxError);
  });

  it.each(["/*", "//", '"', "{,", "[ ", ", ", "```", "```\n", "``` ", "</think>", "a b "])(
    "is looked for in no time among %j",
    (piece) => {
      const spent = cpuMsOf(() => {
        for (const start of ["{", "``` ", ""]) {
          const text = `${start}${piece.repeat(500_000)}`;
          expect(() => readJson(text)).toThrow(SyntaxError);
        }
      });
      expect(spent).toBeLessThan(10_000);
    },
  );
});
