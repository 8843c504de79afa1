import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test as base } from "vitest";
import { replaceFile, replacementsDone } from "./replace-file.ts";

const test = base.extend<{ folder: string }>({
  // oxlint-disable-next-line no-empty-pattern -- the fixture's signature
  folder: async ({}, use) => {
    const folder = mkdtempSync(join(tmpdir(), "nightcrew-test-"));
    await use(folder);
    rmSync(folder, { recursive: true });
  },
});

test("who leaves can wait until nothing is half written, also what is begun when another one is done", async ({
  folder,
}) => {
  let release = (): void => undefined;
  const held = new Promise<boolean>((resolve) => (release = () => resolve(true)));
  const both = replaceFile(join(folder, "a"), "one", { stillWanted: () => held }).then(() =>
    replaceFile(join(folder, "b"), "two"),
  );
  let done = false;
  const waited = replacementsDone().then(() => (done = true));
  while (readdirSync(folder).length === 0) await new Promise((resolve) => setImmediate(resolve));
  expect([done, readdirSync(folder)]).toEqual([false, [expect.stringMatching(/^\.a\..*\.tmp$/)]]);
  release();
  await waited;
  expect(readdirSync(folder).toSorted()).toEqual(["a", "b"]);
  expect(readFileSync(join(folder, "b"), "utf8")).toBe("two");
  await both;
});

test("a replacement that fails leaves nothing, and keeps nobody waiting", async ({ folder }) => {
  await expect(replaceFile(join(folder, "gone", "a"), "one")).rejects.toThrow("ENOENT");
  await replacementsDone();
  expect(readdirSync(folder)).toEqual([]);
});
