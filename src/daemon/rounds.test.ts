import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Event } from "../domain/event.ts";
import { Beat } from "./beat.ts";
import type { DaemonLog } from "./daemon-log.ts";
import { Rounds } from "./rounds.ts";

const beatMs = 5_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Rounds whose looks are answered by hand. */
class World {
  readonly lines: string[] = [];
  readonly looks: ((more: boolean) => void)[] = [];
  private tell: (events: readonly Event[]) => void = () => undefined;
  readonly rounds: Rounds;

  constructor({ restFactor = 0, look }: { restFactor?: number; look?: () => Promise<boolean> } = {}) {
    this.rounds = new Rounds({
      at: "things",
      log: { line: (text: string) => this.lines.push(text) } as unknown as DaemonLog,
      beat: new Beat(),
      engine: {
        subscribe: (listener) => {
          this.tell = listener;
          return () => (this.tell = () => undefined);
        },
      },
      wakes: ["run.submitted"],
      restFactor,
      look: look ?? (() => new Promise((resolve) => this.looks.push(resolve))),
    });
  }

  wake(): void {
    this.tell([{ body: { type: "run.submitted" } } as Event]);
  }

  async answer(more: boolean): Promise<void> {
    this.looks.at(-1)?.(more);
    await vi.advanceTimersByTimeAsync(0);
  }
}

it("looks at once for what was there, and goes on while there is more", async () => {
  const world = new World();
  world.rounds.recover();
  await vi.advanceTimersByTimeAsync(0);
  expect(world.looks).toHaveLength(1);
  await world.answer(true);
  await vi.advanceTimersByTimeAsync(beatMs);
  expect(world.looks).toHaveLength(2);
  await world.answer(false);
  await vi.advanceTimersByTimeAsync(3 * beatMs);
  expect(world.looks).toHaveLength(2);
});

it("looks at the next beat after what wakes it, also where that came during a look", async () => {
  const world = new World();
  await vi.advanceTimersByTimeAsync(beatMs);
  expect(world.looks).toHaveLength(0);
  world.wake();
  await vi.advanceTimersByTimeAsync(beatMs);
  expect(world.looks).toHaveLength(1);
  world.wake();
  await world.answer(false);
  await vi.advanceTimersByTimeAsync(beatMs);
  expect(world.looks).toHaveLength(2);
});

it("takes one look at a time, and rests after a long one", async () => {
  const world = new World({ restFactor: 2 });
  world.wake();
  await vi.advanceTimersByTimeAsync(3 * beatMs);
  expect(world.looks).toHaveLength(1);
  // It took ten seconds: twenty without one follow.
  await world.answer(true);
  await vi.advanceTimersByTimeAsync(3 * beatMs);
  expect(world.looks).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(beatMs);
  expect(world.looks).toHaveLength(2);
});

it("tells of a look that failed, and goes on; after its end it does neither", async () => {
  const world = new World({ look: () => Promise.reject(new Error("gone")) });
  world.wake();
  await vi.advanceTimersByTimeAsync(2 * beatMs);
  expect(world.lines).toHaveLength(2);
  expect(world.lines[0]).toContain("looking at things: Error: gone");
  world.rounds.stop();
  await vi.advanceTimersByTimeAsync(2 * beatMs);
  expect(world.lines).toHaveLength(2);
});
