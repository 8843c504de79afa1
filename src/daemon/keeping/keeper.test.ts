import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Event } from "../../domain/event.ts";
import { makeRunId } from "../../domain/run.ts";
import type { DaemonLog } from "../daemon-log.ts";
import type { Decider } from "../decider.ts";
import { Keeper } from "./keeper.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "nightcrew-keeper-"));
  vi.stubEnv("HOME", root);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true, force: true });
});

it("has git pack objects and refs in the middle of a run, once for many landings", async () => {
  const git = (...args: readonly string[]): string =>
    execFileSync("git", ["-c", "user.name=T", "-c", "user.email=t@example.org", ...args], {
      cwd: root,
      encoding: "utf8",
    });
  git("init", "--quiet", "--initial-branch=main");
  git("commit", "--quiet", "--allow-empty", "--message", "One");
  const loose = (): string[] => readdirSync(join(root, ".git", "refs", "heads"));
  const run = makeRunId(0, "00000000");
  const listeners: ((events: readonly Event[]) => void)[] = [];
  const subscribe = (listener: (events: readonly Event[]) => void): (() => void) => {
    listeners.push(listener);
    return () => undefined;
  };
  const store = { run: () => ({ id: run, repository: join(root, ".git") }) };
  const keeper = new Keeper({
    home: root,
    decider: { store, engine: { subscribe } } as unknown as Decider,
    holds: () => true,
    retention: { days: null, automatic: false, bounds: { slots: 9, bytes: 1e12 } },
    log: { line: () => undefined } as unknown as DaemonLog,
  });
  const land = (count: number): void => {
    const landed = { type: "change.landed", attempt: 1, commit: "c", place: { on: "target" }, together: 1 } as const;
    const events = Array.from({ length: count }, (_, seq) => ({ seq, at: 0, run, task: "1", body: landed }));
    for (const listener of listeners) listener(events);
  };
  land(499);
  await keeper.maintained();
  expect(loose()).toEqual(["main"]);
  land(1);
  await keeper.maintained();
  expect(loose()).toEqual([]);
  git("branch", "later");
  land(499);
  await keeper.maintained();
  expect(loose()).toEqual(["later"]);
  land(1);
  await keeper.maintained();
  expect(loose()).toEqual([]);
  keeper.stop();
});
