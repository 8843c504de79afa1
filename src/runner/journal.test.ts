import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { Journal } from "./journal.ts";

const root = mkdtempSync(join(tmpdir(), "nightcrew-journal-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

it("numbers its lines, and tells of each", async () => {
  let told = 0;
  const journal = new Journal(
    root,
    () => 7,
    () => told++,
  );
  journal.write({ type: "message", text: "a" });
  await journal.end({ type: "checks-ended", results: [] });
  journal.close();
  const lines = readFileSync(join(root, "journal.jsonl"), "utf8").trim().split("\n");
  expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { seq: 1, at: 7, body: { text: "a" } },
    { seq: 2, body: { type: "checks-ended" } },
  ]);
  expect(told).toBe(2);
});

it("leaves out what finds no room, and goes on", () => {
  rmSync(join(root, "journal.jsonl"));
  // Linux: every write to it says that the disk is full.
  symlinkSync("/dev/full", join(root, "journal.jsonl"));
  let told = 0;
  const journal = new Journal(root, Date.now, () => told++);
  journal.write({ type: "message", text: "a" });
  journal.write({ type: "message", text: "b" });
  journal.close();
  expect(told).toBe(0);
});
