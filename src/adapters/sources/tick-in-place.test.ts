import { lstatSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { RoadmapReader } from "./roadmap-reader.ts";
import { FileSources } from "./tick-in-place.ts";

const folder = mkdtempSync(join(tmpdir(), "nightcrew-tick-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const sources = new FileSources(new RoadmapReader("unused"));
const anchor = { path: "R.md", label: "a", ordinal: 0, line: 1 };

it("sets a mark in what a link leads to, with its permissions, and leaves the link one", async () => {
  const [real, link] = [join(folder, "real.md"), join(folder, "link.md")];
  writeFileSync(real, "\uFEFF- [ ] a\r\n", { mode: 0o640 });
  symlinkSync(real, link);
  const line = { line: 1, before: "\uFEFF- [ ] a", after: "\uFEFF- [x] a" };
  expect(await sources.look(link, anchor)).toEqual({ ticked: false, problem: null, line });
  expect(await sources.tickInPlace(link, anchor)).toEqual({ ticked: true, problem: null, line });
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  expect(readFileSync(real, "utf8")).toBe("\uFEFF- [x] a\r\n");
  expect(statSync(real).mode & 0o777).toBe(0o640);
  expect(await sources.tickInPlace(link, anchor)).toEqual({ ticked: false, problem: null, line: null });
});

it("leaves what is no UTF-8, and what is not there, as it is", async () => {
  const latin = join(folder, "latin.md");
  const bytes = Buffer.from("- [ ] a\n- [ ] caf\xe9\n", "latin1");
  writeFileSync(latin, bytes);
  expect(await sources.tickInPlace(latin, anchor)).toMatchObject({ ticked: false, line: null });
  expect(readFileSync(latin).equals(bytes)).toBe(true);
  expect((await sources.tickInPlace(join(folder, "none.md"), anchor)).problem).toContain("ENOENT");
});
