import { cpSync, existsSync, lstatSync, readFileSync, rmSync } from "node:fs";
import { describe, expect } from "vitest";
import {
  config,
  eventually,
  gate,
  hasTerminals,
  kill,
  processState,
  test,
  type Repository,
  type Sandbox,
} from "../rig/sandbox.ts";

/** Waits until the test writes `go`, whatever it is told. */
function stubborn(root: string): string {
  return `trap '' TERM; : > '${root}/started'
    until [ -e '${root}/go' ]; do sleep 0.02; done; echo x > x.txt`;
}

async function atWork(sandbox: Sandbox): Promise<{ repo: Repository; run: string }> {
  const repo = sandbox.repository({
    "ROADMAP.md": "- [ ] one\n",
    "nightcrew.yaml": config(stubborn(sandbox.root), gate),
  });
  expect((await repo.run(["run", "ROADMAP.md", "--yes", "--detach"])).code).toBe(0);
  await eventually(() => existsSync(sandbox.path("started")), "the agent begins");
  return { repo, run: sandbox.newestRun() };
}

describe("a daemon that is stopped", () => {
  test("is not started again by a cancel that waits, which is told", async ({ sandbox }) => {
    const { repo, run } = await atWork(sandbox);
    // However slowly the daemon is told to stop: nothing ends before that.
    const [claim = ""] = sandbox.find(sandbox.path("home", "runs", run, "attempts"), "claim");
    const { pid: runner } = JSON.parse(readFileSync(claim, "utf8")) as { pid: number };
    process.kill(runner, "SIGSTOP");
    const cancel = repo.start(["cancel", run]);
    const isCancelled = async (): Promise<boolean> => (await repo.run(["logs", run])).stdout.includes("1: cancelled");
    await eventually(isCancelled, "what the daemon has decided");
    await sandbox.nightcrew(["daemon", "stop"]);
    const { code, stderr } = await cancel.ended;
    expect(code).toBe(1);
    expect(stderr).toContain(`The daemon was stopped; ${run} will be cancelled to the end when there is one again`);
    expect(sandbox.daemons()).toEqual([]);
    process.kill(runner, "SIGCONT");
    sandbox.write("go", "");
    await eventually(() => sandbox.processes().length === 0, "the runner leaves");
    await repo.run(["status", "--watch"]);
    expect((await repo.run(["tasks", run])).stdout).toContain("cancelled");
  });
});

describe("a client", () => {
  test("leaves a daemon that is silent for good once another one has taken its place", async ({ sandbox }) => {
    const { repo } = await atWork(sandbox);
    const watch = repo.start(["status", "--watch", "--json"]);
    await watch.saw('"event"');
    const old = await sandbox.daemonPid();
    process.kill(old, "SIGSTOP");
    // As if nobody could tell that it lives: it is replaced, and not ended.
    rmSync(sandbox.path("home", "owner.1"));
    await sandbox.nightcrew(["daemon", "start"]);
    expect(await sandbox.daemonPid()).not.toBe(old);
    expect(processState(old)).toBe("T");
    sandbox.write("go", "");
    const { code, stdout } = await watch.ended;
    expect(code).toBe(0);
    expect(stdout).toContain('"run.finished"');
    kill(old, "SIGKILL");
  });

  test("waits for a daemon that does not answer as long as AGENT_LOCK_TIMEOUT says", async ({ sandbox }) => {
    const wrong = await sandbox.nightcrew(["status"], { env: { AGENT_LOCK_TIMEOUT: "soon" } });
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain("AGENT_LOCK_TIMEOUT is not a number of seconds from 1 to 3600: soon");
    await sandbox.nightcrew(["daemon", "start"]);
    const old = await sandbox.daemonPid();
    process.kill(old, "SIGSTOP");
    expect((await sandbox.nightcrew(["runs"], { env: { AGENT_LOCK_TIMEOUT: "1" } })).code).toBe(0);
    expect(await sandbox.daemonPid()).not.toBe(old);
    expect(sandbox.read("home/daemon.log")).toContain(
      `process ${old} has the home and did not answer within 1.0 s: it is killed and replaced`,
    );
  });
});

test.runIf(hasTerminals())(
  "who waits for an answer on a terminal is told so after a second, and sees nothing of it any more when it has come",
  async ({ sandbox }) => {
    await sandbox.nightcrew(["daemon", "start"]);
    const pid = await sandbox.daemonPid();
    process.kill(pid, "SIGSTOP");
    const env = { TERM: "xterm", AGENT_LOCK_TIMEOUT: "600" };
    const [shown, piped] = [sandbox.startInTerminal(["runs"], { env }), sandbox.start(["runs"], { env })];
    await shown.saw("waiting for the daemon … 2 s");
    process.kill(pid, "SIGCONT");
    const [{ code, stdout }, told] = await Promise.all([shown.ended, piped.ended]);
    expect(code).toBe(0);
    expect(stdout).toContain(" s\r\u001b[2KNo run yet");
    expect([told.code, told.stderr]).toEqual([0, ""]);
  },
);

test("a copy of a home whose daemon runs leaves that in peace, and says where it is", async ({ sandbox }) => {
  const { repo } = await atWork(sandbox);
  const pid = await sandbox.daemonPid();
  const copy = sandbox.path("copy");
  cpSync(sandbox.home, copy, { recursive: true, filter: (path) => !lstatSync(path).isSocket() });
  const env = { NIGHTCREW_HOME: copy };
  const { code, stderr } = await repo.run(["status"], env);
  expect(code).toBe(2);
  expect(stderr).toContain(`${copy} is a copy of ${sandbox.home}, whose daemon runs (process ${pid})`);
  expect((await repo.run(["daemon", "stop"], env)).stdout).toBe("no daemon was running\n");
  expect(await sandbox.daemonPid()).toBe(pid);
  sandbox.write("go", "");
  expect((await repo.run(["status", "--watch"])).stdout).toContain("1/1 landed");
});

test("logs are found by the end of a run's id, as everything else is", async ({ sandbox }) => {
  const repo = sandbox.repository({ "ROADMAP.md": "- [ ] one\n", "nightcrew.yaml": config("echo x > x.txt", gate) });
  await repo.run(["run", "ROADMAP.md", "--yes"]);
  const end = sandbox.newestRun().slice(-6);
  const { code, stdout } = await repo.run(["logs", end]);
  expect(code).toBe(0);
  expect(stdout).toContain("run: finished");
  const unknown = await repo.run(["logs", "zzzzzz"]);
  expect(unknown.code).toBe(2);
  expect(unknown.stderr).toContain("There is no task or attempt zzzzzz");
});
