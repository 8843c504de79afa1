import { describe, expect, it } from "vitest";
import type { FinalCause } from "../../../domain/agent-event.ts";
import { epochMs, failed, limit, retry, session, used } from "./said.ts";

const finalOf = (message: string, status: number | null = null) => failed({ message, status }).at(-1);

describe("why an agent says it did not finish", () => {
  it.each<[string, FinalCause, number | null]>([
    ["401 invalid key", "unauthorized", 401],
    ["Failed to authenticate. API Error: 403 forbidden", "unauthorized", 403],
    ["Not logged in · Please run /login", "unauthorized", null],
    ["Missing environment variable: `CODEX_API_KEY`.", "unauthorized", null],
    ["You must specify the GEMINI_API_KEY environment variable.", "unauthorized", null],
    ["exceeded retry limit, last status: 429 Too Many Requests", "limited", 429],
    ["Claude AI usage limit reached|1900000000", "limited", null],
    ["You've hit your 5-hour limit · resets Mar 17, 2030, 5:46pm (UTC)", "limited", null],
    ["You exceeded your current quota, please check your plan", "limited", null],
    ["Your credit balance is too low", "limited", null],
    ["HTTP 402 payment required", "limited", 402],
    ["404 model: m1 not found", "unknown-model", 404],
    ["There's an issue with the selected model (m1). It may not exist", "unknown-model", null],
    ["API Error: 500 boom", "endpoint", 500],
    ['[API Error: {"error":{"code":503,"message":"later"}}]', "endpoint", 503],
    ["Connection refused (ECONNREFUSED)", "endpoint", null],
    ["We’re currently experiencing high demand, which may cause temporary errors.", "endpoint", null],
    ["Overloaded", "endpoint", null],
    ["something else went wrong in 401 places", "other", null],
    ["", "other", null],
  ])("is found in %j: %s", (message, cause, status) => {
    expect(finalOf(message)).toEqual({ type: "final", ok: false, cause, status, message });
  });

  it("is told by the status where there is one, whatever the words are", () => {
    expect(finalOf("rate limit", 401)).toMatchObject({ cause: "unauthorized", status: 401 });
    expect(finalOf("please authenticate", 529)).toMatchObject({ cause: "endpoint", status: 529 });
    expect(finalOf("odd", 7)).toMatchObject({ cause: "other", status: null });
  });

  it("comes behind the limit, where it was one, and only then", () => {
    expect(failed({ message: "quota exceeded" }).map(({ type }) => type)).toEqual(["limit", "final"]);
    expect(failed({ message: "boom" }).map(({ type }) => type)).toEqual(["final"]);
  });
});

describe("a limit", () => {
  it.each([
    ["limit reached|1900000000", 1_900_000_000_000],
    ["limit reached|1900000000123", 1_900_000_000_123],
    ["limit reached|12345678901234567", null],
    ["try again in 5 minutes", null],
    ["resets at 5pm", null],
  ])("has the time of %j: %s", (text, resetsAt) => {
    expect(limit(text)).toEqual({ type: "limit", resetsAt, message: text });
  });

  it("takes seconds and milliseconds, and nothing that is no time of these decades", () => {
    expect(epochMs(1_900_000_000)).toBe(1_900_000_000_000);
    expect(epochMs(1_900_000_000_000)).toBe(1_900_000_000_000);
    for (const odd of [0, 5, 1e300, 99_999_999_999_999]) expect(epochMs(odd)).toBeNull();
    expect(epochMs(null)).toBeNull();
  });
});

it("tells of no usage where nothing is known, and of a cost of nothing where it was told", () => {
  expect(used("delta", { model: "m1", currency: "USD" })).toEqual([]);
  expect(used("session", { cost: 0 })).toHaveLength(1);
});

it("takes for a session only what can be an argument", () => {
  for (const id of ["ses_1", "0190-aa:b.c", "x"]) expect(session(id)).toEqual([{ type: "session", id }]);
  for (const id of [null, "", "-x", "--yes", "a/b", "a b", "a\n", "é", "x".repeat(129)])
    expect(session(id)).toEqual([]);
});

it("takes the status of a retry from its words", () => {
  expect(retry(null, "Reconnecting... 1/3 (unexpected status 502 Bad Gateway)").status).toBe(502);
  expect(retry(503, "401 first").status).toBe(503);
  expect(retry(null, null)).toEqual({ type: "retry", status: null, message: "" });
});
