import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { test } from "../rig/puppet.ts";
import { config, eventually, gate, kill, type Repository, type Sandbox, type Started } from "../rig/sandbox.ts";

// Leases on names, through the command line: of what only one may use at a time.

interface Lock {
  readonly kind: string;
  readonly resource: string;
  readonly token: number;
  readonly stale: boolean;
  readonly owner: Readonly<Record<string, unknown>>;
}

async function leases(repo: Repository): Promise<Lock[]> {
  const { locks } = JSON.parse((await repo.run(["locks", "--json"])).stdout) as { locks: Lock[] };
  return locks.filter(({ kind }) => kind === "lease");
}

/** A command of a person that has the lease until a file is there. */
async function holding(sandbox: Sandbox, repo: Repository, name: string): Promise<Started> {
  const script = `touch '${sandbox.path("held")}'; until [ -e '${sandbox.path("go")}' ]; do sleep 0.02; done`;
  const started = repo.start(["lease", name, "--", "sh", "-c", script]);
  await eventually(() => existsSync(sandbox.path("held")), "the command");
  return started;
}

function checkLogs(sandbox: Sandbox): string[] {
  const runs = join(sandbox.home, "runs");
  return readdirSync(runs, { recursive: true, encoding: "utf8" }).filter((name) => /gates\/.*\.log$/.test(name));
}

describe("lease NAME -- COMMAND", () => {
  test("runs it with the lease, its token in the environment, and ends as it ends", async ({ sandbox }) => {
    const repo = sandbox.repository({ "a.txt": "a\n" });
    const first = await repo.run(["lease", "db", "--", "sh", "-c", 'echo "$NIGHTCREW_LEASES"; exit 7']);
    expect(first).toMatchObject({ code: 7, stdout: "db=1\n", stderr: "" });
    expect((await repo.run(["lease", "db", "--", "sh", "-c", "kill -9 $$"])).code).toBe(137);
    const missing = await repo.run(["lease", "db", "--", "there-is-no-such-program"]);
    expect(missing).toMatchObject({ code: 2 });
    expect(missing.stderr).toContain("could not be started: there-is-no-such-program");
    expect((await repo.run(["lease", "db", "--", "sh", "-c", 'echo "$NIGHTCREW_LEASES"'])).stdout).toBe("db=4\n");
  });

  test("waits for who has it, and says who; of another repository the same name is another lease", async ({
    sandbox,
  }) => {
    const repo = sandbox.repository({ "a.txt": "a\n" });
    const held = await holding(sandbox, repo, "db");
    const refused = await repo.run(["lease", "db", "--wait", "0", "--", "true"]);
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.stderr).toMatch(/The lease db was not to be had.*\n.*held by process \d+: sh -c touch/);
    expect((await repo.run(["lease", "db", "--", "true"], { AGENT_LOCK_TIMEOUT: "1" })).stderr).toContain(
      "within 1.0 s",
    );
    const other = sandbox.repository({ "b.txt": "b\n" }, "other");
    expect((await other.run(["lease", "db", "--wait", "0", "--", "echo", "its own"])).stdout).toBe("its own\n");
    const waiting = repo.start(["lease", "db", "--", "echo", "at last"]);
    sandbox.write("go", "");
    expect(await waiting.ended).toMatchObject({ code: 0, stdout: "at last\n" });
    expect((await held.ended).code).toBe(0);
  });

  test("is held as long as the command runs, though who took it was killed, and free at once when both are gone", async ({
    sandbox,
  }) => {
    const repo = sandbox.repository({ "a.txt": "a\n" });
    const held = await holding(sandbox, repo, "db");
    expect(await leases(repo)).toMatchObject([{ resource: "db", token: 1, stale: false, owner: { alive: true } }]);
    held.child.kill("SIGKILL");
    await new Promise((resolve) => held.child.once("exit", resolve));
    expect(await leases(repo)).toMatchObject([{ token: 1, stale: false, owner: { alive: true } }]);
    sandbox.write("go", "");
    await held.ended;
    await eventually(async () => (await leases(repo))[0]?.stale === true, "the command's end");
    expect((await repo.run(["lease", "db", "--wait", "0", "--", "true"])).code).toBe(0);
  });

  test("says what is wrong with a name, or that there is no command", async ({ sandbox }) => {
    const repo = sandbox.repository({ "a.txt": "a\n" });
    expect((await repo.run(["lease", "../db", "--", "true"])).stderr).toContain("Not a name of a lease: ../db");
    expect((await repo.run(["lease", "db"])).stderr).toContain("No command was given");
    const outside = sandbox.start(["lease", "db", "--", "true"], { cwd: sandbox.root });
    expect(await outside.ended).toMatchObject({ code: 2 });
  });
});

describe("leases of agents and checks", () => {
  test("let one of the agents that name it work at a time, also of two runs", async ({ sandbox, puppets }) => {
    const repo = sandbox.repository({
      "ROADMAP.md": "- [ ] one\n- [ ] two\n",
      "nightcrew.yaml": puppets.config(gate, "    leases: [db]\n"),
    });
    const run = repo.start(["run", "ROADMAP.md", "--yes"]);
    const first = await puppets.next();
    expect(await leases(repo)).toMatchObject([
      { resource: "db", token: 1, stale: false, owner: { run: first.run, task: "1", attempt: 1, agent: "puppet" } },
    ]);
    const other = repo.start(["run", "three", "--yes", "--json"]);
    await other.saw("waits: the lease db is held by");
    expect(puppets.names()).toEqual(["1-1"]);
    await first.finish();
    const second = await puppets.next();
    const heldNow = await leases(repo);
    expect(heldNow).toMatchObject([{ token: 2, owner: { run: second.run, task: second.task } }]);
    await second.finish();
    await (await puppets.next()).finish();
    expect((await run.ended).code).toBe(0);
    expect((await other.ended).code).toBe(0);
    expect(await leases(repo)).toEqual([]);
  });

  test("are free when a runner is killed: the task goes on in another attempt", async ({ sandbox, puppets }) => {
    const repo = sandbox.repository({ "a.txt": "a\n", "nightcrew.yaml": puppets.config(gate, "    leases: [db]\n") });
    const run = repo.start(["run", "one", "--yes"]);
    const first = await puppets.next();
    kill(first.runner, "SIGKILL");
    const second = await puppets.next();
    expect(await leases(repo)).toMatchObject([{ token: 2, stale: false, owner: { attempt: 2 } }]);
    await second.finish();
    expect((await run.ended).code).toBe(0);
  });

  test("that were taken over while an agent worked make its work count for nothing", async ({ sandbox, puppets }) => {
    const repo = sandbox.repository({ "a.txt": "a\n", "nightcrew.yaml": puppets.config(gate, "    leases: [db]\n") });
    const run = repo.start(["run", "one", "--yes"]);
    const first = await puppets.next();
    await first.write("late.txt", "late\n");
    const [folder = ""] = sandbox.find(sandbox.home, "db.1");
    writeFileSync(folder.replace(/1$/, "2"), "");
    await first.finish();
    const second = await puppets.next();
    expect(await leases(repo)).toMatchObject([{ token: 3, owner: { attempt: 2 } }]);
    await second.finish();
    expect((await run.ended).code).toBe(0);
    expect(repo.git("ls-tree", "--name-only", "main")).not.toContain("late.txt");
    expect((await repo.run(["report"])).stdout).toContain("its lease db was taken over by somebody else meanwhile");
  });

  test("keep a check from beginning as long as a person has it; what it waited does not count", async ({ sandbox }) => {
    const line = `echo "$NIGHTCREW_LEASES" > ${sandbox.path("seen")}; true`;
    const check = `{name: tests, run: '${line}', leases: [db, api]}`;
    const repo = sandbox.repository({
      "a.txt": "a\n",
      "nightcrew.yaml": config('echo x > "$NIGHTCREW_TASK.txt"', `gate: {checks: [${check}]}\n`),
    });
    const held = await holding(sandbox, repo, "db");
    const run = repo.start(["run", "one", "--yes"]);
    // It has the one and waits for the other.
    await eventually(
      async () => (await leases(repo)).some(({ resource }) => resource === "api"),
      "the check that waits",
    );
    expect(checkLogs(sandbox)).toEqual([]);
    expect(existsSync(sandbox.path("seen"))).toBe(false);
    sandbox.write("go", "");
    expect((await run.ended).code).toBe(0);
    expect((await held.ended).code).toBe(0);
    expect(readFileSync(sandbox.path("seen"), "utf8")).toBe("api=1,db=2\n");
  });

  test("that a check does not get in time leave the change held, and name the holder", async ({ sandbox }) => {
    const check = `{name: tests, run: 'true', timeout: 1s, leases: [db]}`;
    const repo = sandbox.repository({
      "a.txt": "a\n",
      "nightcrew.yaml": config('echo x > "$NIGHTCREW_TASK.txt"', `gate: {checks: [${check}]}\n`),
    });
    const held = await holding(sandbox, repo, "db");
    const run = await repo.run(["run", "one", "--yes"]);
    expect(run.code).toBe(1);
    expect(run.stdout).toMatch(/the lease db is held by process \d+/);
    expect(repo.landings()).toHaveLength(0);
    sandbox.write("go", "");
    await held.ended;
  });

  test("with a name that cannot be one is an error before anything starts", async ({ sandbox }) => {
    const repo = sandbox.repository({
      "a.txt": "a\n",
      "nightcrew.yaml": config("true", gate.replace("kind: test", "kind: test, leases: ['a/b']")),
    });
    const run = await repo.run(["run", "one", "--yes"]);
    expect(run).toMatchObject({ code: 2 });
    expect(run.stderr).toContain("letters, digits, dashes and underscores only");
  });
});
