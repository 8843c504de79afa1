import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { connect, createServer } from "node:net";
import { describe, expect } from "vitest";
import { binary, config, eventually, gate, jsonLines, test, type Sandbox } from "../rig/sandbox.ts";

const twoTasks = "- [ ] one\n- [ ] two\n";

/** Waits at a gate file, so that a test decides when it goes on; `started` lists each agent that began. */
function waits(root: string): string {
  return `echo half > "$NIGHTCREW_TASK.txt"; echo "$NIGHTCREW_TASK-$NIGHTCREW_ATTEMPT" >> '${root}/started'
    until [ -e '${root}/go' ]; do sleep 0.02; done; echo whole > "$NIGHTCREW_TASK.txt"`;
}

/** Resolves when so many agents are at work. */
function begun(sandbox: Sandbox, count: number): Promise<void> {
  const file = sandbox.path("started");
  return eventually(() => existsSync(file) && readFileSync(file, "utf8").split("\n").length > count, `${count} agents`);
}

function startedAttempts(sandbox: Sandbox): string[] {
  return readFileSync(sandbox.path("started"), "utf8").trim().split("\n").sort();
}

describe("Ctrl-C", () => {
  test("leaves the run going, and says how to come back", async ({ sandbox }) => {
    const repo = sandbox.repository({ "ROADMAP.md": twoTasks, "nightcrew.yaml": config(waits(sandbox.root), gate) });
    const run = repo.start(["run", "ROADMAP.md", "--yes"]);
    await begun(sandbox, 2);
    run.child.kill("SIGINT");
    const { code, stderr } = await run.ended;
    expect(code).toBe(130);
    const id = sandbox.newestRun();
    for (const way of ["nightcrew status --watch", `nightcrew logs ${id} --follow`, `nightcrew cancel ${id}`])
      expect(stderr).toContain(way);
    const watch = repo.start(["status", "--watch"]);
    await watch.saw("working");
    sandbox.write("go", "");
    const watched = await watch.ended;
    expect(watched).toMatchObject({ code: 0, stderr: "" });
    expect(watched.stdout).toContain("2/2 landed");
    expect(startedAttempts(sandbox)).toEqual(["1-1", "2-1"]);
  });
});

/** Between the command and the daemon from now on: what is answered to a submission is kept back until it is let through. */
async function keepsBackAnswers(sandbox: Sandbox): Promise<{ letThrough(): void; close(): void }> {
  const [place, real] = [sandbox.path("home", "daemon.sock"), sandbox.path("home", "real.sock")];
  renameSync(place, real);
  const kept: (() => void)[] = [];
  const server = createServer((client) => {
    const daemon = connect(real);
    let isSubmission = false;
    client.on("data", (chunk) => {
      isSubmission ||= chunk.includes("POST /v1/submit ");
      daemon.write(chunk);
    });
    daemon.on("data", (chunk) => void (isSubmission ? kept.push(() => client.write(chunk)) : client.write(chunk)));
    daemon
      .once("close", () => (isSubmission ? kept.push(() => client.end()) : client.end()))
      .on("error", () => client.destroy());
    client.once("close", () => daemon.destroy()).on("error", () => daemon.destroy());
  });
  await once(server.listen(place), "listening");
  return {
    letThrough: () => kept.forEach((send) => send()),
    close: () => {
      server.close();
      renameSync(real, place);
    },
  };
}

describe("Ctrl-C before the answer is there", () => {
  test("says which run goes on", async ({ sandbox }) => {
    const repo = sandbox.repository({ "ROADMAP.md": twoTasks, "nightcrew.yaml": config(waits(sandbox.root), gate) });
    await repo.run(["daemon", "start"]);
    const between = await keepsBackAnswers(sandbox);
    const run = repo.start(["run", "ROADMAP.md", "--yes"]);
    await begun(sandbox, 2);
    run.child.kill("SIGINT");
    between.letThrough();
    const { code, stderr } = await run.ended;
    between.close();
    expect([code, stderr]).toEqual([130, expect.stringContaining(`run ${sandbox.newestRun()} goes on`)]);
    sandbox.write("go", "");
    expect((await repo.run(["status", "--watch"])).stdout).toContain("2/2 landed");
  });
});

describe("on a terminal", () => {
  test("Ctrl-C does the same under the live picture", async ({ sandbox }) => {
    const repo = sandbox.repository({ "ROADMAP.md": twoTasks, "nightcrew.yaml": config(waits(sandbox.root), gate) });
    // script(1) of util-linux gives it one.
    const command = `stty cols 100 rows 40; exec ${process.execPath} ${binary} run ROADMAP.md --yes`;
    const env = { ...sandbox.env, TERM: "xterm" };
    const terminal = spawn("script", ["-qec", command, "/dev/null"], { cwd: repo.path, env });
    let shown = "";
    terminal.stdout.setEncoding("utf8").on("data", (chunk: string) => (shown += chunk));
    const ended = new Promise<number | null>((resolve) => terminal.once("close", resolve));
    await begun(sandbox, 2);
    await eventually(() => shown.includes("[working]"), "the live picture");
    terminal.stdin.write("\u0003");
    expect(await ended).toBe(130);
    expect(shown).toContain(`nightcrew cancel ${sandbox.newestRun()}`);
    expect((await repo.run(["cancel", sandbox.newestRun()])).code).toBe(0);
  });
});

describe("a run that is going on", () => {
  test("is ended by `cancel`: agents too, their work is kept; then it can be begun anew", async ({ sandbox }) => {
    const repo = sandbox.repository({ "ROADMAP.md": twoTasks, "nightcrew.yaml": config(waits(sandbox.root), gate) });
    const run = repo.start(["run", "ROADMAP.md", "--yes"]);
    await begun(sandbox, 2);
    const id = sandbox.newestRun();
    expect((await repo.run(["cancel", id])).code).toBe(0);
    const ended = await run.ended;
    expect(ended.code).toBe(1);
    expect(ended.stdout).toContain("0 of 2 tasks landed on main; 2 cancelled.");
    expect(repo.show(`nightcrew/${id}/1-1`, "1.txt")).toBe("half\n");
    expect((await repo.run(["tasks", id])).stdout).toContain("cancelled");
    sandbox.write("go", "");
    expect((await repo.run(["run", "ROADMAP.md", "--yes"])).code).toBe(0);
  });

  test("is interrupted in order by the API, and `resume` goes on to the end", async ({ sandbox }) => {
    const repo = sandbox.repository({ "ROADMAP.md": twoTasks, "nightcrew.yaml": config(waits(sandbox.root), gate) });
    const run = repo.start(["run", "ROADMAP.md", "--yes"]);
    await begun(sandbox, 2);
    const id = sandbox.newestRun();
    expect((await sandbox.api("/v1/control", { id, command: { type: "interrupt" } })).status).toBe(200);
    const ended = await run.ended;
    expect(ended.code).toBe(1);
    expect(ended.stdout).toContain("0 of 2 tasks landed on main; 2 not finished.");
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
    expect(startedAttempts(sandbox)).toEqual(["1-1", "1-2", "2-1", "2-2"]);
  });
});

describe("kill -9 of the daemon", () => {
  test("agents go on; its follower starts the next one, which takes them up and starts none twice", async ({
    sandbox,
  }) => {
    const repo = sandbox.repository({ "ROADMAP.md": twoTasks, "nightcrew.yaml": config(waits(sandbox.root), gate) });
    const run = repo.start(["run", "ROADMAP.md", "--yes", "--json"]);
    await begun(sandbox, 2);
    const before = await sandbox.daemonPid();
    process.kill(before, "SIGKILL");
    await eventually(() => sandbox.daemons().some((pid) => pid !== before), "another daemon");
    sandbox.write("go", "");
    const { code, stdout, stderr } = await run.ended;
    expect(code).toBe(0);
    expect(stderr).toContain("the daemon was gone; another one goes on");
    const seqs = jsonLines(stdout).flatMap(({ event }) => (event as { seq: number } | undefined)?.seq ?? []);
    expect(seqs).toEqual(seqs.map((_, index) => index + 1));
    expect(startedAttempts(sandbox)).toEqual(["1-1", "2-1"]);
    expect(repo.landings()).toHaveLength(2);
  });

  test("without any follower: the next command starts one, and every active run goes on", async ({ sandbox }) => {
    const repo = sandbox.repository({ "ROADMAP.md": twoTasks, "nightcrew.yaml": config(waits(sandbox.root), gate) });
    const { stdout: id } = await repo.run(["run", "ROADMAP.md", "--yes", "--detach"]);
    await begun(sandbox, 2);
    process.kill(await sandbox.daemonPid(), "SIGKILL");
    sandbox.write("go", "");
    expect((await repo.run(["runs"])).stdout).toContain(id.trim());
    const watched = await repo.run(["status", "--watch"]);
    expect(watched.stdout).toContain("2/2 landed");
    expect(startedAttempts(sandbox)).toEqual(["1-1", "2-1"]);
  });

  test("work that was finished meanwhile counts", async ({ sandbox }) => {
    const repo = sandbox.repository({
      "ROADMAP.md": "- [ ] one\n",
      "nightcrew.yaml": config(waits(sandbox.root), gate),
    });
    await repo.run(["run", "ROADMAP.md", "--yes", "--detach"]);
    await begun(sandbox, 1);
    process.kill(await sandbox.daemonPid(), "SIGKILL");
    sandbox.write("go", "");
    await eventually(() => sandbox.processes().length === 0, "the runner leaves");
    const watched = await repo.run(["status", "--watch"]);
    expect(watched.stdout).toContain("1/1 landed");
    expect((await repo.run(["report"])).stdout).toContain("The task landed on main.");
    expect(startedAttempts(sandbox)).toEqual(["1-1"]);
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
  test("does several runs at once, and is asked about them meanwhile", async ({ sandbox }) => {
    const repo = sandbox.repository({ "ROADMAP.md": twoTasks, "nightcrew.yaml": config(waits(sandbox.root), gate) });
    const run = repo.start(["run", "ROADMAP.md", "--yes"]);
    await begun(sandbox, 2);
    const other = repo.start(["run", "Something else", "--yes"]);
    await begun(sandbox, 3);
    const status = await repo.run(["status", "--json"]);
    expect(JSON.parse(status.stdout)).toMatchObject({
      version: 1,
      runs: [
        { status: "active", tasks: 1, completed: 0 },
        { status: "active", tasks: 2, completed: 0 },
      ],
    });
    expect((await repo.run(["tasks"])).stdout).toContain("working");
    sandbox.write("go", "");
    expect((await run.ended).code).toBe(0);
    expect((await other.ended).code).toBe(0);
    expect(sandbox.daemons()).toHaveLength(1);
  });
});

function runFolder(home: string): string {
  const [name = ""] = readdirSync(`${home}/runs`);
  return `${home}/runs/${name}`;
}
