import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { limitIn } from "./limit-text.ts";
import { cpuMsOf } from "../../test/rig/cpu-time.ts";

/** A Friday. */
const now = Date.parse("2026-11-20T19:00:00Z");
const at = (iso: string): number => Date.parse(iso);
const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

describe("a limit that is reached", () => {
  it.each<[string, number | null]>([
    // Claude Code
    [`Claude AI usage limit reached|${(now + 3 * hour) / second}`, now + 3 * hour],
    ["5-hour limit reached \u2219 resets 3pm", at("2026-11-21T15:00:00Z")],
    ["5-hour limit reached \u2219 resets 11pm", at("2026-11-20T23:00:00Z")],
    ["Claude usage limit reached. Your limit will reset at 9am (America/Chicago).", at("2026-11-21T15:00:00Z")],
    ["Claude usage limit reached. Your limit will reset at 1pm (Etc/GMT+5).", at("2026-11-21T18:00:00Z")],
    ["Session limit reached \u2219 resets 8pm", at("2026-11-20T20:00:00Z")],
    ["You've hit your session limit \u00b7 resets 8:30pm (Asia/Tokyo)", at("2026-11-21T11:30:00Z")],
    ["You've hit your limit \u00b7 resets 10pm (America/New_York)", at("2026-11-21T03:00:00Z")],
    [
      "You\u2019ve hit your weekly limit \u00b7 resets 3am (Europe/London)\n/usage-credits to finish",
      at("2026-11-21T03:00:00Z"),
    ],
    ["You've hit your limit \u00b7 resets Nov 23 at 4pm (America/Recife)", at("2026-11-23T19:00:00Z")],
    ["Weekly limit reached \u00b7 resets Nov 26, 7pm (Europe/Moscow)", at("2026-11-26T16:00:00Z")],
    ["Opus weekly limit reached \u2219 resets Nov 24", at("2026-11-24T00:00:00Z")],
    ["Opus weekly limit reached \u2219 resets Nov 27, 9am", at("2026-11-27T09:00:00Z")],
    ["You've hit your monthly spend limit.", null],
    ["limit reached: resets at 3:45 PM (Europe/Paris); your usage limit reached", at("2026-11-21T14:45:00Z")],
    // Codex
    [
      "You've hit your usage limit. Upgrade to Pro (https://openai.com/chatgpt/pricing) or try again in 5 days 22 hours 11\nminutes.",
      now + 5 * day + 22 * hour + 11 * minute,
    ],
    ["You've hit your usage limit. Try again in 3 hours 20 minutes.", now + 3 * hour + 20 * minute],
    [
      "You've hit your usage limit. Upgrade to Plus to continue using Codex (https://chatgpt.com/explore/plus), or try again at Nov 21st, 2026 3:00 PM.",
      at("2026-11-21T15:00:00Z"),
    ],
    ["You've hit your usage limit for GPT-6. Try again at 7:21 PM.", at("2026-11-20T19:21:00Z")],
    [
      "You've hit your usage limit. Upgrade your plan to continue, or try again at 22 de nov. de 2026, 11:52.",
      at("2026-11-22T11:52:00Z"),
    ],
    [
      `{"error":{"type":"usage_limit_reached","message":"The usage limit has been reached","resets_at":${now / second + 600},"resets_in_seconds":600}}`,
      now + 600 * second,
    ],
    ['{"type":"usage_limit_reached","resets_in_seconds":602}', now + 602 * second],
    ["exceeded retry limit, last status: 429 Too Many Requests, request id: 9c84b52ce87fbe62-SJC", null],
    // OpenAI, Anthropic
    [
      "rate_limit_exceeded: Rate limit reached for gpt-5 in organization org-x on tokens per min (TPM): Limit 30000, Used 29000. Please try again in 1.2s. Visit https://platform.openai.com",
      now + 1_200,
    ],
    ["Rate limit reached for requests. Please try again in 20ms.", now + 20],
    ["Rate limit reached for gpt-5. Please try again in 6m0s.", now + 6 * minute],
    ["429 Too Many Requests\nretry-after: 120", now + 120 * second],
    ["retry-after: 120", now + 120 * second],
    ["retry-after-ms: 1500", now + 1_500],
    ["Too Many Requests; Retry-After: Fri, 20 Nov 2026 19:05:00 GMT", at("2026-11-20T19:05:00Z")],
    [
      `{"type":"error","error":{"type":"rate_limit_error","message":"This request would exceed your account's rate limit. Please try again later."}}`,
      null,
    ],
    ["You exceeded your current quota, please check your plan and billing details. (insufficient_quota)", null],
    [`anthropic-ratelimit-unified-reset: ${now / second + 60} rate_limit_error`, now + minute],
    // Gemini, Qwen
    ["Please retry in 34.07s", now + 34_070],
    [
      "You exceeded your current quota. * Quota exceeded for metric: x, limit: 4000000\\nPlease retry in 47.434392449s.",
      now + 47_434,
    ],
    [
      '{"status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"38s"}]}',
      now + 38 * second,
    ],
    ["RESOURCE_EXHAUSTED map[@type:type.googleapis.com/google.rpc.RetryInfo retryDelay:12s]", now + 12 * second],
    [
      "You have exhausted your capacity on this model. Your quota will reset after 8h44m7s.",
      now + 8 * hour + 44 * minute + 7 * second,
    ],
    [
      "Attempt 1 failed: You have exhausted your capacity on this model. Your quota will reset after 5s.. Retrying after 6173ms...",
      now + 5 * second,
    ],
    [
      'RESOURCE_EXHAUSTED {"metadata":{"quotaResetTimeStamp":"2026-11-21T01:02:03Z","quotaResetDelay":"6h2m3s"}}',
      at("2026-11-21T01:02:03Z"),
    ],
    ["Usage limit reached for gemini-3-flash-preview. Access resets at 10:57 PM GMT-3.", at("2026-11-21T01:57:00Z")],
    ["429 Resource has been exhausted (e.g. check quota).", null],
    ["You have exhausted your daily quota on this model.", null],
    ["quota exceeded, resets at midnight Pacific", at("2026-11-21T08:00:00Z")],
    // Others
    ["Sorry, your request is rate-limited. Please wait 8 hours 24 minutes and try again", now + 8 * hour + 24 * minute],
    ["Too Many Requests: quota exceeded [retrying in ~2 weeks attempt #1]", null],
    ["rate limited until 2026-11-20T20:00:00+01:00", at("2026-11-20T19:00:00Z")],
    ["usage limit reached, resets tomorrow at 8:00", at("2026-11-21T08:00:00Z")],
    ["usage limit reached, resets Monday 9am", at("2026-11-23T09:00:00Z")],
    ["Limit reached \u00b7 resets Nov 21, 3am (UTC)", at("2026-11-21T03:00:00Z")],
    ["usage limit reached. Resets 2026-11-20 18:00:00 PST", at("2026-11-21T02:00:00Z")],
    ["usage limit reached. Resets 2026-11-20 18:00:00 and", at("2026-11-20T18:00:00Z")],
    ["usage limit reached. Try again at 5:30pm America/New_York", at("2026-11-20T22:30:00Z")],
    ["usage limit reached. Resets 9am AEST", at("2026-11-20T23:00:00Z")],
    ["rate limit reached: retry after 3600", now + hour],
    ["rate limit reached: retry after 5 minutes", now + 5 * 60_000],
    ["rate limit exceeded, x-ratelimit-reset-requests: 6m0s", now + 6 * 60_000],
    ["\u001b[31mYou've hit your session limit\u001b[0m \u00b7 resets 8pm", at("2026-11-20T20:00:00Z")],
  ])("%s", (text, resetsAt) => {
    expect(limitIn(text, now)).toEqual({ resetsAt });
  });

  it("has its time in the machine's zone where it names none", () => {
    expect(limitIn("5-hour limit reached \u2219 resets 3pm", now, "America/Los_Angeles")).toEqual({
      resetsAt: at("2026-11-20T23:00:00Z"),
    });
    expect(limitIn("session limit reached \u2219 resets 3pm (Not/AZone)", now, "Also/None")?.resetsAt).toBe(
      at("2026-11-21T15:00:00Z"),
    );
  });

  it("has a time that passed while the agent came to its end, not tomorrow's", () => {
    const three = at("2026-11-20T15:00:00Z");
    const text = "5-hour limit reached \u2219 resets 3pm";
    expect(limitIn(text, three + 5_000)?.resetsAt).toBe(three);
    expect(limitIn(text, three + 30 * 60_000)?.resetsAt).toBe(three + 24 * hour);
  });

  it("follows the clocks that are changed in between", () => {
    const eve = at("2026-03-28T20:00:00Z");
    expect(limitIn("session limit reached \u2219 resets 9am (Europe/Paris)", eve)?.resetsAt).toBe(
      at("2026-03-29T07:00:00Z"),
    );
  });

  it("turns the year", () => {
    const eve = at("2026-12-31T20:00:00Z");
    expect(limitIn("Weekly limit reached \u00b7 resets Jan 2, 7pm (UTC)", eve)?.resetsAt).toBe(
      at("2027-01-02T19:00:00Z"),
    );
  });

  it("has no end that is farther away than a week and a day", () => {
    expect(limitIn("usage limit reached. try again in 9 days", now)).toEqual({ resetsAt: null });
    expect(limitIn("Claude AI usage limit reached|1718900000", now)).toEqual({ resetsAt: null });
  });
});

describe("what is no limit", () => {
  it.each([
    "",
    "API Error: 529 Overloaded. This is a server-side issue, usually temporary \u2014 try again in a moment.",
    "API Error (529 overloaded_error) \u00b7 Retrying in 4 seconds\u2026 (attempt 4/10)",
    "503 Service Unavailable, retry-after: 5",
    "add a rate limit to the login route",
    "Approaching usage limit \u00b7 resets at 3pm",
    "Context limit reached",
    "Subagent nesting limit reached (depth 3)",
    "Reached maximum number of turns (40)",
    "prompt is too long: 200049 tokens > 200000 maximum",
    "Budget limit reached ($5.00 of $5.00); stopping background agents.",
    "File size limit exceeded",
    "src/limiter.ts:429:12 error TS2345: Argument of type 'string'",
    "listening on port 4290",
    "test('rate limits', () => {",
  ])("%s", (text) => {
    expect(limitIn(text, now)).toBeNull();
  });

  it("any text is read without an error, quickly, and never gives a time out of bounds", () => {
    const words = fc.constantFrom(
      "usage limit reached",
      "resets",
      "at",
      "in",
      "3pm",
      "25:99",
      "Nov 31st",
      "99",
      "hours",
      "429",
      "(",
      "Europe/Paris)",
      "|",
      "999999999999",
      "retry-after:",
      "T",
      ":",
      "tomorrow",
    );
    fc.assert(
      fc.property(
        fc.array(fc.oneof(words, fc.string()), { maxLength: 20 }),
        fc.integer({ min: 0, max: 4e12 }),
        (parts, time) => {
          const limit = limitIn(parts.join(" "), time);
          const resetsAt = limit?.resetsAt ?? time;
          expect(Math.abs(resetsAt - time)).toBeLessThanOrEqual(8 * day);
        },
      ),
    );
    const spent = cpuMsOf(() => {
      for (const part of [
        "resets at ",
        "1 hour ",
        "try again in ",
        "hit your a a ",
        "Nov ",
        "retry-after",
        "429 ",
        "usage ",
      ]) {
        limitIn(part.repeat(100_000), now);
        limitIn(`usage limit reached ${part.repeat(100_000)}`, now);
      }
    });
    expect(spent).toBeLessThan(3_000);
  });
});

const corpus = ["../../../shared/corpus/errors/errors.jsonl", "../../../../shared/corpus/errors/errors.jsonl"]
  .map((path) => new URL(path, import.meta.url))
  .find((path) => existsSync(path));

describe.skipIf(corpus === undefined)(
  `errors of real agents${corpus ? "" : " (the corpus is not on this machine)"}`,
  () => {
    it("are limits where they were labelled so", () => {
      const errors = readFileSync(corpus ?? "", "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as { id: string; text: string });
      const found = errors.filter(({ text }) => limitIn(text, now) !== null).map(({ id }) => id);
      expect(found.sort()).toEqual(["E001", "E003", "E015", "E017", "E018", "E032", "E164", "E180"]);
    });
  },
);
