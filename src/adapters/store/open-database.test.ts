import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import { afterAll, describe, expect, it } from "vitest";
import { isAtLeast } from "../../std/version.ts";
import { defaultPolicy } from "../../domain/diff-policy/settings.ts";
import { migrations } from "./migrations.ts";
import { openDatabase } from "./open-database.ts";

const root = mkdtempSync(join(tmpdir(), "nightcrew-store-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe("the database", () => {
  it("is durable: write-ahead log, synchronous FULL, foreign keys on", async () => {
    const database = await openDatabase(join(root, "a", "store.db"));
    const pragma = (name: string): unknown => Object.values(database.prepare(`PRAGMA ${name}`).get() as object)[0];
    expect([pragma("journal_mode"), pragma("synchronous"), pragma("foreign_keys")]).toEqual(["wal", 2, 1]);
    database.close();
  });

  it("is migrated once, and opened again as it is", async () => {
    const file = join(root, "again.db");
    (await openDatabase(file)).close();
    const database = await openDatabase(file);
    expect(database.prepare("SELECT count(*) AS count FROM task").get()).toEqual({ count: 0 });
    database.close();
  });

  it("of runs before the diff policy gives them its defaults", async () => {
    const file = join(root, "before-policy.db");
    const before = new DatabaseSync(file);
    for (const step of migrations.slice(0, 5)) before.exec(step);
    before.exec("PRAGMA user_version = 5");
    const row = { settings: { workers: 4 } };
    before.prepare("INSERT INTO run VALUES ('r', 'active', 1, ?)").run(JSON.stringify(row));
    const task = { planned: { title: "x" } };
    before.prepare("INSERT INTO task VALUES ('r', '1', 0, 0, 'queued', NULL, 'x', ?)").run(JSON.stringify(task));
    const insert = before.prepare(
      "INSERT INTO attempt (id, run, task, number, live, row) VALUES (?, 'r', '1', ?, 0, ?)",
    );
    insert.run("ended", 1, JSON.stringify({ result: { outcome: { kind: "done" } } }));
    insert.run("going", 2, JSON.stringify({ result: null }));
    before.close();
    const after = await openDatabase(file);
    const rowsOf = (table: string): unknown[] =>
      after
        .prepare(`SELECT row FROM ${table} ORDER BY rowid`)
        .all()
        .map((found) => JSON.parse((found as { row: string }).row) as unknown);
    const queue = { history: "batch", slots: 2, strategy: "auto", validation: null };
    const settings = { workers: 4, queue, policy: defaultPolicy, onConflict: "reopen", landing: "at-once" };
    expect(rowsOf("run")).toEqual([{ settings }]);
    expect(rowsOf("task")).toEqual([{ planned: { title: "x", allow: [] } }]);
    expect(rowsOf("attempt")).toEqual([{ result: { outcome: { kind: "done" }, warnings: [] } }, { result: null }]);
    after.close();
  });

  it("keeps what happened and what is pending, in its order, and counts events on from where they were", async () => {
    const file = join(root, "before-keys.db");
    const before = new DatabaseSync(file);
    for (const step of migrations.slice(0, 13)) before.exec(step);
    before.exec(`PRAGMA user_version = 13;
      INSERT INTO run VALUES ('r', 'active', 1, '{}'), ('q', 'active', 1, '{}');
      INSERT INTO attempt VALUES ('r/a-1', 'r', 'a', 1, 0, '"first"', NULL), ('r/a-10', 'r', 'a', 10, 1, '"tenth"', 5),
        ('r/a-2', 'r', 'a', 2, 0, '"second"', NULL);
      INSERT INTO change VALUES ('r/a-1', 'r', '/r', 'main', 'done', 1, 2, '"change"');
      INSERT INTO event (seq, at, run, task, body) VALUES (1, 1, 'r', 'a', '1'), (2, 2, 'q', NULL, '2'), (3, 3, 'r', NULL, '3'),
        (9, 9, 'q', NULL, '9');
      DELETE FROM event WHERE seq = 9;
      INSERT INTO effect VALUES (1, 'z', '"older"'), (2, 'a', '"newer"')`);
    before.close();
    const after = await openDatabase(file);
    const all = (sql: string): unknown[] => after.prepare(sql).all();
    expect(all("SELECT number, live, frozen_since AS since, row FROM attempt ORDER BY run, task, number")).toEqual([
      { number: 1, live: 0, since: null, row: '"first"' },
      { number: 2, live: 0, since: null, row: '"second"' },
      { number: 10, live: 1, since: 5, row: '"tenth"' },
    ]);
    expect(all("SELECT id, place, rank, offered_at AS at, row FROM change")).toEqual([
      { id: "r/a-1", place: "done", rank: 1, at: 2, row: '"change"' },
    ]);
    expect(all("SELECT seq, at, task, body FROM event WHERE run = 'r' ORDER BY seq")).toEqual([
      { seq: 1, at: 1, task: "a", body: "1" },
      { seq: 3, at: 3, task: null, body: "3" },
    ]);
    expect(all("SELECT row FROM effect ORDER BY seq")).toEqual([{ row: '"older"' }, { row: '"newer"' }]);
    expect(all("SELECT forgotten_seq AS seq FROM owner")).toEqual([{ seq: 9 }]);
    after.close();
  });

  it("of queues before remotes lets them go on", async () => {
    const file = join(root, "before-remotes.db");
    const before = new DatabaseSync(file);
    for (const step of migrations.slice(0, 8)) before.exec(step);
    before.exec("PRAGMA user_version = 8");
    before.prepare("INSERT INTO queue VALUES ('/r', 'main', ?)").run(JSON.stringify({ trials: 3 }));
    before.close();
    const after = await openDatabase(file);
    const { row } = after.prepare("SELECT row FROM queue").get() as { row: string };
    expect(JSON.parse(row)).toEqual({ trials: 3, asked: [], promotion: null, rejected: 0, away: null });
    after.close();
  });

  it("of a newer nightcrew is refused, and left as it is", async () => {
    const file = join(root, "newer.db");
    const newer = new DatabaseSync(file);
    newer.exec("PRAGMA user_version = 999; CREATE TABLE keep (x)");
    newer.close();
    await expect(openDatabase(file)).rejects.toMatchObject({ code: "store-too-new", exitCode: 2 });
    const after = new DatabaseSync(file);
    expect(after.prepare("SELECT count(*) AS count FROM keep").get()).toEqual({ count: 0 });
    after.close();
  });

  it("that is no database is refused with the way out, and not written over", async () => {
    const file = join(root, "text.db");
    writeFileSync(file, "this is not a database, but somebody's text of some length\n".repeat(100));
    await expect(openDatabase(file)).rejects.toMatchObject({ code: "store-unusable" });
  });
});

describe("versions", () => {
  it.each([
    ["3.51.3", true],
    ["3.51.10", true],
    ["3.53.0", true],
    ["4.0", true],
    ["3.51.2", false],
    ["3.9.9", false],
  ])("%s is at least 3.51.3: %s", (version, expected) => {
    expect(isAtLeast(version, [3, 51, 3])).toBe(expected);
  });
});
