import { chmodSync, existsSync, readFileSync } from "node:fs";
import { describe, expect } from "vitest";
import type { Notice } from "../../src/domain/alert.ts";
import {
  breaksInTurn,
  config,
  eventually,
  gate,
  jsonLinesIn,
  kill,
  test,
  type Repository,
  type Sandbox,
} from "../rig/sandbox.ts";

// The person's own program, told by a real daemon of real runs that go wrong.

/** One line for each notice, in the order they came. */
function listens(sandbox: Sandbox, script = ""): void {
  sandbox.write("home/alert", `#!/bin/sh\n${script}\ncat >> '${sandbox.root}/notices'\n`);
  chmodSync(sandbox.path("home/alert"), 0o700);
}

const notices = (sandbox: Sandbox): Notice[] => jsonLinesIn(sandbox.path("notices")) as unknown as Notice[];

const kinds = (sandbox: Sandbox): string[] => notices(sandbox).map(({ kind }) => kind);

/** Breaks what is validated, which the gate does not see. */
const breaking = 'touch "late-$NIGHTCREW_TASK"; echo x > "$NIGHTCREW_TASK.txt"';
const secret = ["ghp_", "a8Zk29dkQpLm47Xc01VbNn56TtYy83Ww"].join("");
const validation = (more = ""): string => `validate: {run: 'ls; echo ${secret}; test -z "$(ls | grep late)"'${more}}\n`;

function world(sandbox: Sandbox, tasks: number, more: string, script = breaking): Repository {
  const roadmap = Array.from({ length: tasks }, (_, index) => `- [ ] Task ${index + 1}\n`).join("");
  return sandbox.repository({
    "ROADMAP.md": roadmap,
    "nightcrew.yaml": `workers: 1\nattempts: 1\n${config(script, `${gate}${more}`)}`,
  });
}

const go = (repo: Repository): ReturnType<Repository["run"]> => repo.run(["run", "ROADMAP.md", "--yes"]);

describe("a person's program is told", () => {
  test("of a landing that was taken back, with its receipt, and of the run's end", async ({ sandbox }) => {
    listens(sandbox);
    const repo = world(sandbox, 1, validation());
    expect((await go(repo)).code).toBe(1);
    await eventually(() => notices(sandbox).length === 2, "two notices");
    const [reverted, ended] = notices(sandbox);
    expect(reverted).toMatchObject({
      version: 1,
      kind: "reverted",
      repository: repo.path,
      target: "main",
      run: sandbox.newestRun(),
      task: "1",
      title: "Task 1",
      commit: repo.git("rev-parse", "main"),
      next: `nightcrew report ${sandbox.newestRun()}`,
    });
    expect(reverted?.why).toContain("failed on the target with it");
    expect(reverted?.log).toContain("late-1");
    expect(ended).toMatchObject({ kind: "run-ended", task: null, what: "the run has ended: 0 of 1 landed" });
    expect(readFileSync(sandbox.path("notices"), "utf8")).not.toContain(secret);
    expect((await repo.run(["report"])).stdout).not.toContain("reached nobody");
  });

  test("once of a queue that halts", async ({ sandbox }) => {
    listens(sandbox);
    const repo = world(sandbox, 4, `${validation()}queue: {history: every-change}\n`, breaksInTurn(sandbox));
    expect((await go(repo)).code).toBe(4);
    await eventually(() => kinds(sandbox).includes("run-ended"), "the run's end");
    expect(kinds(sandbox).toSorted()).toEqual(["queue-halted", "reverted", "reverted", "reverted", "run-ended"]);
    const halted = notices(sandbox).find(({ kind }) => kind === "queue-halted");
    expect(halted).toMatchObject({ task: null, next: "nightcrew queue resume" });
  });

  test("of a target that is red and stays so", async ({ sandbox }) => {
    listens(sandbox);
    const repo = world(sandbox, 1, validation(", rollback: false"));
    await go(repo);
    await eventually(() => kinds(sandbox).length > 0, "a notice");
    expect(notices(sandbox)[0]).toMatchObject({ kind: "target-red", task: "1", commit: null });
  });

  test("of an agent that waits for a word, and of a cap that stopped the run", async ({ sandbox }) => {
    listens(sandbox);
    const asks = '{"type":"permission","asked":"to push","answer":"waiting"}';
    const spends = '{"type":"usage","cost":2,"currency":"USD"}';
    const script = `echo '${asks}'; until [ -s '${sandbox.root}/notices' ]; do sleep 0.02; done; echo '${spends}'; sleep 60`;
    const repo = world(sandbox, 1, "budget: {run: 1}\n", script);
    expect((await go(repo)).code).toBe(3);
    await eventually(() => kinds(sandbox).length === 3, "three notices");
    expect(kinds(sandbox)).toEqual(["agent-asks", "budget-reached", "run-ended"]);
    const [asking, , ended] = notices(sandbox);
    expect(asking?.why).toContain("to push");
    expect(asking?.next).toContain(`nightcrew approve ${sandbox.newestRun()}/1`);
    expect(ended?.why).toContain("cap of 1.00 USD");
  });

  test("of a conflict that stopped the run", async ({ sandbox }) => {
    listens(sandbox);
    const here = `touch '${sandbox.root}'/here-$NIGHTCREW_TASK; until [ "$(ls '${sandbox.root}' | grep -c here-)" = 2 ]; do sleep 0.02; done`;
    const repo = world(sandbox, 2, "onConflict: stop\n", `${here}; echo "$NIGHTCREW_TASK" > shared`);
    repo.commit({ "nightcrew.yaml": repo.read("nightcrew.yaml").replace("workers: 1", "workers: 2") }, "Two");
    await go(repo);
    await eventually(() => kinds(sandbox).includes("run-stopped"), "a notice");
    const stopped = notices(sandbox).find(({ kind }) => kind === "run-stopped");
    expect(stopped?.why).toContain("conflicts with what landed meanwhile in shared");
    expect(stopped?.next).toBe(`nightcrew resume ${sandbox.newestRun()}`);
  });

  test("nothing where all went well", async ({ sandbox }) => {
    listens(sandbox);
    const repo = world(sandbox, 1, "", 'echo x > "$NIGHTCREW_TASK.txt"');
    expect((await go(repo)).code).toBe(0);
    expect((await repo.run(["alert", "--test"])).code).toBe(0);
    expect(kinds(sandbox)).toEqual(["test"]);
  });

  test("again, under the same id, where the daemon died before it knew", async ({ sandbox }) => {
    listens(
      sandbox,
      `echo "$NIGHTCREW_ALERT" >> '${sandbox.root}/begun'; until [ -e '${sandbox.root}/go' ]; do sleep 0.02; done`,
    );
    const repo = world(sandbox, 1, "", "exit 1");
    expect((await go(repo)).code).toBe(1);
    const begun = (): string[] =>
      existsSync(sandbox.path("begun")) ? readFileSync(sandbox.path("begun"), "utf8").trim().split("\n") : [];
    await eventually(() => begun().length === 1, "it is being told");
    kill(await sandbox.daemonPid(), "SIGKILL");
    sandbox.write("go", "");
    expect((await repo.run(["status"])).code).toBe(0);
    await eventually(() => begun().length === 2 && notices(sandbox).length > 0, "it is told again");
    expect(new Set(begun())).toHaveLength(1);
    expect(new Set(notices(sandbox).map(({ id }) => id))).toEqual(new Set(begun()));
  });
});

describe("a program that does not take an alert", () => {
  test.for([
    ["fails", "5m", "echo no such channel >&2; exit 3", "exit code 3: no such channel"],
    ["hangs, with what it started", "1s", "sleep 1000 & sleep 1000", "not done within 1.0 s"],
    ["floods", "5m", "head -c 50000000 /dev/zero | tr '\\0' x; exit 1", "exit code 1: xxx"],
  ] as const)("because it %s is told of, and changes nothing else", async ([, limit, script, why], { sandbox }) => {
    listens(sandbox, script);
    sandbox.env["NIGHTCREW_ALERT_TIMEOUT"] = limit;
    const repo = world(sandbox, 1, "", "exit 1");
    expect((await go(repo)).code).toBe(1);
    const run = sandbox.newestRun();
    const told = async (): Promise<boolean> => (await repo.run(["logs", run])).stdout.includes(why);
    await eventually(told, "it is in the log");
    expect((await repo.run(["report"])).stdout).toContain("an alert (run-ended) reached nobody");
    expect((await repo.run(["daemon", "logs"])).stdout).toContain(why);
    expect(notices(sandbox)).toEqual([]);
  });

  test("because others can write it, or it cannot be executed, is not run", async ({ sandbox }) => {
    const repo = world(sandbox, 1, "", "exit 1");
    const none = await repo.run(["alert"]);
    expect([none.code, none.stdout]).toEqual([0, "no program is told of alerts\n"]);
    expect((await repo.run(["alert", "--test"])).code).toBe(2);
    listens(sandbox);
    for (const [mode, why] of [
      [0o722, "others can write"],
      [0o600, "cannot be executed"],
    ] as const) {
      chmodSync(sandbox.path("home/alert"), mode);
      const shown = await repo.run(["alert", "--test"]);
      expect([shown.code, shown.stdout]).toEqual([2, expect.stringContaining(why)]);
      expect((await repo.run(["doctor"])).stdout).toMatch(new RegExp(`warning +alerts .*${why}`));
    }
    chmodSync(sandbox.path("home/alert"), 0o700);
    expect((await repo.run(["doctor"])).stdout).toMatch(/ok +alerts .*alert/);
    expect(notices(sandbox)).toEqual([]);
  });
});
