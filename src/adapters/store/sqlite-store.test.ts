import { describe, expect, it } from "vitest";
import { openDatabase } from "./open-database.ts";
import { SqliteStore } from "./sqlite-store.ts";

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
