import { describe, expect, it } from "vitest";
import type { AgentEvent } from "../../../domain/agent-event.ts";
import { agentLinesReader } from "./agent-lines.ts";

const read = (line: unknown): readonly AgentEvent[] =>
  agentLinesReader().line(typeof line === "string" ? line : JSON.stringify(line), false);

describe("a command's lines", () => {
  it.each<[unknown, AgentEvent]>([
    [
      { type: "progress", percent: 140, message: "a\nb" },
      { type: "progress", percent: 100, message: "a b" },
    ],
    [
      { type: "progress", percent: -1 },
      { type: "progress", percent: 0, message: "" },
    ],
    [
      { type: "progress", percent: "7", message: 7 },
      { type: "progress", percent: null, message: "" },
    ],
    [
      { type: "message", text: " said " },
      { type: "message", text: "said" },
    ],
    [
      { type: "message", message: "said" },
      { type: "message", text: "said" },
    ],
    [
      { type: "told", id: "0123abcd" },
      { type: "told", id: "0123abcd" },
    ],
    [
      { type: "session", id: "s-1" },
      { type: "session", id: "s-1" },
    ],
    [{ type: "turn", more: 1 }, { type: "turn" }],
    [
      { type: "tool", name: "shell", detail: "ls", state: "failed" },
      { type: "tool", name: "shell", detail: "ls", state: "failed" },
    ],
    [{ type: "tool" }, { type: "tool", name: "tool", detail: "", state: "started" }],
    [
      { type: "file", path: "src/a.ts" },
      { type: "file", path: "src/a.ts" },
    ],
    [
      { type: "permission", asked: "rm -rf", answer: "denied" },
      { type: "permission", asked: "rm -rf", answer: "denied" },
    ],
    [
      { type: "permission", asked: "rm -rf", answer: "perhaps" },
      { type: "permission", asked: "rm -rf", answer: "waiting" },
    ],
    [
      { type: "retry", status: 503, message: "busy" },
      { type: "retry", status: 503, message: "busy" },
    ],
    [
      { type: "retry", status: 7 },
      { type: "retry", status: null, message: "" },
    ],
    [
      { type: "limit", resets_at: 1_900_000_000, message: "later" },
      { type: "limit", resetsAt: 1_900_000_000_000, message: "later" },
    ],
    [
      { type: "limit", resets_at: "2030-03-17T17:46:40Z" },
      { type: "limit", resetsAt: 1_900_000_000_000, message: "" },
    ],
    [
      { type: "limit", resets_at: "at noon" },
      { type: "limit", resetsAt: null, message: "" },
    ],
    [
      { type: "final", ok: true },
      { type: "final", ok: true },
    ],
    [
      { type: "final", ok: false, cause: "budget", status: 402, message: "spent" },
      { type: "final", ok: false, cause: "budget", status: 402, message: "spent" },
    ],
    [
      { type: "final", ok: false, status: 401 },
      { type: "final", ok: false, cause: "unauthorized", status: 401, message: "" },
    ],
    [
      { type: "final", ok: false, cause: "boredom" },
      { type: "final", ok: false, cause: "other", status: null, message: "" },
    ],
  ])("%j", (line, event) => expect(read(line)).toEqual([event]));

  it("tell what was used since the line before, or else what they say it counts", () => {
    const usage = { cachedTokens: null, cost: null, currency: null, model: null };
    expect(read({ type: "usage", input_tokens: 5, output_tokens: 0 })).toEqual([
      { type: "usage", basis: "delta", usage: { ...usage, inputTokens: 5, outputTokens: 0 } },
    ]);
    expect(
      read({ type: "usage", cached_tokens: 3, cost: 0.5, currency: "USD", model: "m1", basis: "session" }),
    ).toEqual([
      {
        type: "usage",
        basis: "session",
        usage: { inputTokens: null, cachedTokens: 3, outputTokens: null, cost: 0.5, currency: "USD", model: "m1" },
      },
    ]);
  });

  it("say nothing by amounts that are none", () => {
    expect(read({ type: "usage", input_tokens: -1, output_tokens: "5", cost: null })).toEqual([]);
    expect(read('{"type":"usage","input_tokens":1e999,"cost":-0.1}')).toEqual([]);
  });

  it.each([
    "progress",
    "{",
    "[]",
    "null",
    '"message"',
    '{"type":"constructor"}',
    '{"type":7}',
    '{"type":"message"}',
    '{"type":"message","text":"\\u0007"}',
    '{"type":"session","id":"--help"}',
    '{"type":"file","path":""}',
    '{"type":"final","ok":"yes"}',
  ])("are only log where they are anything else: %s", (line) => expect(read(line)).toEqual([]));

  it("are only log where they are longer than 64 KiB, or cut", () => {
    const line = JSON.stringify({ type: "message", text: "x".repeat(70_000) });
    expect(read(line)).toEqual([]);
    expect(agentLinesReader().line('{"type":"turn"}', true)).toEqual([]);
    expect(agentLinesReader().errorLine('{"type":"turn"}')).toEqual([]);
  });
});
