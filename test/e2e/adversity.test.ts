import { chmodSync, readFileSync, renameSync } from "node:fs";
import { describe, expect } from "vitest";
import { config, eventually, gate, kill, test } from "../rig/sandbox.ts";

const writesItsFile = 'echo "$NIGHTCREW_TASK" > "$NIGHTCREW_TASK.txt"';

describe("tasks", () => {
  test("whose ids begin alike do not end each other's agents, nor show each other's logs", async ({ sandbox }) => {
    const go = sandbox.path("go");
    const script = `case $NIGHTCREW_TASK in
      auth) echo from auth ;;
      *) echo from auth-1; until [ -e '${go}' ]; do sleep 0.02; done ;; esac; ${writesItsFile}`;
    const text = "- [ ] one\n  ID: auth\n- [ ] two\n  ID: auth-1\n- [ ] three\n  ID: last\n  Depends on: auth\n";
    // The last one has it end, and comes itself when that has landed: by a gate of its own, not by one with others.
    const last = `touch '${go}'; until git -C '${sandbox.path("repo")}' cat-file -e main:auth-1.txt 2>/dev/null; do sleep 0.02; done`;
    const repo = sandbox.repository({
      "ROADMAP.md": text,
      "nightcrew.yaml": config(
        script.replace("auth) echo", () => `last) ${last} ;; auth) echo`),
        gate,
      ),
    });
    const run = await repo.run(["run", "ROADMAP.md", "--yes"]);
    expect(run.stdout).toContain("All 3 tasks landed on main.");
    expect(run.stdout).not.toContain("SIGKILL");
    const logs = await repo.run(["logs", "auth-1"]);
    expect(logs.stdout).toContain("from auth-1");
    expect(logs.stdout.match(/gate on the merged tree/g)).toHaveLength(1);
  });
});

describe("an agent", () => {
  test("that removes its outbox loses nothing by it", async ({ sandbox }) => {
    const repo = sandbox.repository({
      "ROADMAP.md": "- [ ] one\n",
      "nightcrew.yaml": config(`rm -rf "$NIGHTCREW_OUTBOX"; ${writesItsFile}`, gate),
    });
    const run = await repo.run(["run", "ROADMAP.md", "--yes"]);
    expect(run.stdout).toContain("The task landed on main.");
    expect(run.stdout.match(/attempt \d \(sh\)/g)).toHaveLength(1);
  });

  test("may commit large files, where the task asks for them", async ({ sandbox }) => {
    const script = `head -c 70000000 /dev/urandom > large.bin; git add large.bin; git commit -qm large`;
    const roadmap = "- [ ] one\n  **Files**: `large.bin`\n";
    const repo = sandbox.repository({ "ROADMAP.md": roadmap, "nightcrew.yaml": config(script, gate) });
    const run = await repo.run(["run", "ROADMAP.md", "--yes"]);
    expect(run.stdout).toContain("The task landed on main.");
    expect(repo.git("cat-file", "-s", "main:large.bin")).toBe("70000000");
  });

  test("that clears its environment does not outlive its runner in the next attempt's work tree", async ({
    sandbox,
  }) => {
    const script = `[ $NIGHTCREW_ATTEMPT = 1 ] || { echo done > 1.txt; exit 0; }
      touch '${sandbox.root}/begun'; env -i HOME="$HOME" PATH="$PATH" sh -c 'while :; do echo late > late.txt; sleep 0.05; done'`;
    const repo = sandbox.repository({ "ROADMAP.md": "- [ ] one\n", "nightcrew.yaml": config(script, gate) });
    const run = repo.start(["run", "ROADMAP.md", "--yes", "--json"]);
    await eventually(
      () => sandbox.find(sandbox.root, "begun").length > 0 && sandbox.find(sandbox.home, "late.txt").length > 0,
      "the agent",
    );
    const [claim = ""] = sandbox.find(sandbox.home, "claim");
    process.kill((JSON.parse(readFileSync(claim, "utf8")) as { pid: number }).pid, "SIGKILL");
    expect((await run.ended).code).toBe(0);
    expect(repo.git("ls-tree", "--name-only", "main")).not.toContain("late.txt");
  });
});

describe("a gate", () => {
  test("that prints a line of half a megabyte is read to its end", async ({ sandbox }) => {
    const run = `test ! -e 1.txt || { head -c 500000 /dev/zero | tr '\\0' x; echo; exit 1; }`;
    const yaml = config(
      writesItsFile,
      `attempts: 1\ngate:\n  checks:\n    - {name: check, run: ${JSON.stringify(run)}}\n`,
    );
    const repo = sandbox.repository({ "ROADMAP.md": "- [ ] one\n", "nightcrew.yaml": yaml });
    const result = await repo.run(["run", "ROADMAP.md", "--yes"]);
    expect(result.code).toBe(1);
    expect(result.stdout).toContain("check “check” failed (exit code 1, 2 of 2 times)");
  });
});

describe("a home", () => {
  test("is not blocked by a run whose repository is gone", async ({ sandbox }) => {
    const gone = sandbox.repository(
      { "ROADMAP.md": "- [ ] one\n", "nightcrew.yaml": config(`touch '${sandbox.root}/begun'; sleep 300`, gate) },
      "gone",
    );
    await gone.run(["run", "ROADMAP.md", "--yes", "--detach"]);
    await eventually(() => sandbox.find(sandbox.root, "begun").length > 0, "the agent");
    for (const pid of sandbox.processes()) kill(pid, "SIGKILL");
    renameSync(gone.path, sandbox.path("moved"));
    const [id = ""] = /\d{8}-\d{6}-[0-9a-f]{8}/.exec((await sandbox.nightcrew(["runs"])).stdout) ?? [];
    expect((await sandbox.nightcrew(["cancel", id])).code).toBe(0);
    const other = sandbox.repository({ "ROADMAP.md": "- [ ] one\n", "nightcrew.yaml": config(writesItsFile, gate) });
    expect((await other.run(["run", "ROADMAP.md", "--yes"])).code).toBe(0);
  });

  test("that cannot be written is refused with the way out", async ({ sandbox }) => {
    const repo = sandbox.repository({ "ROADMAP.md": "- [ ] one\n", "nightcrew.yaml": config(writesItsFile, gate) });
    const file = sandbox.write("file", "not a folder");
    chmodSync(file, 0o444);
    const run = await repo.run(["run", "ROADMAP.md", "--yes"], { NIGHTCREW_HOME: `${file}/home` });
    expect(run.code).toBe(2);
    expect(run.stderr).toContain("NIGHTCREW_HOME");
  });
});

describe("a target", () => {
  test("that stands for another branch is refused", async ({ sandbox }) => {
    const repo = sandbox.repository({ "ROADMAP.md": "- [ ] one\n", "nightcrew.yaml": config(writesItsFile, gate) });
    repo.git("symbolic-ref", "refs/heads/old", "refs/heads/main");
    const run = await repo.run(["run", "ROADMAP.md", "--yes", "--target", "old"]);
    expect(run.code).toBe(2);
    expect(run.stderr).toContain("old is not a branch of its own");
  });
});
