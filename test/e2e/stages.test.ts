import { describe, expect } from "vitest";
import { breaksInTurn, config, gate, noneIsLate, test, type Repository, type Sandbox } from "../rig/sandbox.ts";

// The stages of a run, each by a command of its own.

const agent = 'echo "$NIGHTCREW_TASK" > "$NIGHTCREW_TASK.txt"';
const chained = "- [ ] one\n- [ ] two\n  Depends on: 1\n- [ ] three\n";

function prepared(sandbox: Sandbox, roadmap = "- [ ] one\n- [ ] two\n", more = gate): Repository {
  return sandbox.repository({ "ROADMAP.md": roadmap, "nightcrew.yaml": config(agent, more) });
}

const filesOn = (repo: Repository, branch = "main"): string[] => repo.git("ls-tree", "--name-only", branch).split("\n");

async function statuses(repo: Repository): Promise<string[]> {
  const { tasks } = JSON.parse((await repo.run(["tasks", "--json"])).stdout) as {
    tasks: { state: { status: string } }[];
  };
  return tasks.map(({ state }) => state.status);
}

describe("a run that lands nothing", () => {
  test("does the work, keeps the target as it is, and is a success that says what is left to do", async ({
    sandbox,
  }) => {
    const repo = prepared(sandbox);
    const before = repo.git("rev-parse", "main");
    const { code, stdout } = await repo.run(["run", "ROADMAP.md", "--yes", "--no-land"]);
    expect(code).toBe(0);
    expect(stdout).toContain("nothing lands: what is done waits for nightcrew land --completed");
    expect(stdout).toContain("All 2 tasks are done and waiting to be landed on main.");
    expect(stdout).toContain(`nightcrew land --completed ${sandbox.newestRun()}`);
    expect(repo.git("rev-parse", "main")).toBe(before);
    expect((await repo.run(["queue"])).stdout).toBe("nothing is on its way into a target\n");
    expect((await repo.run(["report"])).code).toBe(0);
    expect((await repo.run(["status"])).stdout).toContain("done, and waiting to be landed");
  });

  test("lands all of it when it is told to, gated and ticked like anything", async ({ sandbox }) => {
    const repo = prepared(sandbox);
    expect((await repo.run(["run", "ROADMAP.md", "--yes", "--no-land"])).code).toBe(0);
    const { code, stdout } = await repo.run(["land", "--completed"]);
    expect(code).toBe(0);
    expect(stdout).toContain("gate passed");
    expect(stdout).toContain("All 2 tasks landed on main.");
    // Only what happens from now on is news.
    expect(stdout).not.toContain("attempt 1 started");
    expect(repo.landings()).toHaveLength(2);
    expect(repo.show("main", "ROADMAP.md")).toBe("- [x] one\n- [x] two\n");
    const again = await repo.run(["land", "--completed"]);
    expect([again.code, again.stderr]).toEqual([
      2,
      expect.stringContaining("nothing of it is done and waits to be landed"),
    ]);
  });

  test("does what depends on it when that has landed, and keeps that back again", async ({ sandbox }) => {
    const repo = prepared(sandbox, chained);
    // Not all that was asked for is there.
    const first = await repo.run(["run", "ROADMAP.md", "--yes", "--no-land"]);
    expect(first.code).toBe(1);
    expect(first.stdout).toContain("2 done and waiting to be landed; 1 waiting for others that did not land");
    const { code, stdout } = await repo.run(["land", "--completed", sandbox.newestRun()]);
    expect(code).toBe(0);
    expect(stdout).toContain("2 of 3 tasks landed on main; 1 done and waiting to be landed.");
    expect(filesOn(repo)).toEqual(expect.arrayContaining(["1.txt", "3.txt"]));
    expect(filesOn(repo)).not.toContain("2.txt");
    expect((await repo.run(["land", "--completed"])).code).toBe(0);
    expect(await statuses(repo)).toEqual(["completed", "completed", "completed"]);
  });

  test("lands by another gate where one is given: what does not pass is done again, and kept back", async ({
    sandbox,
  }) => {
    const repo = prepared(sandbox, "- [ ] one\n");
    expect((await repo.run(["run", "ROADMAP.md", "--yes", "--no-land"])).code).toBe(0);
    const missing = await repo.run(["land", "--completed", "--gate", "no-such-program"]);
    expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining("was not found: no-such-program")]);
    const red = await repo.run(["land", "--completed", "--gate", "test ! -e 1.txt"]);
    expect([red.code, red.stdout]).toEqual([1, expect.stringContaining("The task is done and waiting to be landed")]);
    expect(red.stdout).toContain("check “test ! -e 1.txt” failed");
    expect(filesOn(repo)).not.toContain("1.txt");
    const green = await repo.run(["land", "--completed", "--gate", "test -e 1.txt", "--json"]);
    expect(green.code).toBe(0);
    expect(green.stdout).toContain('"gate":[{"name":"test -e 1.txt"');
    expect(filesOn(repo)).toContain("1.txt");
  });

  test("is not landed by other landings, by resume or by retry", async ({ sandbox }) => {
    const repo = prepared(sandbox, "- [ ] one\n");
    repo.commit({ "MORE.md": "- [ ] more\n" }, "More");
    expect((await repo.run(["run", "ROADMAP.md", "--yes", "--no-land"])).code).toBe(0);
    const run = sandbox.newestRun();
    const retried = await repo.run(["retry", `${run}/1`]);
    expect([retried.code, retried.stderr]).toEqual([2, expect.stringContaining("it is done, and waits to be landed")]);
    expect((await repo.run(["retry", run])).stdout).toContain("nothing to change");
    expect((await repo.run(["run", "MORE.md", "--yes"])).code).toBe(0);
    expect(repo.landings()).toHaveLength(1);
    expect(repo.show("main", "ROADMAP.md")).toBe("- [ ] one\n");
    expect((await repo.run(["land", "--completed", run])).code).toBe(0);
    expect(repo.show("main", "ROADMAP.md")).toBe("- [x] one\n");
  });

  test("is ended by cancel like any other; without a run there is nothing to land", async ({ sandbox }) => {
    const repo = prepared(sandbox, "- [ ] one\n");
    const none = await repo.run(["land", "--completed"]);
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining("There is no run yet")]);
    expect((await repo.run(["land"])).stderr).toContain("nightcrew land --completed");
    await repo.run(["run", "ROADMAP.md", "--yes", "--no-land"]);
    const run = sandbox.newestRun();
    expect((await repo.run(["land", "--completed", run, "--detach"])).stdout).toBe(`run ${run}: lands 1\n`);
    await repo.run(["status", "--watch"]);
    expect(await statuses(repo)).toEqual(["completed"]);
  });
});

describe("the target, judged by hand", () => {
  const landed = async (sandbox: Sandbox, more = gate): Promise<Repository> => {
    const repo = prepared(sandbox, "- [ ] one\n- [ ] two\n  Depends on: 1\n", more);
    expect((await repo.run(["run", "ROADMAP.md", "--yes"])).code).toBe(0);
    return repo;
  };

  test("passes or does not, in a workspace of its own, and nothing moves", async ({ sandbox }) => {
    const repo = await landed(sandbox);
    const before = repo.git("rev-parse", "main");
    const green = await repo.run(["validate", "test -e 2.txt && touch made"]);
    expect([green.code, green.stdout]).toEqual([0, `✔ main (${before.slice(0, 10)}) passes\n`]);
    const red = await repo.run(["validate", "echo it is broken; exit 3"]);
    expect(red.code).toBe(1);
    expect(red.stdout).toContain("does not pass: “echo it is broken; exit 3” failed (exit code 3");
    expect(red.stdout).toContain("│ it is broken");
    expect(red.stdout).toContain("next  take the last landing back: nightcrew revert");
    const blocked = await repo.run(["validate", "./gone --rollback-on-fail"]);
    expect([blocked.code, blocked.stderr]).toEqual([2, expect.stringContaining("was not found: ./gone")]);
    expect(repo.git("rev-parse", "main")).toBe(before);
    expect(repo.git("status", "--porcelain")).toBe("");
  });

  test("loses its last landing where it is red and that was asked for, and says so", async ({ sandbox }) => {
    const repo = await landed(sandbox);
    const ok = await repo.run(["validate", "test -e 2.txt", "--rollback-on-fail"]);
    expect(ok.code).toBe(0);
    const { code, stdout } = await repo.run(["validate", "test ! -e 2.txt", "--rollback-on-fail", "--json"]);
    expect(code).toBe(1);
    const view = JSON.parse(stdout) as { verdict: string; results: { task: string; commit: string }[] };
    expect([view.verdict, view.results.map(({ task }) => task)]).toEqual(["fail", ["2"]]);
    expect(repo.git("rev-parse", "main")).toBe(view.results[0]?.commit);
    expect(filesOn(repo)).not.toContain("2.txt");
    expect(repo.read("ROADMAP.md")).toContain("- [ ] two");
    expect((await repo.run(["report"])).stdout).toContain("should “test ! -e 2.txt” fail on the target");
    // What could not be judged takes nothing back.
    const none = await repo.run(["validate", "sh -c 'exit 127'", "--rollback-on-fail"]);
    expect([none.code, none.stdout]).toEqual([1, expect.stringContaining("nothing was taken back")]);
    expect(filesOn(repo)).toContain("1.txt");
  });

  test("is judged by the last run's gate where no command is given", async ({ sandbox }) => {
    const repo = await landed(sandbox);
    expect((await repo.run(["validate"])).code).toBe(0);
    repo.commit({ broken: "" }, "Break it");
    const { code, stdout } = await repo.run(["validate"]);
    expect([code, stdout]).toEqual([1, expect.stringContaining("“tests” failed")]);
  });

  test("has to have had a run", async ({ sandbox }) => {
    const repo = prepared(sandbox);
    const { code, stderr } = await repo.run(["validate", "true"]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("There is no run yet in this repository")]);
    expect(stderr).toContain("nightcrew run ROADMAP.md");
  });

  test("is taken back from though the queue is halted", async ({ sandbox }) => {
    const script = `test -e 1.txt || exec touch 1.txt; ${breaksInTurn(sandbox)}`;
    const repo = sandbox.repository({
      "ROADMAP.md": "- [ ] one\n",
      "MORE.md": "- [ ] a\n- [ ] b\n- [ ] c\n",
      "nightcrew.yaml": `workers: 1\nattempts: 1\n${config(script, gate)}queue: {history: every-change}\n`,
    });
    expect((await repo.run(["run", "ROADMAP.md", "--yes"])).code).toBe(0);
    expect((await repo.run(["run", "MORE.md", "--yes", "--validate", noneIsLate])).code).toBe(1);
    expect((await repo.run(["queue"])).stdout).toContain("HALTED");
    const { code, stdout } = await repo.run(["validate", "test ! -e 1.txt", "--rollback-on-fail"]);
    expect([code, stdout]).toEqual([1, expect.stringContaining("taken back by")]);
    expect(filesOn(repo)).not.toContain("1.txt");
    await repo.run(["status", "--watch"]);
  });
});
