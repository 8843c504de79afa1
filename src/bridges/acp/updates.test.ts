import { expect, it } from "vitest";
import fc from "fast-check";
import { promptTokens } from "./tokens.ts";
import { makeUpdateReader } from "./updates.ts";

const chunk = (text: string) => ({ sessionUpdate: "agent_message_chunk", content: { type: "text", text } });
const call = (id: string, more: object = {}) => ({ sessionUpdate: "tool_call", toolCallId: id, title: id, ...more });
const change = (id: string, more: object) => ({ sessionUpdate: "tool_call_update", toolCallId: id, ...more });

function readAll(updates: readonly unknown[]) {
  const reader = makeUpdateReader(() => 0);
  const events = [...updates.flatMap((update) => reader.read(update)), ...reader.flush()];
  return { events, turns: reader.turns() };
}

it("joins the pieces of a message, and parts it where a tool is called", () => {
  const { events } = readAll([chunk("a "), chunk("b"), call("t", { kind: "read" }), chunk("c")]);
  expect(events).toEqual([
    { type: "turn" },
    { type: "message", text: "a b" },
    { type: "tool", name: "read", detail: "t", state: "started" },
    { type: "message", text: "c" },
  ]);
});

it("counts a turn for what comes behind an answer of a tool, and one for calls side by side", () => {
  const done = { status: "completed" };
  const { turns } = readAll([chunk("x"), call("a"), call("b"), change("a", done), change("b", done), call("c")]);
  expect(turns).toBe(2);
});

it("names the files of a change that was made, and of none that failed or only reads", () => {
  const at = { locations: [{ path: "/w/a" }] };
  const made = readAll([call("e", { kind: "edit", ...at }), change("e", { status: "completed" })]).events;
  expect(made.at(-1)).toEqual({ type: "file", path: "/w/a" });
  for (const [kind, status] of [
    ["edit", "failed"],
    ["read", "completed"],
  ] as const) {
    const { events } = readAll([call("e", { kind, ...at }), change("e", { status })]);
    expect(events.filter(({ type }) => type === "file")).toEqual([]);
  }
});

it("tells how far a plan is", () => {
  const entries = [
    { content: "one", status: "completed" },
    { content: "two", status: "in_progress" },
    { content: "three", status: "pending" },
  ];
  expect(readAll([{ sessionUpdate: "plan", entries }]).events).toEqual([
    { type: "progress", percent: 33, message: "two" },
  ]);
});

it("takes no size of a context for tokens that were used, and no cost of nothing or less", () => {
  const used = (cost: unknown) => readAll([{ sessionUpdate: "usage_update", used: 10, size: 100, cost }]).events;
  expect(used({ amount: 2, currency: "EUR" })).toMatchObject([
    { usage: { cost: 2, currency: "EUR", inputTokens: null }, basis: "session" },
  ]);
  expect([used(null), used({ amount: -1 }), used({ amount: 0 }), used({ amount: "2" })]).toEqual([[], [], [], []]);
});

it("bounds a message that never ends", () => {
  const { events } = readAll(Array.from({ length: 40 }, () => chunk("y".repeat(1_000))));
  const texts = events.flatMap((event) => (event.type === "message" ? [event.text.length] : []));
  expect(texts).toEqual([8_000, 8_000, 8_000, 8_000, 8_000]);
});

it("throws at nothing", () => {
  const kind = fc.constantFrom("tool_call", "tool_call_update", "plan", "usage_update", "agent_message_chunk", 5);
  const update = fc.dictionary(
    fc.constantFrom("toolCallId", "status", "content", "locations", "entries", "cost", "title", "kind", "rawInput"),
    fc.jsonValue(),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(kind, update)), (updates) => {
      readAll(updates.map(([sessionUpdate, fields]) => ({ ...fields, sessionUpdate })));
    }),
  );
});

it("reads the tokens of a prompt by whichever way an agent tells them", () => {
  const usageOf = (result: unknown, name: string | null = null) => promptTokens(result, name);
  expect(usageOf({ usage: { inputTokens: 10, outputTokens: 2, cachedReadTokens: 4, totalTokens: 12 } })).toMatchObject([
    { usage: { inputTokens: 6, cachedTokens: 4, outputTokens: 2 }, basis: "delta" },
  ]);
  const beside = { inputTokens: 10, outputTokens: 2, cachedReadTokens: 4, cachedWriteTokens: 1, totalTokens: 17 };
  expect(usageOf({ usage: beside })).toMatchObject([{ usage: { inputTokens: 11, cachedTokens: 4 } }]);
  const quota = { token_count: { input_tokens: 7, output_tokens: 1 } };
  expect(usageOf({ _meta: { quota } })).toMatchObject([{ usage: { inputTokens: 7, outputTokens: 1 } }]);
  expect(usageOf({ usage: { inputTokens: 0, outputTokens: 0 } })).toEqual([]);
  expect(usageOf({ usage: { inputTokens: 5, outputTokens: 1 } }, "OpenCode")).toEqual([]);
  expect([usageOf(null), usageOf({ usage: [] }), usageOf({ usage: { inputTokens: -3 } })]).toEqual([[], [], []]);
});
