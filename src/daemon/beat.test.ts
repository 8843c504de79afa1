import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Beat } from "./beat.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] }));
afterEach(() => void vi.useRealTimers());

it("calls all at once, whenever they came", () => {
  const beat = new Beat();
  const calls: string[] = [];
  beat.on(() => calls.push("first"));
  vi.advanceTimersByTime(3_000);
  beat.on(() => calls.push("second"));
  expect(calls).toEqual([]);
  vi.advanceTimersByTime(2_000);
  expect(calls).toEqual(["first", "second"]);
  vi.advanceTimersByTime(5_000);
  expect(calls).toEqual(["first", "second", "first", "second"]);
  expect(vi.getTimerCount()).toBe(1);
});

it("leaves out who has ended, and has no timer for nobody", () => {
  const beat = new Beat();
  const calls: string[] = [];
  const end = beat.on(() => calls.push("first"));
  const endSecond = beat.on(() => calls.push("second"));
  end();
  vi.advanceTimersByTime(5_000);
  expect(calls).toEqual(["second"]);
  endSecond();
  expect(vi.getTimerCount()).toBe(0);
  beat.on(() => calls.push("third"));
  vi.advanceTimersByTime(5_000);
  expect(calls).toEqual(["second", "third"]);
});
