import { describe, expect, it } from "vitest";
import type { Controlled } from "./control.ts";
import { sideBySide, SideBySide } from "./side-by-side.ts";

function recorder(): Controlled & { readonly told: string[] } {
  const told: string[] = [];
  const note = (what: string) => (): void => void told.push(what);
  return { told, stop: note("stop"), freeze: note("freeze"), thaw: note("thaw"), send: () => true };
}

function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

describe("things side by side", () => {
  it("are stopped, frozen and thawed together, and what begins later is where they are", () => {
    const together = new SideBySide();
    const [first, second, third] = [recorder(), recorder(), recorder()];
    together.add(first);
    together.freeze();
    together.add(second);
    together.thaw();
    together.stop();
    together.add(third);
    expect([first.told, second.told, third.told]).toEqual([
      ["freeze", "thaw", "stop"],
      ["freeze", "thaw", "stop"],
      ["stop"],
    ]);
    expect(together.send()).toBe(false);
  });

  it("begin in order, so many at once, and give their results in order", async () => {
    const begun: number[] = [];
    const gates = [0, 1, 2, 3].map(gate);
    const all = sideBySide([0, 1, 2, 3], { atOnce: 2, mayBegin: () => true }, async (item) => {
      begun.push(item);
      await gates[item]?.opened;
      return item * 10;
    });
    expect(begun).toEqual([0, 1]);
    for (const index of [1, 2, 3, 0]) {
      gates[index]?.open();
      await gates[index]?.opened;
    }
    expect(await all).toEqual([0, 10, 20, 30]);
    expect(begun).toEqual([0, 1, 2, 3]);
  });

  it("are not begun any more when they may not", async () => {
    let left = 2;
    const results = await sideBySide(["a", "b", "c"], { atOnce: 1, mayBegin: () => left-- > 0 }, (item) =>
      Promise.resolve(item),
    );
    expect(results).toEqual(["a", "b", null]);
  });
});
