import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openDatabase } from "./open-database.ts";
import { FencedError } from "./fenced-error.ts";
import { SqliteStore } from "./sqlite-store.ts";

const root = mkdtempSync(join(tmpdir(), "nightcrew-store-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

it("refuses every write of an owner that was replaced, in the middle of whatever it was doing", async () => {
  const file = join(root, "fence.sqlite");
  const [older, younger] = [new SqliteStore(await openDatabase(file)), new SqliteStore(await openDatabase(file))];
  const claim = { tree: "t", gate: "g", checks: [] };
  const empty = { runs: [], tasks: [], rewired: [], attempts: [], changes: [], events: [], effects: [], nudges: [] };
  const write = (store: SqliteStore): unknown =>
    store.transaction(() => store.apply({ ...empty, verdicts: [claim], answer: { kind: "done" } }, 1, null));
  older.fence(1);
  write(older);
  younger.fence(2);
  expect(() => write(older)).toThrow(FencedError);
  expect(() => older.fence(1)).toThrow("generation 1 was replaced by 2");
  write(younger);
  // Reading is no harm.
  expect(older.pendingEffects()).toEqual([]);
  older.close();
  younger.close();
});

describe("a transaction", () => {
  it("that SQLite has rolled back by itself tells what was wrong, not that there is nothing to roll back", async () => {
    const database = await openDatabase(":memory:");
    const store = new SqliteStore(database);
    const full = (): never => {
      database.exec("ROLLBACK");
      throw new Error("database or disk is full");
    };
    expect(() => store.transaction(full)).toThrow("database or disk is full");
    expect(store.transaction(() => "goes on")).toBe("goes on");
    store.close();
  });
});
