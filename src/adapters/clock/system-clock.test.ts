import { describe, expect, it } from "vitest";
import { SystemClock } from "./system-clock.ts";

function clockAt(wall: number): { clock: SystemClock; time: { wall: number; steady: number } } {
  const time = { wall, steady: 50 };
  return { clock: new SystemClock({ wall: () => time.wall, steady: () => time.steady }), time };
}

describe("the clock", () => {
  it("follows a machine that slept, or was set forward", () => {
    const { clock, time } = clockAt(1_000_000);
    time.steady += 10;
    time.wall += 3_600_000;
    expect(clock.now()).toBe(4_600_000);
    time.steady += 500;
    time.wall += 500;
    expect(clock.now()).toBe(4_600_500);
  });

  it("goes on at its own pace when it was set back", () => {
    const { clock, time } = clockAt(1_000_000);
    time.wall -= 86_400_000;
    time.steady += 2_000;
    expect(clock.now()).toBe(1_002_000);
    time.steady += 2_000;
    expect(clock.now()).toBe(1_004_000);
  });

  it("ends every wait when it is closed, and begins none after", async () => {
    const { clock } = clockAt(1_000_000);
    const waiting = clock.wait(2_000_000);
    clock.close();
    expect(await waiting).toBe(false);
    expect(await clock.wait(3_000_000)).toBe(false);
  });

  it("says at once what has been reached", async () => {
    const { clock } = clockAt(1_000_000);
    expect(await clock.wait(999_999)).toBe(true);
  });
});
