import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aRun } from "../../test/rig/rows.ts";
import { openDatabase } from "../adapters/store/open-database.ts";
import { SqliteStore } from "../adapters/store/sqlite-store.ts";
import { emptyDecision } from "../domain/decide/draft.ts";
import { makeRunId, type RunRow } from "../domain/run.ts";
import { findRun, newestRunOnto } from "./ids.ts";

const many = 300;

describe("of many runs", () => {
  const root = mkdtempSync(join(tmpdir(), "nightcrew-ids-"));
  let store: SqliteStore;
  const runs = Array.from({ length: many }, (_, n): RunRow => {
    const id = makeRunId(n * 1_000, n.toString(16).padStart(8, "0"));
    const state = n === 1 ? { status: "interrupted" as const } : { status: "finished" as const, at: n };
    return aRun({ id, createdAt: n * 1_000, state, target: n === 1 ? "old" : "main" });
  });

  beforeAll(async () => {
    store = new SqliteStore(await openDatabase(join(root, "store.db")));
    store.transaction(() => store.apply({ ...emptyDecision, runs }, 0));
  });

  afterAll(() => {
    store.close();
    rmSync(root, { recursive: true });
  });

  it.each([0, 1, 150, many - 1])("number %i is found by the end of its id", (number) => {
    const run = runs[number];
    expect(findRun(store, run?.id.slice(-8)).id).toBe(run?.id);
  });

  it("the one that is not finished is meant where none is named, however old it is", () => {
    expect(findRun(store, undefined).id).toBe(runs[1]?.id);
    expect(newestRunOnto(store, { repository: "/r", target: "old" })?.id).toBe(runs[1]?.id);
  });
});
