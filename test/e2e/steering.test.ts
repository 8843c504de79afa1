import { describe, expect } from "vitest";
import { groupsOf, isFrozen } from "../rig/frozen.ts";
import { test, type Puppet, type Puppets } from "../rig/puppet.ts";
import { eventually, gate, type Repository, type Sandbox } from "../rig/sandbox.ts";

/** A repository with these tasks, one a line, and its run, which was detached. */
async function begun(
  sandbox: Sandbox,
  puppets: Puppets,
  {
    tasks,
    settings = "",
    name = "repo",
  }: { readonly tasks: string; readonly settings?: string; readonly name?: string },
): Promise<{ readonly repo: Repository; readonly id: string }> {
  const yaml = `${settings}${puppets.config(gate)}`;
  const repo = sandbox.repository({ "ROADMAP.md": tasks, "nightcrew.yaml": yaml }, name);
  const { stdout } = await repo.run(["run", "ROADMAP.md", "--yes", "--detach"]);
  return { repo, id: stdout.trim() };
}

async function done(repo: Repository, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await repo.run(args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
}

async function refused(repo: Repository, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await repo.run(args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  return stderr;
}

async function watched(repo: Repository, run?: string): Promise<string> {
  return (await repo.run(["status", ...(run === undefined ? [] : [run]), "--watch"])).stdout;
}

const stopped = ({ pid }: Puppet): Promise<void> => eventually(() => isFrozen(pid), `${pid} is stopped`);

describe("--all", () => {
  test("pauses, resumes, re-orders, cancels and tries again what every run has; a second time changes nothing", async ({
    sandbox,
    puppets,
  }) => {
    const one = await begun(sandbox, puppets, { tasks: "- [ ] one\n", name: "first" });
    const two = await begun(sandbox, puppets, { tasks: "- [ ] one\n", name: "second" });
    const both = (text: string): string[] => [one.id, two.id].map((id) => `run ${id}: ${text}`).sort();
    const told = async (...args: readonly string[]): Promise<string[]> =>
      (await done(one.repo, ...args, "--all")).trimEnd().split("\n").sort();
    const working = [await puppets.next(), await puppets.next()];

    expect(await told("pause")).toEqual(both("paused; nightcrew resume lets it go on"));
    await Promise.all(working.map(stopped));
    expect(await told("pause")).toEqual(["nothing to change"]);
    expect(await done(two.repo, "tasks", two.id)).toContain("‖ paused");
    expect(await told("resume")).toEqual(both("goes on"));
    await Promise.all(working.map((puppet) => puppet.answers()));
    expect(await told("resume")).toEqual(["nothing to change"]);

    expect(await told("prioritize", "high")).toEqual(both("priority high"));
    expect(await told("prioritize", "high")).toEqual(["nothing to change"]);
    expect(await refused(one.repo, "prioritize", one.id, "low", "--all")).toContain("Both an id and --all were given");
    expect(await refused(one.repo, "prioritize", "--all", "urgent")).toContain("urgent is not a priority");
    expect(await refused(one.repo, "prioritize", "1")).toContain("No priority was named");

    expect(await told("cancel")).toEqual(both("cancelled; what had landed stays, and every branch is kept"));
    await Promise.all(working.map(({ gone }) => gone));
    for (const { repo, id } of [one, two]) await watched(repo, id);
    expect(await told("cancel")).toEqual(["nothing to change"]);
    expect(await told("retry")).toEqual(both("tried again"));
    expect(await told("retry")).toEqual(["nothing to change"]);
    for (const puppet of [await puppets.next(), await puppets.next()]) await puppet.finish();
    for (const { repo, id } of [one, two]) {
      await watched(repo, id);
      expect((await repo.run(["report", id])).code).toBe(0);
    }
    expect(puppets.names()).toEqual(["1-1", "1-1", "1-2", "1-2"]);
  });
});

describe("prioritize", () => {
  test("counts across runs that share the machine", async ({ sandbox, puppets }) => {
    await sandbox.nightcrew(["daemon", "start"], { env: { AGENT_PARALLEL_MAX: "1" } });
    const one = await begun(sandbox, puppets, { tasks: "- [ ] one\n- [ ] two\n", name: "first" });
    const first = await puppets.next();
    const two = await begun(sandbox, puppets, { tasks: "- [ ] one\n- [ ] two\n", name: "second" });
    await done(two.repo, "prioritize", `${two.id}/2`, "critical");
    // One at a time, whatever either run might use by itself.
    expect(puppets.names()).toEqual(["1-1"]);
    await first.finish();
    const second = await puppets.next();
    expect([second.run, second.task]).toEqual([two.id, "2"]);
    await second.finish();
    for (let more = 2; more > 0; more--) await (await puppets.next()).finish();
    for (const { repo, id } of [one, two]) {
      await watched(repo, id);
      expect((await repo.run(["report", id])).code).toBe(0);
    }
  });
});

describe("edit", () => {
  test("changes what a task that waits says, needs and is done by; its agent gets the new words", async ({
    sandbox,
    puppets,
  }) => {
    const other = `  other:\n    driver: command\n    command: ${JSON.stringify([...puppets.command, "other"])}\n`;
    const tasks = "- [ ] one\n- [ ] two\n- [ ] three\n";
    const settings = "workers: 1\nagent: puppet\n";
    const repo = sandbox.repository({
      "ROADMAP.md": tasks,
      "nightcrew.yaml": `${settings}${puppets.config("", other)}${gate}`,
    });
    await repo.run(["run", "ROADMAP.md", "--yes", "--detach"]);
    const first = await puppets.next();
    const edit = ["edit", "2", "--title", "Another title", "--description", "All there is to say", "--agent", "other"];
    expect(await done(repo, ...edit)).toContain("edited: title, description, agent");
    expect(await done(repo, ...edit)).toContain("nothing to change");
    expect(await done(repo, "edit", "2", "--depends-on", "3")).toContain("edited: dependsOn");
    expect(await done(repo, "tasks")).toMatch(/2 {2}Another title +after 3/);
    expect(await refused(repo, "edit", "3", "--depends-on", "2")).toContain("in a circle: 2 → 3 → 2");
    expect(await refused(repo, "edit", "3", "--depends-on", "9")).toContain("there is no task 9");
    expect(await refused(repo, "edit", "3", "--agent", "nobody")).toContain("there is no agent nobody");
    expect(await refused(repo, "edit", "1", "--title", "Too late")).toContain("work on it has begun");
    expect(await refused(repo, "edit", "3")).toContain("Nothing was named to change");
    await first.finish();
    const third = await puppets.next();
    expect(third.task).toBe("3");
    await third.finish();
    const second = await puppets.next();
    expect(await second.asked()).toMatch(/Another title[^]*All there is to say/);
    expect(await second.arguments()).toEqual(["other"]);
    await second.finish();
    expect(await watched(repo)).toContain("3/3 landed");
  });
});

describe("cancel", () => {
  test("blocks what needs the task, with that reason; retry of the run does all of it", async ({
    sandbox,
    puppets,
  }) => {
    const { repo, id } = await begun(sandbox, puppets, {
      tasks: "- [ ] one\n- [ ] two\n  Depends on: 1\n- [ ] three\n",
    });
    const { "1-1": one, "3-1": three } = await puppets.come(2);
    expect(await done(repo, "cancel", "1")).toContain("cancelled");
    await one?.gone;
    expect(await done(repo, "tasks")).toMatch(/■ blocked +2 {2}two +needs 1, which was cancelled/);
    const { tasks } = JSON.parse(await done(repo, "tasks", "--json")) as {
      tasks: { id: string; blockedBy: unknown }[];
    };
    expect(tasks.find((task) => task.id === "2")?.blockedBy).toEqual({
      reason: "dependency-failed",
      task: "1",
      because: "cancelled",
    });
    expect(await refused(repo, "retry", "2")).toContain("it needs 1, which will not land");
    await three?.finish();
    expect(await watched(repo)).toContain("1/3 landed");
    expect((await repo.run(["report"])).code).toBe(1);

    expect(await done(repo, "retry", id)).toContain("tried again");
    expect(await done(repo, "retry", id)).toContain("nothing to change");
    await (await puppets.next()).finish();
    await (await puppets.next()).finish();
    expect(await watched(repo)).toContain("3/3 landed");
    expect(puppets.names()).toEqual(["1-1", "1-2", "2-1", "3-1"]);
  });
});

describe("a pause", () => {
  test("is not counted against the agent that fails of it", async ({ sandbox, puppets }) => {
    const { repo } = await begun(sandbox, puppets, { tasks: "- [ ] one\n", settings: "attempts: 1\n" });
    const one = await puppets.next();
    await done(repo, "pause", "1");
    await stopped(one);
    await done(repo, "resume", "1");
    // As if its connection had been closed meanwhile.
    await one.exit(1);
    await (await puppets.next()).finish();
    expect(await watched(repo)).toContain("1/1 landed");
    expect(puppets.names()).toEqual(["1-1", "1-2"]);
  });

  test("does not outlive its runner: kill -9 ends the frozen agent, and its control group goes", async ({
    sandbox,
    puppets,
  }) => {
    const { repo } = await begun(sandbox, puppets, { tasks: "- [ ] one\n" });
    const one = await puppets.next();
    await done(repo, "pause", "1");
    await stopped(one);
    process.kill(one.runner, "SIGKILL");
    await one.gone;
    await eventually(() => groupsOf(one.runner).length === 0, "the group is removed");
    await done(repo, "resume", "1");
    await (await puppets.next()).finish();
    expect(await watched(repo)).toContain("1/1 landed");
  });

  test("of a run is watched to its end, and shown", async ({ sandbox, puppets }) => {
    const { repo, id } = await begun(sandbox, puppets, { tasks: "- [ ] one\n" });
    const one = await puppets.next();
    await done(repo, "pause", id);
    const watch = repo.start(["status", "--watch"]);
    await watch.saw("‖ paused");
    await done(repo, "resume", id, "--detach");
    await watch.saw("run: resumed");
    await one.finish();
    const { code, stdout } = await watch.ended;
    expect(code).toBe(0);
    expect(stdout).toContain("1/1 landed");
  });
});
