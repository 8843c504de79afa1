import { describe, expect, it } from "vitest";
import type { RemoteFailure } from "../domain/failure.ts";
import type { ToldInput } from "../domain/input.ts";
import type { Following } from "../domain/remote.ts";
import type { RunState } from "../domain/run.ts";
import { aRun, someSettings } from "../../test/rig/rows.ts";
import type { Ports } from "./ports.ts";
import { followRemote } from "./reach-remote.ts";

const failed = (cause: RemoteFailure["cause"]): Following => ({
  kind: "failed",
  failure: { reason: "remote-failed", cause, remote: "origin", target: "main", detail: "no" },
});
const settings = someSettings();
const run = aRun({ settings: { ...settings, queue: { ...settings.queue, remote: "origin" } } });

/** A remote that answers in this order, the last answer for ever; the time passes when it is waited for. */
class Stage {
  time = 0;
  /** When it was reached for. */
  readonly tried: number[] = [];
  readonly told: ToldInput[] = [];
  state: RunState = { status: "active" };
  closesAt = Infinity;
  private readonly answers: Following[];

  constructor(...answers: Following[]) {
    this.answers = answers;
  }

  follow(of = run): ReturnType<typeof followRemote> {
    const ports = {
      clock: {
        now: () => this.time,
        wait: (until: number) => {
          this.time = until;
          return Promise.resolve(until < this.closesAt);
        },
      },
      store: { run: () => ({ ...run, state: this.state }) },
      repository: {
        follow: () => {
          this.tried.push(this.time);
          return Promise.resolve(
            (this.answers.length > 1 ? this.answers.shift() : this.answers[0]) ?? failed("refused"),
          );
        },
      },
    } as unknown as Ports;
    return followRemote({ run: of, ports, observe: (input) => this.told.push(input) });
  }

  get news(): unknown[] {
    return this.told.map((input) => (input.type === "remote.told" ? input.news : input));
  }
}

const even: Following = { kind: "even" };

describe("a remote", () => {
  it("that is not there is tried again with growing waits, told each time, and no more than so often", async () => {
    const stage = new Stage(failed("unreachable"));
    expect(await stage.follow()).toEqual({ failure: expect.objectContaining({ cause: "unreachable" }) });
    expect(stage.tried).toEqual([0, 2_000, 8_000, 26_000, 80_000, 242_000, 728_000]);
    expect(stage.news).toHaveLength(6);
    expect(stage.news[1]).toMatchObject({ kind: "lost", until: 8_000 });
  });

  it("that comes back is gone on with", async () => {
    const stage = new Stage(failed("unreachable"), failed("unauthorized"), even);
    expect(await stage.follow()).toEqual({ failure: null });
    expect(stage.tried).toEqual([0, 2_000, 8_000]);
  });

  it("that says no is not asked again", async () => {
    const stage = new Stage(failed("diverged"));
    expect(await stage.follow()).toEqual({ failure: expect.objectContaining({ cause: "diverged" }) });
    expect([stage.tried, stage.news]).toEqual([[0], []]);
  });

  it("is not waited for by a run that is to stop", async () => {
    const stage = new Stage(failed("unreachable"));
    stage.state = { status: "interrupted" };
    expect(await stage.follow()).toEqual({ failure: expect.objectContaining({ cause: "unreachable" }) });
    expect([stage.tried, stage.news]).toEqual([[0], []]);
  });

  it("is left to the next daemon by one that ends", async () => {
    const stage = new Stage(failed("unreachable"));
    stage.closesAt = 5_000;
    expect(await stage.follow()).toBeNull();
  });

  it("is told of where the target followed it, and not asked where there is none", async () => {
    const followed: Following = { kind: "followed", commit: "c", place: { on: "target" } };
    const stage = new Stage(followed);
    await stage.follow();
    expect(stage.news).toEqual([followed]);
    const alone = new Stage(followed);
    expect(await alone.follow(aRun())).toEqual({ failure: null });
    expect(alone.tried).toEqual([]);
  });
});
