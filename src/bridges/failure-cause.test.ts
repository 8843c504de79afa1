import { expect, it } from "vitest";
import { failedRequest, statusIn } from "./failure-cause.ts";

it.each([
  ["unexpected status 401 Unauthorized", "unauthorized", 401],
  ["HTTP 403", "unauthorized", 403],
  ["429 rate limited", "limited", 429],
  ["status code: 402, no credits", "limited", 402],
  ["status 404: The model `m9` does not exist", "unknown-model", 404],
  ["status 500: boom", "endpoint", 500],
  ["status 529: overloaded", "endpoint", 529],
  ["connect ECONNREFUSED 127.0.0.1:1", "endpoint", null],
  ["fetch failed", "endpoint", null],
  ["Invalid API key", "unauthorized", null],
  ["You have hit your usage limit", "limited", null],
  ["it broke in line 404 of the file", "other", null],
] as const)("knows the cause of %j", (message, cause, status) => {
  expect(failedRequest(message)).toMatchObject({ ok: false, cause, status });
});

it("believes a status that it is told over the words", () => {
  expect(failedRequest("authentication error", 500)).toMatchObject({ cause: "endpoint", status: 500 });
  expect(statusIn("in 4010 ms")).toBe(null);
});
