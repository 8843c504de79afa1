import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { RoadmapReader } from "./roadmap-reader.ts";

const folder = mkdtempSync(join(tmpdir(), "nightcrew-reader-"));
const endless = join(folder, "endless.cjs");
writeFileSync(endless, 'require("node:worker_threads").parentPort.on("message", () => { for (;;); });');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("gives a text up that takes too long: no plan is made of it, and no mark of it is set", async () => {
  const reader = new RoadmapReader(endless, 100);
  const text = "- [ ] a\n".repeat(2_000);
  await expect(reader.read(text)).rejects.toMatchObject({ code: "source-unreadable" });
  expect(await reader.marks(text)).toEqual([]);
});
