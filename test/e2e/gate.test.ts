import { describe, expect } from "vitest";
import { config, gate, jsonLines, test } from "../rig/sandbox.ts";

const writesItsFile = 'echo "$NIGHTCREW_TASK" > "$NIGHTCREW_TASK.txt"';
const oneTask = "- [ ] one\n";

/** nightcrew.yaml with this gate. */
function gated(run: string, kind = "command", script = writesItsFile): string {
  return config(script, `gate:\n  checks:\n    - {name: check, run: ${JSON.stringify(run)}, kind: ${kind}}\n`);
}

describe("a gate that cannot judge", () => {
  test.for([
    ["exits 127", "exit 127", "command", "its command was not found"],
    ["exits 126", "exit 126", "command", "could not be executed"],
    ["runs no test where tests were expected", "true", "test", "no test was seen to run"],
    [
      "is a test runner that found nothing",
      "echo 'no tests ran in 0.01s'; exit 5",
      "command",
      "no test was seen to run",
    ],
    ["reports zero tests with exit code 0", "echo '0 passed, 0 failed'", "test", "no test was seen to run"],
  ] as const)(
    "%s: blocked, nothing lands, the agent is not tried again",
    async ([, run, kind, reason], { sandbox }) => {
      const repo = sandbox.repository({ "ROADMAP.md": oneTask, "nightcrew.yaml": gated(run, kind) });
      const before = repo.git("rev-parse", "main");
      const result = await repo.run(["run", "ROADMAP.md", "--yes"]);
      expect(result.code).toBe(1);
      expect(result.stdout).toContain("0 of 1 task landed on main; 1 held");
      expect(result.stdout).toContain(reason);
      expect(result.stdout.match(/attempt \d+ \(sh\)/g)).toHaveLength(1);
      expect(repo.git("rev-parse", "main")).toBe(before);
      expect(repo.git("branch", "--list", "nightcrew/*")).toContain("/1-1");
    },
  );
});

describe("a gate that fails", () => {
  test("on the target too is a red base: held, not counted against the agent", async ({ sandbox }) => {
    const repo = sandbox.repository({
      "ROADMAP.md": oneTask,
      broken: "",
      "nightcrew.yaml": config(writesItsFile, gate),
    });
    const result = await repo.run(["run", "ROADMAP.md", "--yes"]);
    expect(result.code).toBe(1);
    expect(result.stdout).toContain("check “tests” fails on the target itself, without this change");
    expect(result.stdout.match(/attempt \d+ \(sh\)/g)).toHaveLength(1);
  });

  test("because the base is red: what was held is judged again when a task mends it", async ({ sandbox }) => {
    const meeting = sandbox.path("held");
    // The second task mends the base only after the first was held, which its gate log shows.
    const script = `case $NIGHTCREW_TASK in
      1) ${writesItsFile} ;;
      2) until ls ${sandbox.home}/runs/*/gates/*-base/journal.jsonl >/dev/null 2>&1; do sleep 0.02; done; touch '${meeting}'; rm broken ;; esac`;
    const repo = sandbox.repository({
      "ROADMAP.md": "- [ ] one\n- [ ] mend\n",
      broken: "",
      "nightcrew.yaml": config(script, gate),
    });
    const result = await repo.run(["run", "ROADMAP.md", "--yes"]);
    expect(result.stdout).toContain("All 2 tasks landed on main.");
    expect(result.code).toBe(0);
  });

  test("judges the merged tree, not the branch: green alone and red together does not land", async ({ sandbox }) => {
    const meeting = sandbox.path("meeting");
    const script = `mkdir -p '${meeting}'; touch '${meeting}/'$NIGHTCREW_TASK; until [ -e '${meeting}/1' ] && [ -e '${meeting}/2' ]; do sleep 0.02; done
      test -e 1.txt || test -e 2.txt || ${writesItsFile}`;
    const run = 'test ! -e 1.txt || test ! -e 2.txt; test $? = 0 && echo "1 passed, 0 failed"';
    const repo = sandbox.repository({
      "ROADMAP.md": "- [ ] one\n- [ ] two\n",
      "nightcrew.yaml": gated(run, "test", script),
    });
    const result = await repo.run(["run", "ROADMAP.md", "--yes"]);
    expect(result.code).toBe(1);
    expect(result.stdout).toContain("1 of 2 tasks landed on main; 1 failed");
    expect(result.stdout).toContain("check “check” failed");
  });

  test("by its time limit is a failure, and nothing of it goes on running", async ({ sandbox }) => {
    const yaml = config(
      writesItsFile,
      "attempts: 1\ngate:\n  checks:\n    - {name: slow, run: 'test ! -e 1.txt || (setsid sleep 300 & sleep 300)', kind: command, timeout: 3s}\n",
    );
    const repo = sandbox.repository({ "ROADMAP.md": oneTask, "nightcrew.yaml": yaml });
    const result = await repo.run(["run", "ROADMAP.md", "--yes"]);
    expect(result.stdout).toContain("check “slow” failed (no end within 3000 ms, 2 of 2 times)");
    expect(await sandbox.left()).toEqual([]);
  });

  test("leaves later checks unrun, and the log says which one it was", async ({ sandbox }) => {
    const yaml = config(
      writesItsFile,
      "attempts: 1\ngate:\n  checks:\n    - {name: first, run: 'true'}\n    - {name: second, run: 'test ! -e 1.txt || (echo reason; exit 3)'}\n    - {name: third, run: 'touch /nowhere/never'}\n",
    );
    const repo = sandbox.repository({ "ROADMAP.md": oneTask, "nightcrew.yaml": yaml });
    const result = await repo.run(["run", "ROADMAP.md", "--yes"]);
    expect(result.stdout).toContain("check “second” failed (exit code 3, 2 of 2 times)");
    const logs = await repo.run(["logs", "1"]);
    expect(logs.stdout).toContain("reason");
    // In the order in which they were run.
    expect(logs.stdout.match(/gate on the merged tree: .*(?= ──)/g)).toEqual(
      ["check 1", "check 2", "check 2, run again"].map((check) => `gate on the merged tree: ${check}`),
    );
    expect(logs.stdout).not.toContain("nowhere");
  });
});

describe("a flaky check", () => {
  /** Fails as often as it is told, counting outside of its workspace; what it leaves in it would make it pass. */
  const flaky = (count: string, failures: number): string =>
    `test ! -e 1.txt && { echo "1 passed, 0 failed"; exit 0; }; test -e deps/lib || exit 9; echo x >> '${count}'; test -e left && touch '${count}.left'; touch left left.ignored; [ $(wc -l < '${count}') -gt ${failures} ] && echo "1 passed, 0 failed"`;

  const yaml = (run: string, more = ""): string =>
    config(
      writesItsFile,
      `attempts: 1\ngate:\n  checks:\n    - {name: before, run: 'mkdir deps; touch deps/lib'}\n    - {name: shaky, run: ${JSON.stringify(run)}, kind: test}\n${more}`,
    );

  test("is run again in a clean workspace, passes, and is named in every report", async ({ sandbox }) => {
    const count = sandbox.path("count");
    const repo = sandbox.repository({
      "ROADMAP.md": oneTask,
      ".gitignore": "deps\n*.ignored\n",
      "nightcrew.yaml": yaml(flaky(count, 1)),
    });
    const result = await repo.run(["run", "ROADMAP.md", "--yes"]);
    expect(result.code).toBe(0);
    expect(result.stdout).toContain("“shaky” is flaky: failed 1 of 2 times (exit code 1) on the same tree");
    expect(sandbox.read("count")).toBe("x\nx\n");
    expect(() => sandbox.read("count.left")).toThrow("ENOENT");
    expect((await repo.run(["report", "--markdown"])).stdout).toContain("“shaky” is flaky: failed 1 of 2 times");
  });

  test("is run again as often as it is said, and not at all with 0", async ({ sandbox }) => {
    const [count, other] = [sandbox.path("count"), sandbox.path("other")];
    const repo = sandbox.repository({
      "ROADMAP.md": oneTask,
      "nightcrew.yaml": yaml(flaky(count, 9), "  flaky: {reruns: 2}\n"),
    });
    const thrice = await repo.run(["run", "ROADMAP.md", "--yes"]);
    expect(thrice.stdout).toContain("check “shaky” failed (exit code 1, 3 of 3 times)");
    expect(sandbox.read("count")).toBe("x\nx\nx\n");
    repo.write("nightcrew.yaml", yaml(flaky(other, 9), "  flaky: {reruns: 0}\n"));
    const once = await repo.run(["run", "ROADMAP.md", "--yes"]);
    expect(once.stdout).toContain("check “shaky” failed (exit code 1)");
    expect(sandbox.read("other")).toBe("x\n");
  });

  test("that changed what is tracked is run again in a workspace made anew", async ({ sandbox }) => {
    const count = sandbox.path("count");
    const repo = sandbox.repository({
      "ROADMAP.md": oneTask,
      "state.txt": "0\n",
      "nightcrew.yaml": yaml(
        `[ $(cat state.txt) = 0 ] || touch '${count}.left'; echo 1 > state.txt; ${flaky(count, 1)}`,
      ),
    });
    expect((await repo.run(["run", "ROADMAP.md", "--yes"])).code).toBe(0);
    expect(() => sandbox.read("count.left")).toThrow("ENOENT");
  });
});

describe("a check in quarantine", () => {
  test("is run, does not count, and every report says so", async ({ sandbox }) => {
    const repo = sandbox.repository({
      "ROADMAP.md": oneTask,
      "nightcrew.yaml": config(
        writesItsFile,
        "gate:\n  checks:\n    - {name: bad, run: exit 3, quarantined: true}\n    - {name: good, run: 'true'}\n",
      ),
    });
    const result = await repo.run(["run", "ROADMAP.md", "--yes"]);
    expect(result.code).toBe(0);
    expect(result.stdout).toContain("The task landed on main. QUARANTINED, and not counted: “bad”.");
    expect(result.stdout).toContain("exit 3 (QUARANTINED)");
    const report = (await repo.run(["report", "--markdown"])).stdout;
    expect(report).toContain("QUARANTINED: “bad” does not count: it did not pass 1 of 1 time");
    expect(report).toContain("“bad” did not pass (exit code 3), which does not count: it is quarantined");
  });

  test("cannot be all there is", async ({ sandbox }) => {
    const repo = sandbox.repository({
      "ROADMAP.md": oneTask,
      "nightcrew.yaml": config(writesItsFile, "gate: {checks: [{run: 'true', quarantined: true}]}\n"),
    });
    const result = await repo.run(["run", "ROADMAP.md", "--yes"]);
    expect(result.code).toBe(2);
    expect(result.stderr).toContain("all are quarantined: nothing would be checked");
  });
});

describe("a gate", () => {
  test("runs in a work tree of its own with exactly the tree that lands, tick included", async ({ sandbox }) => {
    const seen = sandbox.path("seen");
    const run = `cp -r . '${seen}'; echo "1 passed, 0 failed"`;
    const repo = sandbox.repository({
      "ROADMAP.md": oneTask,
      ".gitignore": "junk\n",
      "nightcrew.yaml": gated(run, "test", `${writesItsFile}; touch junk`),
    });
    const result = await repo.run(["run", "ROADMAP.md", "--yes"]);
    expect(result.code).toBe(0);
    expect(sandbox.read("seen/ROADMAP.md")).toBe("- [x] one\n");
    expect(repo.git("ls-tree", "-r", "--name-only", "main").split("\n")).toEqual([
      ".gitignore",
      "1.txt",
      "ROADMAP.md",
      "nightcrew.yaml",
    ]);
    expect(() => sandbox.read("seen/junk")).toThrow("ENOENT");
  });

  test("comes from the configuration at submission: a change cannot alter it", async ({ sandbox }) => {
    const script = `printf 'agents: {}\\n' > nightcrew.yaml; touch broken`;
    const repo = sandbox.repository({
      "ROADMAP.md": oneTask,
      "nightcrew.yaml": config(script, `attempts: 1\npolicy: off\n${gate}`),
    });
    const result = await repo.run(["run", "ROADMAP.md", "--yes"]);
    expect(result.stdout).toContain("check “tests” failed");
    expect(result.code).toBe(1);
  });

  test("that judged a tree green is not run on it again", async ({ sandbox }) => {
    const count = sandbox.path("count");
    const run = `echo run >> '${count}'; echo "1 passed, 0 failed"`;
    const repo = sandbox.repository({ "nightcrew.yaml": gated(run, "test") });
    await repo.run(["run", "Same work", "--yes"]);
    repo.git("reset", "--hard", "--quiet", "HEAD~1");
    const again = await repo.run(["run", "Same work", "--yes", "--json"]);
    expect(again.code).toBe(0);
    expect(sandbox.read("count")).toBe("run\n");
    const passed = jsonLines(again.stdout).find(
      (line) => (line["event"] as { body?: { type: string } } | undefined)?.body?.type === "gate.passed",
    );
    expect(passed).toMatchObject({ event: { body: { cached: true } } });
  });

  test("none lands unchecked, and every report repeats it", async ({ sandbox }) => {
    const repo = sandbox.repository({ "ROADMAP.md": oneTask, "nightcrew.yaml": config(writesItsFile) });
    const result = await repo.run(["run", "ROADMAP.md", "--yes", "--gate", "none"]);
    expect(result.code).toBe(0);
    expect(result.stdout).toContain("gate           NONE: nothing is checked before it lands");
    expect(result.stdout).toContain(
      "The task landed on main. Nothing was gated: the run was started with --gate none.",
    );
    expect((await repo.run(["report", "--markdown"])).stdout).toContain("gate: NONE (--gate none)");
  });

  test("is found in the project: package.json scripts", async ({ sandbox }) => {
    const repo = sandbox.repository({
      "ROADMAP.md": oneTask,
      "package.json": '{"scripts":{"test":"node --test"}}',
      "a.test.js": 'require("node:test").test("a", () => {});\n',
      "nightcrew.yaml": config(writesItsFile),
    });
    const result = await repo.run(["run", "ROADMAP.md", "--yes"]);
    expect(result.code).toBe(0);
    expect(result.stdout).toContain("1 passed");
  });
});
