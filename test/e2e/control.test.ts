import { readFileSync } from "node:fs";
import { describe, expect } from "vitest";
import { isFrozen } from "../rig/frozen.ts";
import { test, type Puppet, type Puppets } from "../rig/puppet.ts";
import { eventually, gate, isThere, type Repository, type Sandbox } from "../rig/sandbox.ts";

const oneTask = "- [ ] one\n";
const twoTasks = "- [ ] one\n- [ ] two\n";

interface Begun {
  readonly repo: Repository;
  readonly id: string;
  readonly puppets: readonly Puppet[];
}

/** A run that was detached, with every agent at work. */
async function begun(sandbox: Sandbox, puppets: Puppets, roadmap = oneTask, agent = ""): Promise<Begun> {
  const repo = sandbox.repository({ "ROADMAP.md": roadmap, "nightcrew.yaml": puppets.config(gate, agent) });
  const { stdout } = await repo.run(["run", "ROADMAP.md", "--yes", "--detach"]);
  const tasks = roadmap.split("\n").length - 1;
  return { repo, id: stdout.trim(), puppets: Object.values(await puppets.come(tasks)).sort(byName) };
}

const byName = (a: Puppet, b: Puppet): number => a.name.localeCompare(b.name);

async function done(repo: Repository, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await repo.run(args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
}

const stopped = (pid: number): Promise<void> => eventually(() => isFrozen(pid), `${pid} is stopped`);

describe("pause", () => {
  test("stops an agent's processes where they are, and its time limits; resume lets them go on", async ({
    sandbox,
    puppets,
  }) => {
    const limits = "    limits: {firstOutput: 10s, silence: 10s, total: 10s}\n";
    const {
      repo,
      puppets: [one],
    } = await begun(sandbox, puppets, oneTask, limits);
    if (one === undefined) throw new Error("no puppet");
    const child = await one.spawnDetached();
    expect(await done(repo, "pause", "1")).toContain("paused");
    await stopped(one.pid);
    await stopped(child);
    expect(await done(repo, "tasks")).toContain("paused");
    // Time itself is what is looked at: its limits would have ended it by now.
    const begin = Date.now();
    await eventually(() => Date.now() - begin > 10_100, "longer than any limit");
    expect([isFrozen(one.pid), isFrozen(child)]).toEqual([true, true]);
    await done(repo, "resume", "1");
    await one.answers();
    await one.finish();
    expect((await repo.run(["status", "--watch"])).stdout).toContain("1/1 landed");
    expect(isThere(child)).toBe(false);
    expect(puppets.names()).toEqual(["1-1"]);
  });

  test("of a run stops all its agents, and starts nothing", async ({ sandbox, puppets }) => {
    const {
      repo,
      id,
      puppets: [one, two],
    } = await begun(sandbox, puppets, twoTasks);
    await done(repo, "pause", id);
    await stopped(one?.pid ?? 0);
    await stopped(two?.pid ?? 0);
    await done(repo, "resume", id, "--detach");
    await Promise.all([one?.finish(), two?.finish()]);
    expect((await repo.run(["status", "--watch"])).stdout).toContain("2/2 landed");
  });

  test("survives a kill -9 of the daemon", async ({ sandbox, puppets }) => {
    const {
      repo,
      puppets: [one],
    } = await begun(sandbox, puppets);
    await done(repo, "pause", "1");
    await stopped(one?.pid ?? 0);
    process.kill(await sandbox.daemonPid(), "SIGKILL");
    expect(await done(repo, "tasks")).toContain("paused");
    expect(isFrozen(one?.pid ?? 0)).toBe(true);
    await done(repo, "resume", "1");
    await one?.answers();
    await one?.finish();
    expect((await repo.run(["status", "--watch"])).stdout).toContain("1/1 landed");
    expect(puppets.names()).toEqual(["1-1"]);
  });
});

describe("cancel", () => {
  test("of a paused task ends its agent and what left its session; what it did is kept", async ({
    sandbox,
    puppets,
  }) => {
    const {
      repo,
      id,
      puppets: [one],
    } = await begun(sandbox, puppets);
    if (one === undefined) throw new Error("no puppet");
    await one.write("half.txt", "half\n");
    await one.ignoreTerm();
    const child = await one.spawnDetached();
    await done(repo, "pause", "1");
    await stopped(one.pid);
    expect(await done(repo, "cancel", "1")).toContain("cancelled");
    await one.gone;
    const watched = await repo.run(["status", "--watch"]);
    expect(watched.stdout).toContain("cancelled");
    expect(isThere(child)).toBe(false);
    expect(repo.show(`nightcrew/${id}/1-1`, "half.txt")).toBe("half\n");
    expect((await repo.run(["report"])).code).toBe(1);
  });

  test("can be taken back: retry begins the task anew, once", async ({ sandbox, puppets }) => {
    const { repo, id } = await begun(sandbox, puppets);
    await done(repo, "cancel", "1");
    await repo.run(["status", "--watch"]);
    expect(await done(repo, "retry", `${id}/1`)).toContain("tried again");
    await (await puppets.next()).finish();
    expect((await repo.run(["status", "--watch"])).stdout).toContain("1/1 landed");
    expect(puppets.names()).toEqual(["1-1", "1-2"]);
    expect((await repo.run(["report"])).code).toBe(0);
  });
});

describe("prioritize", () => {
  test("has the task begun before its elders", async ({ sandbox, puppets }) => {
    const three = "- [ ] one\n- [ ] two\n- [ ] three\n";
    const repo = sandbox.repository({ "ROADMAP.md": three, "nightcrew.yaml": `workers: 1\n${puppets.config(gate)}` });
    await repo.run(["run", "ROADMAP.md", "--yes", "--detach"]);
    const one = await puppets.next();
    expect(await done(repo, "prioritize", "3", "critical")).toContain("priority critical");
    await one.finish();
    const second = await puppets.next();
    await second.finish();
    await (await puppets.next()).finish();
    expect((await repo.run(["status", "--watch"])).stdout).toContain("3/3 landed");
    expect(puppets.all.map(({ task }) => task)).toEqual(["1", "3", "2"]);
  });
});

describe("stop --all", () => {
  test("without a daemon ends every agent within seconds; resume --all goes on", async ({ sandbox, puppets }) => {
    const { repo, id, puppets: working } = await begun(sandbox, puppets, twoTasks);
    for (const puppet of working) await puppet.write("half.txt", "half\n");
    const children = await Promise.all(working.map((puppet) => puppet.spawnDetached()));
    process.kill(await sandbox.daemonPid(), "SIGKILL");
    const begin = Date.now();
    await done(repo, "stop", "--all");
    await Promise.all(working.map(({ gone }) => gone));
    expect(Date.now() - begin).toBeLessThan(15_000);
    await eventually(() => !children.some(isThere), "what left its session ends, too");
    expect(sandbox.daemons()).toEqual([]);
    const refused = await repo.run(["run", "Another", "--yes"]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("nightcrew resume --all");
    expect((await repo.run(["status"])).stdout).toContain("everything was stopped");
    expect((await repo.run(["resume", "--all"])).stdout).toContain("nightcrew stop --all is taken back");
    expect((await repo.run(["status"])).stdout).not.toContain("everything was stopped");
    const again = Object.values(await puppets.come(2));
    for (const puppet of again) await puppet.finish();
    expect((await repo.run(["status", "--watch"])).stdout).toContain("2/2 landed");
    expect(puppets.names()).toEqual(["1-1", "1-2", "2-1", "2-2"]);
    expect(repo.show(`nightcrew/${id}/1-1`, "half.txt")).toBe("half\n");
    expect((await repo.run(["report"])).code).toBe(0);
  });

  test("ends agents that are paused, too", async ({ sandbox, puppets }) => {
    const {
      repo,
      puppets: [one],
    } = await begun(sandbox, puppets);
    await done(repo, "pause", "1");
    await stopped(one?.pid ?? 0);
    await done(repo, "stop", "--all");
    await one?.gone;
    await done(repo, "cancel", "1");
    await done(repo, "resume", "--all");
    await repo.run(["status", "--watch"]);
    expect((await repo.run(["report"])).code).toBe(1);
  });
});

describe("a command for what it cannot be given to", () => {
  test("names the nearest id where it knows none like it", async ({ sandbox, puppets }) => {
    const {
      repo,
      id,
      puppets: [one, two],
    } = await begun(sandbox, puppets, twoTasks);
    for (const command of ["pause", "resume", "cancel", "retry"]) {
      const { code, stderr } = await repo.run([command, "22"]);
      expect(code).toBe(2);
      expect(stderr).toContain("There is no task or attempt 22");
      expect(stderr).toContain("there is: 2");
      const run = await repo.run([command, `${id.slice(0, -1)}${id.endsWith("0") ? "1" : "0"}`]);
      expect(run.code).toBe(2);
      expect(run.stderr).toContain(id);
    }
    expect((await repo.run(["prioritize", "1", "urgent"])).code).toBe(2);
    await Promise.all([one?.finish(), two?.finish()]);
    await repo.run(["status", "--watch"]);
  });

  test("says why a task that is over cannot be paused, resumed or cancelled", async ({ sandbox, puppets }) => {
    const {
      repo,
      puppets: [one],
    } = await begun(sandbox, puppets);
    await one?.finish();
    await repo.run(["status", "--watch"]);
    for (const command of [["pause"], ["resume"], ["cancel"], ["retry"], ["prioritize", "high"]]) {
      const [name = "", ...rest] = command;
      const { code, stderr } = await repo.run([name, "1", ...rest]);
      expect(code).toBe(2);
      expect(stderr).toContain("it is completed");
    }
    expect(repo.landings()).toHaveLength(1);
    expect(readFileSync(`${repo.path}/ROADMAP.md`, "utf8")).toBe("- [x] one\n");
  });
});
