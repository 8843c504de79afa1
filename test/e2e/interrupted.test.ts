import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect } from "vitest";
import { config, eventually, gate, test, type Sandbox } from "../rig/sandbox.ts";

const twoTasks = "- [ ] one\n- [ ] two\n";

/** Waits at a gate file, so that a test decides when it goes on; `started` lists each agent that began. */
function waits(root: string): string {
  return `echo "$NIGHTCREW_TASK-$NIGHTCREW_ATTEMPT" >> '${root}/started'; echo half > "$NIGHTCREW_TASK.txt"
    until [ -e '${root}/go' ]; do sleep 0.02; done; echo whole > "$NIGHTCREW_TASK.txt"`;
}

/** Resolves when so many agents are at work. */
function begun(sandbox: Sandbox, count: number): Promise<void> {
  const file = sandbox.path("started");
  return eventually(() => existsSync(file) && readFileSync(file, "utf8").split("\n").length > count, `${count} agents`);
}

describe("Ctrl-C", () => {
  test("stops the agents in order, keeps their work, and `resume` goes on to the end", async ({ sandbox }) => {
    const repo = sandbox.repository({ "ROADMAP.md": twoTasks, "nightcrew.yaml": config(waits(sandbox.root), gate) });
    const run = repo.start(["run", "ROADMAP.md", "--yes"]);
    await begun(sandbox, 2);
    run.child.kill("SIGINT");
    const ended = await run.ended;
    expect(ended.code).toBe(1);
    expect(ended.stdout).toContain("0 of 2 tasks landed on main; 2 not finished.");
    expect(await sandbox.left()).toEqual([]);
    const id = /run (\d{8}-\d{6}-[0-9a-f]{8})/.exec(ended.stdout)?.[1] ?? "none";
    expect(repo.show(`nightcrew/${id}/1-1`, "1.txt")).toBe("half\n");

    const twice = await repo.run(["run", "ROADMAP.md", "--yes"]);
    expect(twice.code).toBe(2);
    expect(twice.stderr).toContain(`nightcrew resume ${id}`);

    sandbox.write("go", "");
    const resumed = await repo.run(["resume"]);
    expect(resumed.stdout).toContain("All 2 tasks landed on main.");
    expect(resumed.code).toBe(0);
    expect(repo.read("1.txt")).toBe("whole\n");
    // Being stopped was not the agents' failure.
    expect(readFileSync(sandbox.path("started"), "utf8").trim().split("\n").sort()).toEqual([
      "1-1",
      "1-2",
      "2-1",
      "2-2",
    ]);
  });

  test("an interrupted run can be ended for good, and then begun anew", async ({ sandbox }) => {
    const repo = sandbox.repository({ "ROADMAP.md": twoTasks, "nightcrew.yaml": config(waits(sandbox.root), gate) });
    const run = repo.start(["run", "ROADMAP.md", "--yes"]);
    await begun(sandbox, 2);
    run.child.kill("SIGINT");
    const id = /run (\d{8}-\d{6}-[0-9a-f]{8})/.exec((await run.ended).stdout)?.[1] ?? "none";
    const cancelled = await repo.run(["cancel", id]);
    expect(cancelled.code).toBe(0);
    expect((await repo.run(["tasks", id])).stdout).toContain("cancelled");
    sandbox.write("go", "");
    const again = await repo.run(["run", "ROADMAP.md", "--yes"]);
    expect(again.code).toBe(0);
  });
});

describe("kill -9 of nightcrew", () => {
  test("agents go on; the next one takes them up where they are and starts none twice", async ({ sandbox }) => {
    const repo = sandbox.repository({ "ROADMAP.md": twoTasks, "nightcrew.yaml": config(waits(sandbox.root), gate) });
    const run = repo.start(["run", "ROADMAP.md", "--yes"]);
    await begun(sandbox, 2);
    run.child.kill("SIGKILL");
    await run.ended;
    const status = await repo.run(["status"]);
    expect(status.stdout).toContain("nobody drives it");
    sandbox.write("go", "");
    const resumed = await repo.run(["resume"]);
    expect(resumed.stdout).toContain("All 2 tasks landed on main.");
    expect(readFileSync(sandbox.path("started"), "utf8").trim().split("\n").sort()).toEqual(["1-1", "2-1"]);
  });

  test("work that was finished meanwhile counts", async ({ sandbox }) => {
    const repo = sandbox.repository({
      "ROADMAP.md": "- [ ] one\n",
      "nightcrew.yaml": config(waits(sandbox.root), gate),
    });
    const run = repo.start(["run", "ROADMAP.md", "--yes"]);
    await begun(sandbox, 1);
    run.child.kill("SIGKILL");
    await run.ended;
    sandbox.write("go", "");
    await eventually(() => sandbox.processes().length === 0, "the runner leaves");
    const resumed = await repo.run(["resume"]);
    expect(resumed.stdout).toContain("The task landed on main.");
    expect(readFileSync(sandbox.path("started"), "utf8")).toBe("1-1\n");
  });
});

describe("kill -9 of a runner", () => {
  test("ends its agent, keeps what it left under refs/nightcrew/salvage, and tries again without counting it", async ({
    sandbox,
  }) => {
    const script = `[ $NIGHTCREW_ATTEMPT = 1 ] || { echo whole > 1.txt; exit 0; }; echo half > 1.txt; touch '${sandbox.root}/begun'; sleep 300`;
    const repo = sandbox.repository({
      "ROADMAP.md": "- [ ] one\n",
      "nightcrew.yaml": config(script, `attempts: 1\n${gate}`),
    });
    const run = repo.start(["run", "ROADMAP.md", "--yes"]);
    await eventually(() => existsSync(sandbox.path("begun")), "the agent");
    const claim = JSON.parse(readFileSync(`${runFolder(sandbox.home)}/attempts/1-1/claim`, "utf8")) as { pid: number };
    process.kill(claim.pid, "SIGKILL");
    const ended = await run.ended;
    expect(ended.stdout).toContain("The task landed on main.");
    expect(ended.stdout).toContain("note 1: attempt 1 did not land: the process supervising the agent was lost");
    const [salvaged = ""] = repo.git("for-each-ref", "--format=%(refname)", "refs/nightcrew/salvage").split("\n");
    expect(repo.show(salvaged, "1.txt")).toBe("half\n");
  });
});

describe("one home", () => {
  test("is driven by one process at a time; reading commands work beside it", async ({ sandbox }) => {
    const repo = sandbox.repository({ "ROADMAP.md": twoTasks, "nightcrew.yaml": config(waits(sandbox.root), gate) });
    const run = repo.start(["run", "ROADMAP.md", "--yes"]);
    await begun(sandbox, 2);
    const other = await repo.run(["run", "Something else", "--yes"]);
    expect(other.code).toBe(2);
    expect(other.stderr).toContain("Another nightcrew is working in this home");
    const status = await repo.run(["status", "--json"]);
    expect(JSON.parse(status.stdout)).toMatchObject({
      version: 1,
      runs: [{ status: "active", driven: true, tasks: 2, completed: 0 }],
    });
    expect((await repo.run(["tasks"])).stdout).toContain("working");
    sandbox.write("go", "");
    expect((await run.ended).code).toBe(0);
  });
});

function runFolder(home: string): string {
  const [name = ""] = readdirSync(`${home}/runs`);
  return `${home}/runs/${name}`;
}
