import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { Git } from "./git.ts";

const root = mkdtempSync(join(tmpdir(), "nightcrew-git-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A git that is a line of shell. */
const shell = (line: string): string[] => ["-c", `alias.nightcrew-line=!${line}`, "nightcrew-line"];

describe("a git that was to write an object where another one has just removed the empty folder", () => {
  const lost = "echo 'error: unable to create temporary file: No such file or directory' >&2; exit 128";

  it("is asked once more", async () => {
    const seen = join(root, "seen");
    const once = shell(`if test -e '${seen}'; then cat; else : > '${seen}'; ${lost}; fi`);
    const { stdout } = await new Git({ cwd: root }).call(once, { input: "what was to be written" });
    expect(stdout.toString()).toBe("what was to be written");
  });

  it("fails in its own words where it is not to be had", async () => {
    await expect(new Git({ cwd: root }).call(shell(lost))).rejects.toThrow("unable to create temporary file");
  });
});

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
