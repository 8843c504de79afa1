import { describe, expect, it } from "vitest";
import { parked, parkedUntil, type QuotaRow } from "./quota.ts";

const now = Date.parse("2026-11-28T22:00:00Z");
const minute = 60_000;
const limit = (until: number | null, before?: QuotaRow, at = now): QuotaRow =>
  parked("openai", { until, message: "come back later" }, before, at);
const minutes = ({ until }: QuotaRow, at = now): number => (until - at) / minute;

describe("a provider's clock", () => {
  it("runs until the time that was told, half a minute at least", () => {
    expect(minutes(limit(now + 90 * minute))).toBe(90);
    expect(minutes(limit(now + 1_000))).toBe(0.5);
  });

  it("runs longer each time in a row where none was told", () => {
    let row: QuotaRow | undefined;
    let at = now;
    const waits: number[] = [];
    for (let time = 0; time < 6; time++) {
      row = limit(null, row, at);
      waits.push(minutes(row, at));
      at = row.until + 2 * minute;
    }
    expect(waits).toEqual([15, 30, 60, 120, 240, 240]);
  });

  it("is not pushed on by those who are refused at the same time", () => {
    const first = limit(null);
    expect(limit(null, first, now + 1_000)).toEqual(first);
    const told = limit(now + 120 * minute);
    expect(limit(null, told, now + 1_000)).toEqual(told);
    expect(minutes(limit(now + 60 * minute, first))).toBe(60);
  });

  it("begins anew where work went on in between", () => {
    const row = { ...limit(null), strikes: 5 };
    expect(minutes(limit(null, row, row.until + 29 * minute), row.until + 29 * minute)).toBe(240);
    expect(minutes(limit(null, row, row.until + 31 * minute), row.until + 31 * minute)).toBe(15);
  });

  it("is short, once, for a time that has just passed; another one that is past, or too far, says nothing", () => {
    const first = limit(now - 5_000);
    expect(minutes(first)).toBe(0.5);
    const again = first.until + minute;
    expect(minutes(limit(now - 5_000, first, again), again)).toBe(30);
    expect(minutes(limit(now - 11 * minute))).toBe(15);
    expect(minutes(limit(now + 9 * 24 * 60 * minute))).toBe(15);
  });

  it("is over at its time", () => {
    const row = limit(now + minute);
    expect(parkedUntil([row], "openai", now)).toBe(now + minute);
    expect([parkedUntil([row], "openai", now + minute), parkedUntil([row], "other", now)]).toEqual([null, null]);
  });
});
