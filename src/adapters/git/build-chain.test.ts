import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { aRun } from "../../../test/rig/rows.ts";
import type { CandidateOutcome } from "../../domain/input.ts";
import { attemptId } from "../../domain/run.ts";
import { buildChain, groundOf, type Place } from "./build-chain.ts";
import { Git } from "./git.ts";
import { GitServers } from "./git-servers.ts";

const by = { name: "Test", email: "test@example.org" };
const run = aRun();
const idOf = (task: string): ReturnType<typeof attemptId> => attemptId(run.id, task, 1);
let root = "";
let servers: GitServers;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "nightcrew-chain-"));
  mkdirSync(join(root, "repo"));
  git("init", "--quiet", "--initial-branch", "main");
  servers = new GitServers();
});
afterEach(() => {
  servers.close();
  rmSync(root, { recursive: true, force: true });
});

function git(...args: readonly string[]): string {
  const env = { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
  const config = ["-c", `user.name=${by.name}`, "-c", `user.email=${by.email}`];
  return execFileSync("git", [...config, ...args], { cwd: join(root, "repo"), env, encoding: "utf8" }).trim();
}

/** Null: the file goes. */
type Files = Readonly<Record<string, string | null>>;

function commit(files: Files): string {
  for (const [name, content] of Object.entries(files)) {
    const file = join(root, "repo", name);
    if (content === null) rmSync(file);
    else writeFileSync(file, content);
  }
  git("add", "--all");
  git("commit", "--quiet", "--message", "x");
  return git("rev-parse", "HEAD");
}

/** The same change, begun before and after the target went on. */
function twice(start: Files, change: Files, onward: Files): { tip: string; late: string; early: string } {
  commit(start);
  git("checkout", "--quiet", "-b", "early");
  const early = commit(change);
  git("checkout", "--quiet", "main");
  const tip = commit(onward);
  git("checkout", "--quiet", "-b", "late");
  return { tip, late: commit(change), early };
}

async function build(
  tip: string,
  tips: Readonly<Record<string, string>>,
): Promise<Extract<CandidateOutcome, { kind: "built" }>> {
  const gitDir = join(root, "repo", ".git");
  const place: Place = { git: new Git({ gitDir }), objectsDir: join(gitDir, "objects"), ...servers.of(gitDir) };
  const on = { target: tip, waiting: null, tip };
  const ground = await groundOf(place, on, by);
  if (ground === null) throw new Error("there is no ground");
  const parts = Object.entries(tips).map(([task, at]) => ({
    change: { id: idOf(task), tip: at },
    ticks: [],
    subject: task,
    trailers: [],
    lockFiles: [],
    at: 0,
  }));
  const reader = { tick: () => Promise.reject(new Error("there is nothing to tick")) } as never;
  const built = await buildChain(place, { on, ground, by, reader }, { parts, history: "batch" });
  if (built.kind !== "built") throw new Error(built.detail);
  return built;
}

describe("of two changes of a batch that do the same", () => {
  it("the second is left for later: who takes the first one back does not take back both", async () => {
    const { tip, late, early } = twice({ a: "0\n" }, { b: "1\n" }, { a: "1\n" });
    const { candidate, left } = await build(tip, { late, early });
    expect(candidate.links).toMatchObject([{ change: idOf("late") }]);
    expect(left).toEqual([{ change: idOf("early"), paths: [], with: "others" }]);
  });

  it.each<[string, Files, Files, Files]>([
    ["a file goes that the target has changed", { a: "0\n" }, { a: null, keep: "" }, { a: "1\n", keep: "" }],
    ["a binary file that the target has changed is another one", { a: "\0 0" }, { a: "\0 2" }, { a: "\0 1" }],
  ])(
    "neither is in the target where merging it would leave that as it is, in conflict: %s",
    async (_what, ...files) => {
      const { tip, late, early } = twice(...files);
      const { candidate, left } = await build(tip, { late, early });
      expect(candidate.links).toMatchObject([{ change: idOf("late") }]);
      expect(left.map(({ change }) => change)).toEqual([idOf("early")]);
    },
  );

  it("all of it is in the target where others did the same before, whatever is merged in front of them", async () => {
    const start = commit({ a: "0\n" });
    const tip = commit({ b: "1\n" });
    const third = commit({ c: "1\n" });
    git("checkout", "--quiet", "-b", "early", start);
    const early = commit({ b: "1\n" });
    const { candidate, left } = await build(tip, { third, early });
    expect(left).toEqual([]);
    expect(candidate.links).toMatchObject([
      { change: idOf("third") },
      { change: idOf("early"), commit: tip, there: "done" },
    ]);
  });
});
