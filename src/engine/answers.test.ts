import { expect, it } from "vitest";
import { openDatabase } from "../adapters/store/open-database.ts";
import { SqliteStore } from "../adapters/store/sqlite-store.ts";
import { aRun } from "../../test/rig/rows.ts";
import { attemptId } from "../domain/run.ts";
import { Engine } from "./loop.ts";
import type { Ports } from "./ports.ts";

it("an answer that comes again is not taken for the answer to another question: it is let go", async () => {
  const store = new SqliteStore(await openDatabase(":memory:"));
  const bugs: unknown[] = [];
  const engine = new Engine(
    { store, clock: { now: () => 0 } } as unknown as Ports,
    { total: 1, perRepository: 1 },
    (bug) => bugs.push(bug),
  );
  const run = aRun();
  await engine.submit({ type: "run.submit", run, tasks: [] });
  // There is no such attempt: were it decided about, it would be a bug.
  const attempt = attemptId(run.id, "t", 1);
  const answer = { type: "attempt.freeze-sent", run: run.id, attempt, frozen: true } as const;
  await engine.submit(answer, `set-frozen:${attempt}`);
  expect(bugs).toEqual([]);
  await expect(engine.submit(answer)).rejects.toThrow("the decision needs an attempt");
  store.close();
});
