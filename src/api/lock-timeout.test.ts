import { describe, expect, it } from "vitest";
import { lockTimeoutMs } from "./lock-timeout.ts";

describe("how long a lock is waited for", () => {
  it.each([
    [undefined, null],
    ["", null],
    ["1", 1_000],
    ["2.5", 2_500],
    [" 3600 ", 3_600_000],
  ])("%j is %j ms", (text, ms) => {
    expect(lockTimeoutMs(text === undefined ? {} : { AGENT_LOCK_TIMEOUT: text })).toBe(ms);
  });

  it.each(["0", "-1", "0.5", "3601", "5s", "NaN", "Infinity"])("%j is refused", (text) => {
    expect(() => lockTimeoutMs({ AGENT_LOCK_TIMEOUT: text })).toThrow("AGENT_LOCK_TIMEOUT is not a number of seconds");
  });
});
