import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { RunFolders } from "../../adapters/runners/run-folders.ts";
import { openDatabase } from "../../adapters/store/open-database.ts";
import { SqliteStore } from "../../adapters/store/sqlite-store.ts";
import { emptyDecision } from "../../domain/decide/draft.ts";
import { newQueue, type Round } from "../../domain/queue/queue-row.ts";
import { makeRunId, type RunRow } from "../../domain/run.ts";
import { cleanUp } from "./cleanup.ts";
import type { KeepingPlace } from "./place.ts";
import { listSalvages } from "./salvage.ts";

let root = "";
let place: KeepingPlace & { readonly store: SqliteStore };
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "nightcrew-keeping-"));
  const store = new SqliteStore(await openDatabase(":memory:"));
  place = { home: root, store, folders: new RunFolders(root) };
});
afterEach(() => {
  place.store.close();
  rmSync(root, { recursive: true, force: true });
});

it("lists salvages, newest first, and says how many it leaves off", async () => {
  const git = (...args: readonly string[]): string =>
    execFileSync("git", ["-c", "user.name=T", "-c", "user.email=t@example.org", ...args], {
      cwd: root,
      encoding: "utf8",
    }).trim();
  git("init", "--quiet", "--initial-branch=main", "repo");
  const run = {
    id: makeRunId(0, "00000000"),
    repository: join(root, "repo", ".git"),
    checkout: join(root, "repo"),
    target: "main",
    state: { status: "finished", at: 1 },
    settings: {},
    createdAt: 1,
  } as RunRow;
  place.store.transaction(() => place.store.apply({ ...emptyDecision, runs: [run] }, 1));
  for (const task of ["1", "2", "3"]) {
    const tree = git("-C", "repo", "hash-object", "-t", "tree", "-w", "/dev/null");
    const commit = git("-C", "repo", "commit-tree", "-m", task, tree);
    git("-C", "repo", "update-ref", `refs/nightcrew/salvage/${run.id}/${task}/1`, commit);
  }
  const all = await listSalvages(place);
  expect({ count: all.salvages.length, leftOff: all.leftOff }).toEqual({ count: 3, leftOff: 0 });
  const some = await listSalvages(place, 2);
  expect({ count: some.salvages.length, leftOff: some.leftOff }).toEqual({ count: 2, leftOff: 1 });
});

it("forgets verdicts as old as the runs that go, and none of them while it only tells", async () => {
  const day = 86_400_000;
  const judge = (tree: string, at: number): unknown =>
    place.store.transaction(() =>
      place.store.apply({ ...emptyDecision, verdicts: [{ tree, gate: "g", checks: [] }] }, at),
    );
  const key = { repository: "/r", target: "main" };
  const round = { gateKey: "g", host: makeRunId(0, "00000000") } as Round;
  place.store.transaction(() => place.store.apply({ ...emptyDecision, queues: [{ ...newQueue(key), round }] }, 1));
  const isKnown = (tree: string): boolean =>
    place.store.queueSlice({ ...key, tree, held: "none", changes: [], hosts: [] }).verdict !== null;
  judge("old", day);
  judge("young", 9 * day);
  const request = { days: 7, bounds: { slots: 9, bytes: 1e12 }, now: 10 * day, goesOn: () => true };
  await cleanUp(place, { ...request, dryRun: true });
  await cleanUp(place, { ...request, days: null, dryRun: false });
  expect(isKnown("old")).toBe(true);
  await cleanUp(place, { ...request, dryRun: false });
  expect([isKnown("old"), isKnown("young")]).toEqual([false, true]);
});
