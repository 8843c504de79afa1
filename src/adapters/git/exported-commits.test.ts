import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { commitFacts } from "./exported-commits.ts";
import { Git } from "./git.ts";

const root = mkdtempSync(join(tmpdir(), "nightcrew-exported-"));
const author = {
  GIT_AUTHOR_NAME: "Zoë 王",
  GIT_AUTHOR_EMAIL: "z@example.org",
  GIT_AUTHOR_DATE: "2026-01-02T03:04:05Z",
};
const committer = { GIT_COMMITTER_NAME: "c", GIT_COMMITTER_EMAIL: "c@example.org" };
const git = new Git({ cwd: root, env: { ...process.env, ...author, ...committer } });
const commits: string[] = [];
const absent = "1".repeat(40);

beforeAll(async () => {
  await git.call(["init", "-q", "-b", "main"]);
  for (const subject of ["first", "läuft 🌙", "third"]) {
    await git.call(["commit", "-q", "--allow-empty", "-m", `${subject}\n\nMore of it.`]);
    commits.push((await git.text(["rev-parse", "HEAD"])).trim());
  }
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

it("tells what git says of many commits at once, and nothing of those that it does not have", async () => {
  const [first = "", second = "", third = ""] = commits;
  const found = await commitFacts(git, [third, absent, first, second, first]);
  const about = { author: "Zoë 王", date: "2026-01-02T03:04:05+00:00" };
  expect(Object.fromEntries(found)).toEqual({
    [first]: { ...about, subject: "first", parents: [] },
    [second]: { ...about, subject: "läuft 🌙", parents: [first] },
    [third]: { ...about, subject: "third", parents: [second] },
  });
  expect(await commitFacts(git, [])).toEqual(new Map());
});

it("is not kept from that by one that is damaged", async () => {
  const [first = "", second = "", third = ""] = commits;
  const object = join(root, ".git", "objects", second.slice(0, 2), second.slice(2));
  chmodSync(object, 0o600);
  writeFileSync(object, "");
  expect([...(await commitFacts(git, [first, second, absent])).keys()]).toEqual([first]);
  expect([...(await commitFacts(git, [second, third])).keys()]).toEqual([third]);
});
