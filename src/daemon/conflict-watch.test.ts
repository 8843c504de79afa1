import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { aRun, freshAttempt } from "../../test/rig/rows.ts";
import { checkOut, slotPaths, type SlotPaths } from "../adapters/workspace/slot.ts";
import type { AttemptState } from "../domain/attempt-state.ts";
import type { Event } from "../domain/event.ts";
import type { RepositoryPlace } from "../domain/job.ts";
import type { AttemptRow } from "../domain/rows.ts";
import { attemptId } from "../domain/run.ts";
import { ConflictWatch } from "./conflict-watch.ts";
import type { Decider } from "./decider.ts";

const run = aRun();
let world: World;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  world = await World.make();
});
afterEach(() => {
  world.end();
  vi.useRealTimers();
});

/** One attempt at work in a real slot; looks are counted by what they ask first: where the target stands. */
class World {
  readonly looks: number[] = [];
  readonly told: unknown[] = [];
  readonly slot: SlotPaths;
  tip = "";
  state: AttemptState = { status: "working" };
  freezesWhenTold = false;
  private readonly root: string;
  private readonly watch: ConflictWatch;
  private readonly startedAt = performance.now();
  private hear: (events: readonly Event[]) => void = () => undefined;

  private constructor(root: string, place: RepositoryPlace) {
    this.root = root;
    this.slot = slotPaths(join(root, "agent-1"));
    const attempt = (): AttemptRow => ({
      ...freshAttempt,
      id: attemptId(run.id, "t", 1),
      run: run.id,
      task: "t",
      number: 1,
      agent: "a",
      state: this.state,
      startedAt: 0,
      endedAt: null,
    });
    const decider = {
      engine: {
        subscribe: (listener: (events: readonly Event[]) => void) => {
          this.hear = listener;
          return () => undefined;
        },
        submit: (input: unknown) => {
          this.told.push(input);
          if (this.freezesWhenTold) this.state = { status: "frozen", was: "working", since: 0 };
          return Promise.resolve();
        },
      },
      store: { liveAttempts: () => [attempt()], run: () => run, attempt },
      folders: { attempt: () => root },
      groundOf: () => {
        this.looks.push(Math.round((performance.now() - this.startedAt) / 1_000));
        return Promise.resolve({ tip: this.tip, place });
      },
    } as unknown as Decider;
    const log = { line: (text: string) => this.told.push(text) } as never;
    this.watch = new ConflictWatch({ decider, log });
  }

  static async make(): Promise<World> {
    const root = mkdtempSync(join(tmpdir(), "nightcrew-watch-"));
    mkdirSync(join(root, "repo"));
    const place: RepositoryPlace = { commonDir: join(root, "repo", ".git"), objectFormat: "sha1", settings: [] };
    const world = new World(root, place);
    world.git("init", "--quiet", "--initial-branch", "main");
    const base = world.commit("first");
    world.tip = base;
    await checkOut(world.slot, place, base);
    writeFileSync(world.slot.busy, JSON.stringify({ run: run.id, task: "t", number: 1, base }));
    writeFileSync(join(root, "place.json"), JSON.stringify({ slot: world.slot.root }));
    writeFileSync(join(root, "job.json"), "{}");
    return world;
  }

  commit(content: string): string {
    writeFileSync(join(this.root, "repo", "a.txt"), content);
    this.git("add", "--all");
    this.git("-c", "user.name=Test", "-c", "user.email=test@example.org", "commit", "--quiet", "--message", content);
    return this.git("rev-parse", "HEAD");
  }

  event(type: Event["body"]["type"]): void {
    this.hear([{ body: { type } } as Event]);
  }

  /** Lets time go on; `then` is what happens in each second. */
  async pass(seconds: number, then: () => void = () => undefined): Promise<void> {
    for (let passed = 0; passed < seconds; passed++) {
      then();
      vi.advanceTimersByTime(1_000);
      await this.lookEnded();
    }
  }

  /** Its gits are real. */
  private async lookEnded(): Promise<void> {
    const { watch } = this as unknown as { watch: { looking: boolean } };
    while (watch.looking) await new Promise((resolve) => setImmediate(resolve));
  }

  private git(...args: readonly string[]): string {
    const env = { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
    return execFileSync("git", args, { cwd: join(this.root, "repo"), env, encoding: "utf8" }).trim();
  }

  end(): void {
    this.watch.stop();
    rmSync(this.root, { recursive: true, force: true });
  }
}

const mark = (): void => writeFileSync(join(world.slot.tree, "work.txt"), String(performance.now()));

it("comes less often while nobody changes anything, and as before when somebody does", async () => {
  world.tip = world.commit("second");
  world.event("attempt.started");
  await world.pass(1_000);
  expect(world.looks).toEqual([60, 180, 420, 660, 900]);
  mark();
  await world.pass(280);
  expect(world.looks.slice(5)).toEqual([1_140, 1_200]);
});

it("comes each minute while work is changed", async () => {
  world.tip = world.commit("second");
  world.event("attempt.started");
  await world.pass(300, mark);
  expect(world.looks).toEqual([60, 120, 180, 240, 300]);
});

it("comes each minute where the target has not moved, which is all that is asked then, and where nobody is at work", async () => {
  world.event("attempt.started");
  await world.pass(180);
  world.state = { status: "frozen", was: "working", since: 0 };
  await world.pass(120);
  expect(world.looks).toEqual([60, 120, 180]);
  world.state = { status: "working" };
  await world.pass(60);
  expect([world.looks, world.told]).toEqual([[60, 120, 180, 360], []]);
});

it("comes each minute where it cannot be taken, and says why", async () => {
  world.tip = world.commit("second");
  rmSync(world.slot.runnerGit, { recursive: true });
  world.event("attempt.started");
  await world.pass(180);
  expect(world.looks).toEqual([60, 120, 180]);
  expect(world.told).toHaveLength(3);
  expect(world.told[0]).toContain("looking for conflicts of ");
});

it("comes at once after a landing, and within a minute of what came from the remote", async () => {
  world.tip = world.commit("second");
  world.event("attempt.started");
  await world.pass(500);
  world.event("change.landed");
  await world.pass(20);
  world.event("remote.followed");
  await world.pass(100);
  expect(world.looks.slice(3)).toEqual([500, 580]);
});

it("tells again what nobody listened to", async () => {
  writeFileSync(join(world.slot.tree, "a.txt"), "mine");
  world.tip = world.commit("second");
  world.freezesWhenTold = true;
  world.event("attempt.started");
  await world.pass(60);
  expect(world.told).toHaveLength(1);
  world.state = { status: "working" };
  world.freezesWhenTold = false;
  await world.pass(60);
  expect(world.told).toHaveLength(2);
  await world.pass(120);
  expect(world.told).toHaveLength(2);
});
