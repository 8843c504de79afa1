import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RepositoryPlace } from "../../domain/job.ts";
import { foresee, untouched, type Foresight } from "./foresee.ts";
import { checkOut, runnerGit, slotPaths, type SlotPaths } from "./slot.ts";

let root = "";
let slot: SlotPaths;
let place: RepositoryPlace;
let [base, tip] = ["", ""];

function git(...args: readonly string[]): string {
  const env = { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
  const by = ["-c", "user.name=Test", "-c", "user.email=test@example.org"];
  return execFileSync("git", [...by, ...args], { cwd: join(root, "repo"), env, encoding: "utf8" }).trim();
}

function commit(files: Readonly<Record<string, string>>): string {
  for (const [name, content] of Object.entries(files)) writeFileSync(join(root, "repo", name), content);
  git("add", "--all");
  git("commit", "--quiet", "--message", "x");
  return git("rev-parse", "HEAD");
}

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "nightcrew-foresee-"));
  mkdirSync(join(root, "repo"));
  git("init", "--quiet", "--initial-branch", "main");
  base = commit({ "a.txt": "first\n", "b.txt": "b\n", ".gitignore": "built\n" });
  tip = commit({ "a.txt": "target\n" });
  slot = slotPaths(join(root, "agent-1"));
  place = { commonDir: join(root, "repo", ".git"), objectFormat: "sha1", settings: [] };
  await checkOut(slot, place, base);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const write = (name: string, content: string): void => writeFileSync(join(slot.tree, name), content);

const look = (before: string | null): Promise<Foresight> =>
  foresee({ slot, place, base, tip, protectedPaths: [], lockFiles: [], before });

async function seen(before: string | null = null): Promise<Extract<Foresight, { kind: "seen" }>> {
  const looked = await look(before);
  if (looked.kind !== "seen") throw new Error(`it was ${looked.kind}`);
  return looked;
}

describe("a look at work under way", () => {
  it("finds the same for as long as nobody touches the work", async () => {
    write("a.txt", "mine\n");
    write("new.txt", "mine\n");
    const { mark, foreseen } = await seen();
    expect(foreseen).toMatchObject({ paths: ["a.txt"], since: tip });
    expect(await look(mark)).toEqual({ kind: "same" });
    write("built", "not git's\n");
    expect(await look(mark)).toEqual({ kind: "same" });
  });

  it("finds no work at all the same, too", async () => {
    const { mark, foreseen } = await seen();
    expect([mark, foreseen]).toEqual([untouched, null]);
    expect(await look(mark)).toEqual({ kind: "same" });
  });

  it.each<[string, () => void]>([
    ["another content of as many bytes with the time of before", () => rewrite("a.txt", "mime\n")],
    ["a new file", () => write("newer.txt", "")],
    ["a file that is gone", () => rmSync(join(slot.tree, "b.txt"))],
    ["a new file that is gone again", () => rmSync(join(slot.tree, "new.txt"))],
    ["a change that was taken back", () => write("a.txt", "first\n")],
  ])("is taken anew after %s", async (_what, touch) => {
    write("a.txt", "mine\n");
    write("new.txt", "mine\n");
    const { mark } = await seen();
    touch();
    expect((await seen(mark)).mark).not.toBe(mark);
  });

  it("sees what the work began with: an earlier attempt's, for one that goes on with it", async () => {
    git("checkout", "--quiet", "-b", "work", base);
    await checkOut(slot, place, commit({ "a.txt": "of before\n" }));
    expect(await seen()).toMatchObject({ mark: untouched, foreseen: { paths: ["a.txt"] } });
  });

  it("sees what is just being collected", async () => {
    write("a.txt", "mine\n");
    await runnerGit(slot, place).call(["add", "--all"]);
    expect(await seen()).toMatchObject({ foreseen: { paths: ["a.txt"] } });
  });

  it("leaves the slot as it was, whatever it found", async () => {
    write("a.txt", "mine\n");
    const index = (): Buffer => readFileSync(join(slot.runnerGit, "index"));
    const before = index();
    const { mark } = await seen();
    await look(mark);
    expect(index()).toEqual(before);
    expect(existsSync(join(slot.root, "foresee"))).toBe(false);
  });
});

function rewrite(name: string, content: string): void {
  const file = join(slot.tree, name);
  const { atime, mtime } = statSync(file);
  write(name, content);
  utimesSync(file, atime, mtime);
}
