import { execFileSync, spawn } from "node:child_process";
import { chmodSync, existsSync, readFileSync, rmSync } from "node:fs";
import { describe, expect } from "vitest";
import { startTimeOf } from "../../src/adapters/process/process-table.ts";
import { test, type Puppet, type Puppets } from "../rig/puppet.ts";
import { eventually, gate, isThere, kill, type Repository, type Sandbox } from "../rig/sandbox.ts";

const oneTask = "- [ ] one\n";
const twoTasks = "- [ ] one\n- [ ] two\n";

function world(sandbox: Sandbox, puppets: Puppets, roadmap = oneTask): Repository {
  return sandbox.repository({ "ROADMAP.md": roadmap, "kept.txt": "before\n", "nightcrew.yaml": puppets.config(gate) });
}

function merges(repo: Repository): number {
  return repo.landings().length;
}

/** An edit, a new file and a child that left its session: what a crash must neither lose nor leave. */
async function halfWay(puppet: Puppet): Promise<number> {
  await puppet.write("kept.txt", "half\n");
  await puppet.write("new/one.txt", "untracked\n");
  return puppet.spawnDetached();
}

function expectSalvaged(repo: Repository, puppet: Puppet): void {
  const ref = `refs/nightcrew/salvage/${puppet.run}/${puppet.task}/${puppet.attempt}`;
  expect(repo.show(ref, "kept.txt")).toBe("half\n");
  expect(repo.show(ref, "new/one.txt")).toBe("untracked\n");
}

describe("kill -9 of a runner", () => {
  test("ends its agent at once; its work is kept, and the task tried again without counting it", async ({
    sandbox,
    puppets,
  }) => {
    const repo = world(sandbox, puppets);
    const run = repo.start(["run", "ROADMAP.md", "--yes"]);
    const first = await puppets.next();
    await first.ignoreTerm();
    const child = await halfWay(first);
    process.kill(first.runner, "SIGKILL");
    await first.gone;
    const second = await puppets.next();
    expect(second.name).toBe("1-2");
    expect(isThere(child)).toBe(false);
    expectSalvaged(repo, first);
    await second.finish();
    expect(await run.ended).toMatchObject({ code: 0 });
    expect(merges(repo)).toBe(1);
    expect(repo.show("main", "kept.txt")).toBe("before\n");
  });

  test("ends its agent at once also when the daemon is dead; the next daemon ends the rest, and goes on", async ({
    sandbox,
    puppets,
  }) => {
    const repo = world(sandbox, puppets);
    await repo.run(["run", "ROADMAP.md", "--yes", "--detach"]);
    const first = await puppets.next();
    const child = await halfWay(first);
    process.kill(await sandbox.daemonPid(), "SIGKILL");
    process.kill(first.runner, "SIGKILL");
    await first.gone;
    // Nothing begins, so that nobody uses its workspace again.
    await repo.run(["stop", "--all"]);
    expect((await repo.run(["salvage", "list"])).stdout).toMatch(
      /^left by a crash, and saved before it is used again or removed: .* \(run \S+, task 1, attempt 1\)$/m,
    );
    await repo.run(["resume", "--all"]);
    const watched = repo.start(["status", "--watch"]);
    const second = await puppets.next();
    expect(isThere(child)).toBe(false);
    expectSalvaged(repo, first);
    expect((await repo.run(["salvage", "list"])).stdout).not.toContain("left by a crash");
    await second.finish();
    expect((await watched.ended).stdout).toContain("1/1 landed");
    expect(puppets.names()).toEqual(["1-1", "1-2"]);
  });
});

describe("kill -9 of a runner that makes a workspace ready", () => {
  test("ends its git, too: nobody writes into a workspace that is the next attempt's", async ({ sandbox, puppets }) => {
    const slow = sandbox.write("slow", "");
    const begun = sandbox.path("begun");
    const real = execFileSync("sh", ["-c", "command -v git"], { encoding: "utf8" }).trim();
    const waits = `if [ -e '${slow}' ]; then echo $$ > '${begun}'; while [ -e '${slow}' ]; do sleep 0.02; done; fi`;
    sandbox.write("bin/git", `#!/bin/sh\ncase " $* " in *" checkout "*) ${waits} ;; esac\nexec '${real}' "$@"\n`);
    chmodSync(sandbox.path("bin/git"), 0o755);
    sandbox.env["PATH"] = `${sandbox.path("bin")}:${sandbox.env["PATH"]}`;
    const repo = world(sandbox, puppets);
    const run = repo.start(["run", "ROADMAP.md", "--yes"]);
    await eventually(() => existsSync(begun) && sandbox.read("begun").endsWith("\n"), "the checkout");
    const git = Number(sandbox.read("begun"));
    const [claim = ""] = sandbox.find(sandbox.home, "claim");
    process.kill((JSON.parse(readFileSync(claim, "utf8")) as { pid: number }).pid, "SIGKILL");
    await eventually(() => !isThere(git), "the end of its git");
    rmSync(slow);
    const second = await puppets.next();
    expect(second.name).toBe("1-2");
    await second.finish();
    expect(await run.ended).toMatchObject({ code: 0 });
  });
});

describe("kill -9 of an agent", () => {
  test("is a failure of that attempt; what it left is on its branch, and the next one lands", async ({
    sandbox,
    puppets,
  }) => {
    const repo = world(sandbox, puppets);
    const run = repo.start(["run", "ROADMAP.md", "--yes"]);
    const first = await puppets.next();
    const child = await halfWay(first);
    process.kill(first.pid, "SIGKILL");
    const second = await puppets.next();
    expect(isThere(child)).toBe(false);
    expect(repo.show(`nightcrew/${first.run}/1-1`, "new/one.txt")).toBe("untracked\n");
    await second.finish();
    const ended = await run.ended;
    expect(ended).toMatchObject({ code: 0 });
    expect(ended.stdout).toMatch(/attempt 1 .*SIGKILL/);
  });
});

describe("kill -9 of the daemon", () => {
  test("changes nothing for its agents: the next one takes them up, and what they did counts", async ({
    sandbox,
    puppets,
  }) => {
    const repo = world(sandbox, puppets, twoTasks);
    const run = repo.start(["run", "ROADMAP.md", "--yes"]);
    const { "1-1": one, "2-1": two } = await puppets.come(2);
    const before = await sandbox.daemonPid();
    process.kill(before, "SIGKILL");
    // One ends while nobody decides, or just after: both are the same.
    await one?.finish();
    await eventually(() => sandbox.daemons().some((pid) => pid !== before), "another daemon");
    await two?.answers();
    await two?.finish();
    expect(await run.ended).toMatchObject({ code: 0 });
    expect(puppets.names()).toEqual(["1-1", "2-1"]);
    expect(merges(repo)).toBe(2);
  });

  test("leaves agents that could not be begun now where they are: their end counts", async ({ sandbox, puppets }) => {
    const keys = sandbox.write("home/env", "MY_KEY=hush\n");
    chmodSync(keys, 0o600);
    const yaml = puppets.config(gate, "    env: [MY_KEY]\n");
    const repo = sandbox.repository({ "ROADMAP.md": oneTask, "nightcrew.yaml": yaml });
    await repo.run(["run", "ROADMAP.md", "--yes", "--detach"]);
    const one = await puppets.next();
    process.kill(await sandbox.daemonPid(), "SIGKILL");
    // Others may read it: attempts that need it are refused.
    chmodSync(keys, 0o644);
    const watched = repo.start(["status", "--watch"]);
    await watched.saw("working");
    await one.finish();
    expect((await watched.ended).stdout).toContain("1/1 landed");
    expect(puppets.names()).toEqual(["1-1"]);
  });

  test("and of every runner: what the agents had done is kept, and all of it is begun anew", async ({
    sandbox,
    puppets,
  }) => {
    const repo = world(sandbox, puppets, twoTasks);
    const run = repo.start(["run", "ROADMAP.md", "--yes"]);
    const first = Object.values(await puppets.come(2));
    const children = await Promise.all(first.map(halfWay));
    const pids = [await sandbox.daemonPid(), ...first.map(({ runner }) => runner)];
    for (const pid of pids) process.kill(pid, "SIGKILL");
    await Promise.all(first.map(({ gone }) => gone));
    const { "1-2": one, "2-2": two } = await puppets.come(2);
    for (const puppet of first) expectSalvaged(repo, puppet);
    expect(children.filter(isThere)).toEqual([]);
    await one?.finish();
    await two?.finish();
    expect(await run.ended).toMatchObject({ code: 0 });
    expect(puppets.names()).toEqual(["1-1", "1-2", "2-1", "2-2"]);
    expect(merges(repo)).toBe(2);
  });
});

describe("a daemon that was stopped (SIGSTOP) while another one took over", () => {
  test("writes nothing when it is continued, and ends; the run is completed once", async ({ sandbox, puppets }) => {
    const repo = world(sandbox, puppets, twoTasks);
    await repo.run(["run", "ROADMAP.md", "--yes", "--detach"]);
    const { "1-1": one, "2-1": two } = await puppets.come(2);
    const old = await sandbox.daemonPid();
    process.kill(old, "SIGSTOP");
    // As if it had been taken for dead: nobody kills it, and it knows nothing of its successor.
    sandbox.write("home/owner.1", "{}");
    rmSync(`${sandbox.home}/daemon.sock`);
    const watched = repo.start(["status", "--watch"]);
    await eventually(() => sandbox.daemons().some((pid) => pid !== old), "the next daemon");
    await watched.saw("working");
    await one?.finish();
    await watched.saw("1: landed");
    const before = readEvents(await repo.run(["logs", one?.run ?? "", "--json"]));
    // Its runner told the old one, too, what has happened: it has something to decide at once.
    kill(old, "SIGCONT");
    await eventually(() => !isThere(old), "the old daemon ends");
    expect(readEvents(await repo.run(["logs", one?.run ?? "", "--json"]))).toEqual(before);
    await two?.finish();
    expect((await watched.ended).stdout).toContain("2/2 landed");
    expect(puppets.names()).toEqual(["1-1", "2-1"]);
    expect(merges(repo)).toBe(2);
    // By its next write, or by its own look at the lock, whichever comes first.
    expect(readFileSync(`${sandbox.home}/daemon.log`, "utf8")).toContain(
      `process ${old} ends: generation 1 was replaced`,
    );
  });
});

describe("a reboot", () => {
  test("leaves nothing running: pids that were written down are others' by now, and the tasks begin anew", async ({
    sandbox,
    puppets,
  }) => {
    const repo = world(sandbox, puppets);
    await repo.run(["run", "ROADMAP.md", "--yes", "--detach"]);
    const first = await puppets.next();
    await halfWay(first);
    for (const pid of [await sandbox.daemonPid(), first.runner]) process.kill(pid, "SIGKILL");
    await first.gone;
    const left = sandbox.processes();
    for (const pid of left) kill(pid, "SIGKILL");
    const stranger = spawn("sleep", ["1000"], { env: { PATH: sandbox.env["PATH"] }, detached: true, stdio: "ignore" });
    try {
      const pid = stranger.pid ?? 0;
      const startTime = startTimeOf(pid);
      // Even the time since the boot may be the same.
      const theirs = JSON.stringify({ pid, startTime, bootId: "an earlier one" });
      const folder = `home/runs/${first.run}/attempts/1-1`;
      for (const file of [`${folder}/claim`, "home/owner.1"]) sandbox.write(file, theirs);
      const journal = sandbox.read(`${folder}/journal.jsonl`);
      const working = `"type":"working","pid":${pid},"startTime":"${startTime}"`;
      expect(journal).toMatch(/"type":"working"/);
      sandbox.write(
        `${folder}/journal.jsonl`,
        journal.replace(/"type":"working","pid":\d+,"startTime":"\d+"/, working),
      );
      const watched = repo.start(["status", "--watch"]);
      const second = await puppets.next();
      expect(second.name).toBe("1-2");
      expectSalvaged(repo, first);
      await second.finish();
      expect((await watched.ended).stdout).toContain("1/1 landed");
      expect(isThere(pid)).toBe(true);
    } finally {
      stranger.kill("SIGKILL");
    }
  });
});

function readEvents({ stdout }: { readonly stdout: string }): string[] {
  return stdout.split("\n").filter((line) => line.startsWith("{"));
}
