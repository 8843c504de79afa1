import { existsSync } from "node:fs";
import { describe, expect } from "vitest";
import { config, gate, jsonLines, test } from "../rig/sandbox.ts";

const roadmap = `# Road

## Phase 1: First

> **Priority**: HIGH

- [ ] **Make a**
  **Files**: \`1.1.txt\`
  Acceptance:
  - it is there
- [ ] **Make b**

## Phase 2: Second

- [ ] **Make c**
- [x] **Old**
`;

const writesItsFile = 'echo "$NIGHTCREW_TASK" > "$NIGHTCREW_TASK.txt"';

describe("a roadmap", () => {
  test("is done, gated, landed, ticked and reported", async ({ sandbox }) => {
    const repo = sandbox.repository({ "ROADMAP.md": roadmap, "nightcrew.yaml": config(writesItsFile, gate) });
    const before = repo.git("rev-parse", "HEAD");

    const run = await repo.run(["run", "ROADMAP.md", "--yes"]);

    expect(run.stderr).toBe("");
    expect(run.stdout).toContain("All 3 tasks landed on main.");
    expect(run.code).toBe(0);
    expect(repo.landings(`${before}..main`)).toHaveLength(3);
    expect(repo.read("ROADMAP.md")).toBe(roadmap.replaceAll("[ ]", "[x]"));
    expect(["1.1", "1.2", "2.1"].map((id) => repo.read(`${id}.txt`))).toEqual(["1.1\n", "1.2\n", "2.1\n"]);
    expect(repo.git("status", "--porcelain")).toBe("");
    expect(repo.git("stash", "list")).toBe("");
    expect(repo.git("worktree", "list").split("\n")).toHaveLength(1);
  });

  test("ticks a box in the commit that lands its task, and no other byte of the file", async ({ sandbox }) => {
    const repo = sandbox.repository({ "ROADMAP.md": roadmap, "nightcrew.yaml": config(writesItsFile, gate) });
    await repo.run(["run", "ROADMAP.md", "--yes"]);
    const landings = repo.landings();
    expect(landings).toHaveLength(3);
    for (const commit of landings) {
      const before = repo.show(`${commit}^1`, "ROADMAP.md");
      const after = repo.show(commit, "ROADMAP.md");
      const changed = Array.from(before).filter((character, index) => character !== after[index]);
      expect(changed).toEqual([" "]);
      expect(after).toHaveLength(before.length);
    }
  });

  test("has machine-readable trailers on every landing and on the agent's commit", async ({ sandbox }) => {
    const script = `${writesItsFile}; echo '{"type":"usage","cost":0.25,"currency":"USD","input_tokens":5}'`;
    const repo = sandbox.repository({ "ROADMAP.md": "- [ ] one\n", "nightcrew.yaml": config(script, gate) });
    const run = await repo.run(["run", "ROADMAP.md", "--yes", "--json"]);
    const report = jsonLines(run.stdout).at(-1)?.["report"] as {
      run: string;
      totals: { cost: number; currency: string };
    };
    const trailers = (revision: string): string => repo.git("log", "-1", "--format=%(trailers:only,unfold)", revision);
    expect(trailers("main")).toContain(`Nightcrew-Run: ${report.run}\nNightcrew-Task: 1\nNightcrew-Attempt: 1`);
    expect(trailers("main^2")).toContain("Nightcrew-Agent: sh\nNightcrew-Cost: 0.25 USD");
    expect(report.totals).toMatchObject({ cost: 0.25, currency: "USD" });
    expect(repo.git("rev-parse", `nightcrew/${report.run}/1-1`)).toBe(repo.git("rev-parse", "main^2"));
  });

  test("runs independent tasks side by side, and dependent ones after what they need", async ({ sandbox }) => {
    const meeting = sandbox.path("meeting");
    // Each of the first two waits until the other is there: alone, neither would end.
    const script = `mkdir -p '${meeting}'; touch '${meeting}/'"$NIGHTCREW_TASK"
      case $NIGHTCREW_TASK in
        1|2) until [ -e '${meeting}/1' ] && [ -e '${meeting}/2' ]; do sleep 0.02; done ;;
        3) test -e 1.txt && test -e 2.txt || exit 3 ;;
      esac; ${writesItsFile}`;
    const text = "- [ ] one\n- [ ] two\n- [ ] three\n  Depends on: one, two\n";
    const repo = sandbox.repository({ "ROADMAP.md": text, "nightcrew.yaml": config(script, gate) });
    const run = await repo.run(["run", "ROADMAP.md", "--yes", "--workers", "2"]);
    expect(run.stdout).toContain("All 3 tasks landed");
  });

  test("serves higher priority first when workers are few", async ({ sandbox }) => {
    const text = "- [ ] low\n  Priority: low\n- [ ] critical\n  Priority: critical\n- [ ] medium\n";
    const repo = sandbox.repository({ "ROADMAP.md": text, "nightcrew.yaml": config(writesItsFile, gate) });
    const run = await repo.run(["run", "ROADMAP.md", "--yes", "--workers", "1", "--json"]);
    const started = jsonLines(run.stdout)
      .map((line) => line["event"] as { task: string; body: { type: string } } | undefined)
      .filter((event) => event?.body.type === "attempt.started")
      .map((event) => event?.task);
    expect(started).toEqual(["2", "3", "1"]);
  });
});

describe("what an agent is given", () => {
  test("is its task, the rules and an environment of allowed names; no terminal, no stdin", async ({ sandbox }) => {
    const script = `cp "$NIGHTCREW_TASK_FILE" "$NIGHTCREW_TASK.md"; env | sort > "$NIGHTCREW_TASK.env"
      (: < /dev/tty) 2>/dev/null && echo terminal > "$NIGHTCREW_TASK.tty"; cat > "$NIGHTCREW_TASK.stdin"
      cut -d' ' -f1,6 /proc/$$/stat > "$NIGHTCREW_TASK.session"; test -d "$NIGHTCREW_OUTBOX"; touch 1.1.txt`;
    const repo = sandbox.repository({
      "ROADMAP.md": roadmap,
      "nightcrew.yaml": config(script, gate).replace("    command", "    env: [NAMED]\n    command"),
    });
    await repo.run(["run", "ROADMAP.md", "--yes"], { SECRET_TOKEN: "hush", NAMED: "handed on" });
    const task = repo.read("1.1.md");
    expect(task).toContain("# Make a\n");
    expect(task).toContain("  - it is there".trim());
    expect(task).toContain("`1.1.txt`");
    expect(task).toContain("- Make b\n- Make c");
    const environment = repo.read("1.1.env");
    expect(environment).not.toContain("hush");
    expect(environment).toContain("NAMED=handed on");
    expect(environment).toMatch(/^NIGHTCREW_ATTEMPT=1$/m);
    expect(environment).toMatch(/^GIT_TERMINAL_PROMPT=0$/m);
    expect(existsSync(`${repo.path}/1.1.tty`)).toBe(false);
    expect(repo.read("1.1.stdin")).toBe("");
    const [pid, session] = repo.read("1.1.session").trim().split(/\s+/);
    expect(session).toBe(pid);
  });

  test("may commit by itself, in several commits; the rest is committed for it, ignored files are not", async ({
    sandbox,
  }) => {
    const script = `echo a > a; git add a; git commit -qm "First of mine"; echo b > b; git add b; git commit -qm "Second"; echo c > c; echo x > x.log`;
    const repo = sandbox.repository({
      "ROADMAP.md": "- [ ] one\n",
      ".gitignore": "*.log\n",
      "nightcrew.yaml": config(script, gate),
    });
    const run = await repo.run(["run", "ROADMAP.md", "--yes"]);
    expect(run.code).toBe(0);
    expect(repo.git("log", "--format=%s", "main^2", "--not", "main^1").split("\n")).toEqual([
      "one",
      "Second",
      "First of mine",
    ]);
    expect(repo.git("ls-tree", "--name-only", "main").split("\n")).toEqual([
      ".gitignore",
      "ROADMAP.md",
      "a",
      "b",
      "c",
      "nightcrew.yaml",
    ]);
  });

  test("cannot reach the repository's configuration, hooks and refs with git", async ({ sandbox }) => {
    const script = `git config core.hooksPath /nowhere; git update-ref refs/heads/evil HEAD; git branch -f main HEAD; git tag evil; git stash -q 2>/dev/null
      mkdir -p "$(git rev-parse --git-path hooks)"; echo 'exit 1' > "$(git rev-parse --git-path hooks)/pre-commit"; git checkout -q -b other; echo a > a; git add a; git commit -qnm mine`;
    const repo = sandbox.repository({ "ROADMAP.md": "- [ ] one\n", "nightcrew.yaml": config(script, gate) });
    const before = repo.read(".git/config");
    const run = await repo.run(["run", "ROADMAP.md", "--yes"]);
    expect(run.code).toBe(0);
    expect(repo.read(".git/config")).toBe(before);
    expect(
      repo
        .git("for-each-ref", "--format=%(refname)")
        .split("\n")
        .filter((ref) => !ref.startsWith("refs/heads/nightcrew/")),
    ).toEqual(["refs/heads/main"]);
    expect(repo.git("fsck", "--no-dangling")).toBe("");
  });
});

describe("what does not work", () => {
  test("is tried again with what failed, and lands when it is mended", async ({ sandbox }) => {
    const script = `cp "$NIGHTCREW_TASK_FILE" task-$NIGHTCREW_ATTEMPT.md; grep -q "What failed before" "$NIGHTCREW_TASK_FILE" || touch broken`;
    const repo = sandbox.repository({ "ROADMAP.md": "- [ ] one\n", "nightcrew.yaml": config(script, gate) });
    const run = await repo.run(["run", "ROADMAP.md", "--yes"]);
    expect(run.code).toBe(0);
    expect(repo.read("task-2.md")).toContain("check “tests” failed");
    expect(repo.read("task-2.md")).toContain("diff --git a/broken b/broken");
    expect(existsSync(`${repo.path}/broken`)).toBe(false);
    expect(run.stdout).toContain("note 1: attempt 1 did not land: check “tests” failed");
  });

  test("two changes of one line: the second starts over from what landed", async ({ sandbox }) => {
    const meeting = sandbox.path("meeting");
    const script = `mkdir -p '${meeting}'; touch '${meeting}/'"$NIGHTCREW_TASK"; until [ -e '${meeting}/1' ] && [ -e '${meeting}/2' ]; do sleep 0.02; done
      sed -i "s/^words:.*/& $NIGHTCREW_TASK/" list`;
    const repo = sandbox.repository({
      "ROADMAP.md": "- [ ] one\n- [ ] two\n",
      list: "words:\n",
      "nightcrew.yaml": config(script, gate),
    });
    const run = await repo.run(["run", "ROADMAP.md", "--yes"]);
    expect(run.code).toBe(0);
    expect(run.stdout).toContain("conflicts with what landed meanwhile in list");
    expect(repo.read("list").trim().split(" ").sort()).toEqual(["1", "2", "words:"]);
  });

  test("a claim without a change never lands, and is left for a person with branch, log and reason", async ({
    sandbox,
  }) => {
    const script = `case $NIGHTCREW_TASK in
      1) echo '{"type":"message","text":"All done, tests pass"}' ;;
      2) echo half > half; echo no good; exit 7 ;;
      *) ${writesItsFile} ;; esac`;
    const text = "- [ ] claims\n- [ ] breaks off\n- [ ] works\n- [ ] waits\n  Depends on: claims\n";
    const repo = sandbox.repository({ "ROADMAP.md": text, "nightcrew.yaml": config(script, gate) });
    const run = await repo.run(["run", "ROADMAP.md", "--yes"]);
    expect(run.code).toBe(1);
    expect(run.stdout).toContain("1 of 4 tasks landed on main; 2 failed; 1 waiting for others that did not land.");
    expect(run.stdout).toContain("the agent changed nothing, though it said: “All done, tests pass”");
    expect(run.stdout).toContain("the agent ended with exit code 7");
    expect(run.stdout).toContain("needs 1, which did not land");
    expect(repo.read("ROADMAP.md")).toBe(text.replace("[ ] works", "[x] works"));
    const branch = /branch (nightcrew\/\S+\/2-3) /.exec(run.stdout)?.[1] ?? "none";
    expect(repo.show(branch, "half")).toBe("half\n");
    const logs = await repo.run(["logs", "2"]);
    expect(logs.stdout).toContain("no good");
    const again = await repo.run(["report"]);
    expect(again.code).toBe(1);
    expect(again.stdout.split("\n")[0]).toBe(
      "1 of 4 tasks landed on main; 2 failed; 1 waiting for others that did not land.",
    );
  });
});

describe("the report", () => {
  test("is kept as Markdown and JSON in the run's folder", async ({ sandbox }) => {
    const repo = sandbox.repository({
      "ROADMAP.md": "- [ ] one | two\n",
      "nightcrew.yaml": config(writesItsFile, gate),
    });
    const run = await repo.run(["run", "ROADMAP.md", "--yes", "--json"]);
    const lines = jsonLines(run.stdout);
    expect(lines.every((line) => line["version"] === 1)).toBe(true);
    const { report } = lines.at(-1) as { report: { run: string } };
    const kept = JSON.parse(sandbox.read(`home/runs/${report.run}/report.json`)) as object;
    expect(report).toMatchObject({ ...kept, status: "finished", endedAt: expect.any(Number) as number });
    const markdown = sandbox.read(`home/runs/${report.run}/report.md`);
    expect(markdown.split("\n")[0]).toBe("# The task landed on main.");
    expect(markdown).toContain("| 1 | one \\| two |");
    expect(markdown).toContain("3 passed");
    expect(markdown).toContain("cost: no cost declared for 1 attempt");
  });
});
