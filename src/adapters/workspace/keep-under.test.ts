import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keepByOwnGit, keepByStayingGit } from "./keep-under.ts";

const root = mkdtempSync(join(tmpdir(), "nightcrew-keep-"));
const place = { commonDir: join(root, ".git"), objectFormat: "sha1", settings: [] } as const;
const git = (...args: readonly string[]): string =>
  execFileSync("git", ["-c", "user.name=T", "-c", "user.email=t@example.org", ...args], {
    cwd: root,
    env: { PATH: process.env["PATH"], HOME: root, GIT_CONFIG_NOSYSTEM: "1" },
    encoding: "utf8",
  }).trim();

const commits: string[] = [];
beforeAll(() => {
  git("init", "--quiet", "--initial-branch=main");
  git("config", "core.logAllRefUpdates", "always");
  for (const message of ["one", "two"]) {
    git("commit", "--quiet", "--allow-empty", "--message", message);
    commits.push(git("rev-parse", "HEAD"));
  }
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe.each([
  ["a git of its own", keepByOwnGit],
  ["a git that stays", keepByStayingGit()],
])("work kept by %s", (name, keepUnder) => {
  const ref = `refs/heads/work-${name.length}`;

  it("is at its ref, which may be there already, also packed", async () => {
    const [one = "", two = ""] = commits;
    for (const tip of [one, one, two]) {
      await keepUnder(place, ref, tip);
      expect(git("rev-parse", ref)).toBe(tip);
    }
    git("pack-refs", "--all");
    await keepUnder(place, ref, one);
    expect(git("rev-parse", ref)).toBe(one);
    expect(git("reflog", "show", "--format=%gs", ref)).toContain("nightcrew: work of an attempt");
  });

  it("that is not there, or has a name in its way, is told in git's words, and what comes then is kept", async () => {
    const [one = "", two = ""] = commits;
    await expect(keepUnder(place, ref, "1".repeat(40))).rejects.toThrow(/nonexistent object/);
    await expect(keepUnder(place, `${ref}/below`, one)).rejects.toThrow(/exists; cannot create/);
    expect(git("rev-parse", ref)).toBe(one);
    await keepUnder(place, ref, two);
    expect(git("rev-parse", ref)).toBe(two);
  });
});
