import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { Git } from "./git.ts";

const root = mkdtempSync(join(tmpdir(), "nightcrew-git-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A git that is a line of shell. */
const shell = (line: string): string[] => ["-c", `alias.nightcrew-line=!${line}`, "nightcrew-line"];

describe("a pipe between two gits", () => {
  it("holds though the reader ends before what is written to it", async () => {
    const git = new Git({ cwd: root });
    const reader = join(root, "reader");
    const tells = shell(`printf %s "$PPID" > '${reader}.new' && mv '${reader}.new' '${reader}'`);
    const outlivesIt = shell(
      `until test -e '${reader}'; do :; done; while kill -0 "$(cat '${reader}')" 2>&-; do :; done`,
    );
    await git.pipe({ args: outlivesIt, input: "" }, git, tells);
    expect(existsSync(reader)).toBe(true);
  });

  it("fails where one of the two does, with its own words", async () => {
    const git = new Git({ cwd: root });
    const fails = shell("echo no disk >&2; exit 3");
    await expect(git.pipe({ args: shell("printf x"), input: "" }, git, fails)).rejects.toThrow("no disk");
    await expect(git.pipe({ args: fails, input: "" }, git, shell("cat"))).rejects.toThrow("no disk");
  });
});
