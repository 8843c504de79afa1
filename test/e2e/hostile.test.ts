import { existsSync, readdirSync, statSync } from "node:fs";
import { describe, expect } from "vitest";
import { outcomesOf } from "../rig/outcome.ts";
import { test } from "../rig/puppet.ts";
import { config, gate } from "../rig/sandbox.ts";

const oneTask = "- [ ] one\n";

describe("an agent's end", () => {
  test("ends everything it started, background jobs and sessions of their own included", async ({ sandbox }) => {
    const script = `sleep 300 & setsid sleep 301 & (setsid sh -c 'sleep 302 & sleep 303' &) ; nohup sleep 304 >/dev/null 2>&1 & echo a > a`;
    const repo = sandbox.repository({ "ROADMAP.md": oneTask, "nightcrew.yaml": config(script, gate) });
    const run = await repo.run(["run", "ROADMAP.md", "--yes"]);
    expect(run.code).toBe(0);
    expect(await sandbox.left()).toEqual([]);
  });

  // Long enough for a shell to begin on a busy machine: what it did before is to be kept.
  test.concurrent.for([
    ["first output", "firstOutput: 4s", "sleep 300", "no output within 4.0 s of its start"],
    ["silence", "silence: 200ms", "echo hello; sleep 300", "silent for 200 ms"],
    ["total", "total: 4s", "while :; do echo .; sleep 0.05; done", "not done within 4.0 s"],
    ["a deaf agent", "total: 4s", "trap '' TERM INT HUP; while :; do sleep 0.1; done", "not done within 4.0 s"],
  ] as const)("comes by its time limit: %s", async ([, limit, script, reason], { sandbox, expect }) => {
    const yaml = config(`echo kept > kept; ${script}`, `attempts: 1\n${gate}`).replace(
      "    command:",
      `    limits: {${limit}}\n    command:`,
    );
    const repo = sandbox.repository({ "ROADMAP.md": oneTask, "nightcrew.yaml": yaml });
    const run = await repo.run(["run", "ROADMAP.md", "--yes"]);
    expect(run.code).toBe(1);
    expect(run.stdout).toContain(reason);
    const branch = /branch (nightcrew\/\S+)/.exec(run.stdout)?.[1] ?? "none";
    expect(repo.show(branch, "kept")).toBe("kept\n");
    expect(await sandbox.left()).toEqual([]);
  });
});

describe("what an agent plants", () => {
  test("in its own repository is never run by nightcrew: hooks, file-system monitor, filters, aliases", async ({
    sandbox,
  }) => {
    const mark = sandbox.path("planted");
    const evil = sandbox.write("evil.sh", `#!/bin/sh\necho run >> '${mark}'\ncat\n`);
    const script = `cp '${evil}' .git-evil 2>/dev/null; dir=$(git rev-parse --git-dir); git config core.fsmonitor '${evil}'; git config core.hooksPath "$dir/hooks"
      for hook in pre-commit post-commit post-checkout reference-transaction post-index-change; do mkdir -p "$dir/hooks"; cp '${evil}' "$dir/hooks/$hook"; chmod +x "$dir/hooks/$hook"; done
      git config filter.evil.clean '${evil}'; git config filter.evil.smudge '${evil}'; git config diff.evil.textconv '${evil}'; git config merge.evil.driver '${evil}'
      printf '* filter=evil diff=evil merge=evil\\n' > .gitattributes; git config uploadpack.packObjectsHook '${evil}'; git config core.alternateRefsCommand '${evil}'
      echo work > work.txt; rm -f '${mark}'`;
    const repo = sandbox.repository({
      "ROADMAP.md": oneTask,
      "nightcrew.yaml": config(`chmod +x '${evil}'; ${script}`, gate),
    });
    const run = await repo.run(["run", "ROADMAP.md", "--yes"]);
    expect(run.code).toBe(0);
    expect(repo.read("work.txt")).toBe("work\n");
    expect(existsSync(mark)).toBe(false);
  });

  test("in the place of its .git pointer changes nothing: another repository, a folder, nothing at all", async ({
    sandbox,
  }) => {
    const script = `case $NIGHTCREW_TASK in
      1) rm .git; git init -q .; git config core.worktree /tmp; ;;
      2) rm .git; mkdir .git; echo x > .git/x ;;
      3) rm -f .git ;; esac; echo "$NIGHTCREW_TASK" > "$NIGHTCREW_TASK.txt"`;
    const repo = sandbox.repository({
      "ROADMAP.md": "- [ ] one\n- [ ] two\n- [ ] three\n",
      "nightcrew.yaml": config(script, gate),
    });
    const run = await repo.run(["run", "ROADMAP.md", "--yes", "--workers", "1"]);
    expect(run.code).toBe(0);
    expect(["1", "2", "3"].map((id) => repo.read(`${id}.txt`))).toEqual(["1\n", "2\n", "3\n"]);
  });

  test("where nightcrew or its git reads something holds nobody up: pipes, devices, and what leads elsewhere", async ({
    sandbox,
  }) => {
    const script = `echo "$NIGHTCREW_TASK" > "$NIGHTCREW_TASK.txt"; dir=$(git rev-parse --git-dir)
      commit() { git add -A; git -c user.name=a -c user.email=a@b commit -qm own; }
      case $NIGHTCREW_TASK in
      1) rm "$dir/HEAD"; mkfifo "$dir/HEAD" ;;
      2) rm "$dir/HEAD"; ln -s /dev/zero "$dir/HEAD" ;;
      3) mkfifo .gitignore .mailmap; mkdir -p n/.git/objects n/.git/refs; mkfifo n/.git/HEAD ;;
      4) mkdir sub; echo x > sub/x; mkfifo sub/.gitattributes pipe ;;
      5) commit; head=$(git rev-parse HEAD); file="$dir/objects/$(echo "$head" | cut -c1-2)/$(echo "$head" | cut -c3-)"; rm -f "$file"; mkfifo "$file" ;;
      6) commit; rm "$dir/objects/info/alternates"; mkfifo "$dir/objects/info/alternates" ;;
      7) commit; echo '${sandbox.root}/repo/no/such/objects' > "$dir/objects/info/alternates" ;;
      8) mkfifo "$NIGHTCREW_OUTBOX/a.json"; ln -s /dev/zero "$NIGHTCREW_OUTBOX/b.json"; find . -type p > found ;;
      esac`;
    const repo = sandbox.repository({
      "ROADMAP.md": [1, 2, 3, 4, 5, 6, 7, 8].map((task) => `- [ ] task ${task}\n`).join(""),
      "nightcrew.yaml": config(script, gate),
    });
    const run = await repo.run(["run", "ROADMAP.md", "--yes", "--workers", "2"]);
    expect(run.stdout).toContain("All 8 tasks landed");
    expect(run.stdout).not.toContain("attempt 2");
    // The agent's own commit is kept where it could be read.
    expect(
      repo
        .git("log", "--format=%s", "main")
        .split("\n")
        .filter((title) => title === "own"),
    ).toHaveLength(1);
    expect(repo.read("found")).toBe("");
    expect(await sandbox.left()).toEqual([]);
  });

  test("without permissions holds nobody up either, nor its removal", async ({ sandbox }) => {
    // Root may do all that it likes with files, but for one without its capabilities.
    if (process.getuid?.() === 0) sandbox.launcher = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--"];
    const script = `echo "$NIGHTCREW_TASK" > "$NIGHTCREW_TASK.txt"; dir=$(git rev-parse --git-dir)
      case $NIGHTCREW_TASK in
      1) chmod 0555 . ;;
      2) mkdir -p ro/mod; echo x > ro/mod/x; chmod 0555 ro/mod ro ;;
      3) mkdir -p "$dir/deep/er"; echo x > "$dir/deep/er/x"; chmod 0555 "$dir/deep/er" "$dir/deep" ;;
      4) mkdir -p "$NIGHTCREW_OUTBOX/a"; echo x > "$NIGHTCREW_OUTBOX/a/x"; chmod 0 "$NIGHTCREW_OUTBOX/a"
         echo '{"type":"message","text":"heard"}' > "$NIGHTCREW_OUTBOX/z.json"; echo > "$NIGHTCREW_OUTBOX/b.json"; chmod 0 "$NIGHTCREW_OUTBOX/b.json" ;;
      5) mkdir -p closed/deep; echo x > closed/deep/x; chmod 0 closed/deep closed ;;
      6) echo x > unread; chmod 0 unread ;;
      esac`;
    const repo = sandbox.repository({
      "ROADMAP.md": [1, 2, 3, 4, 5, 6].map((task) => `- [ ] task ${task}\n`).join(""),
      "nightcrew.yaml": config(script, gate),
    });
    const run = await repo.run(["run", "ROADMAP.md", "--yes", "--workers", "1"]);
    expect(run.stdout).toContain("All 6 tasks landed");
    // Nothing of it is lost.
    expect(["ro/mod/x", "closed/deep/x", "unread"].map((file) => repo.show("main", file))).toEqual([
      "x\n",
      "x\n",
      "x\n",
    ]);
    expect(run.stdout).toContain("“heard”");
    expect(run.stdout).not.toContain("attempt 2");
    const cleaned = await repo.run(["cleanup", "--older-than", "0"]);
    expect(cleaned).toMatchObject({ code: 0, stderr: "" });
    expect(readdirSync(sandbox.path("home", "workspaces"), { recursive: true })).toEqual([]);
    expect(sandbox.read("home/daemon.log")).not.toContain("EACCES");
  });

  test("inside a submodule's empty folder is not run, and the submodule stays where it was", async ({ sandbox }) => {
    const mark = sandbox.path("planted");
    const evil = sandbox.write("evil.sh", `#!/bin/sh\necho run >> '${mark}'\n`);
    const library = sandbox.repository({ "lib.txt": "lib\n" }, "library");
    const script = `chmod +x '${evil}'; cd lib; git init -q .; echo x > x; git add x; git commit -qm x; git config core.fsmonitor '${evil}'
      git config filter.evil.clean '${evil}'; printf '* filter=evil\\n' > .gitattributes; touch -d '2001-01-01' x; cd ..; echo a > a; rm -f '${mark}'`;
    const repo = sandbox.repository({ "ROADMAP.md": oneTask, "nightcrew.yaml": config(script, gate) });
    repo.git("submodule", "--quiet", "add", library.path, "lib");
    repo.git("commit", "--quiet", "--message", "Add lib");
    const before = repo.git("rev-parse", "HEAD:lib");
    const run = await repo.run(["run", "ROADMAP.md", "--yes"]);
    expect(run.code).toBe(0);
    expect(run.stdout).toContain("submodules are left alone");
    expect(repo.git("rev-parse", "main:lib")).toBe(before);
    expect(existsSync(mark)).toBe(false);
  });

  test("as a repository inside the work tree is refused, and its files are kept on the branch", async ({ sandbox }) => {
    const script = `case $NIGHTCREW_TASK in 1) mkdir n; cd n; git init -q; echo a > a; git add a; git commit -qm a ;; 2) mkdir u; cd u; git init -q; echo b > b ;; esac`;
    const repo = sandbox.repository({
      "ROADMAP.md": "- [ ] born\n- [ ] unborn\n",
      "nightcrew.yaml": config(script, `attempts: 1\n${gate}`),
    });
    const run = await repo.run(["run", "ROADMAP.md", "--yes"]);
    expect(run.code).toBe(1);
    expect(run.stdout).toContain("left a git repository inside the work tree: n");
    expect(run.stdout).toContain("left a git repository inside the work tree: u");
    const branches = repo.git("for-each-ref", "--format=%(refname:short)", "refs/heads/nightcrew").split("\n");
    expect(repo.show(branches.find((name) => name.endsWith("/1-1")) ?? "", "n/a")).toBe("a\n");
    expect(repo.show(branches.find((name) => name.endsWith("/2-1")) ?? "", "u/b")).toBe("b\n");
  });
});

describe("what an agent prints", () => {
  test("is bounded in the log, and its end is kept", async ({ sandbox }) => {
    const script = `head -c 40000000 /dev/zero | tr '\\0' 'x' | fold -w 1000; echo the very end; echo a > a`;
    const repo = sandbox.repository({ "ROADMAP.md": oneTask, "nightcrew.yaml": config(script, gate) });
    const run = await repo.run(["run", "ROADMAP.md", "--yes", "--json"]);
    expect(run.code).toBe(0);
    const [id] = /\d{8}-\d{6}-[0-9a-f]{8}/.exec(run.stdout) ?? ["none"];
    const log = `home/runs/${id}/attempts/1-1/agent.log`;
    expect(statSync(sandbox.path(log)).size).toBeLessThan(9_000_000);
    expect(sandbox.read(log).trimEnd().endsWith("the very end")).toBe(true);
  });

  test("cannot write on the terminal or forge lines: escape sequences and control characters are taken out", async ({
    sandbox,
  }) => {
    const script = `printf '{"type":"message","text":"\\\\u001b[2Jcleared\\\\nAll 9 tasks landed"}\\n'; printf '\\033]0;title\\007raw\\n'`;
    const repo = sandbox.repository({
      "ROADMAP.md": oneTask,
      "nightcrew.yaml": config(script, `attempts: 1\n${gate}`),
    });
    const run = await repo.run(["run", "ROADMAP.md", "--yes"]);
    expect(run.stdout).toContain("“cleared All 9 tasks landed”");
    const logs = await repo.run(["logs", "1"]);
    // oxlint-disable-next-line no-control-regex -- that there are none is the point
    expect(run.stdout + logs.stdout).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f]/);
    expect(logs.stdout).toContain("raw");
  });

  test("as a line of 50 MB is passed over, and what comes behind it is read", async ({ sandbox }) => {
    const huge = (open: string): string => `printf '${open}'; head -c 50000000 /dev/zero | tr '\\0' x; echo`;
    const last = `printf '{"type":"message","text":"and now the end"}\\n'; echo a > a`;
    const script = [huge(""), huge('{"type":"message","text":"'), last].join("; ");
    const repo = sandbox.repository({ "ROADMAP.md": oneTask, "nightcrew.yaml": config(script, gate) });
    const run = await repo.run(["run", "ROADMAP.md", "--yes", "--json"]);
    expect(run.code).toBe(0);
    expect(run.stdout).toContain('"claim":"and now the end"');
    expect(run.stdout.length).toBeLessThan(100_000);
  });

  test("as halves of characters is shown as what it is, and never as more than its line", async ({ sandbox }) => {
    const halves = `printf '\\303\\n{"type":"message","text":"caf\\303'; printf '\\251 and \\342\\202 half"}\\n'`;
    const script = `${halves}; echo a > a; printf 'end \\360\\237\\230'`;
    const repo = sandbox.repository({ "ROADMAP.md": oneTask, "nightcrew.yaml": config(script, gate) });
    const run = await repo.run(["run", "ROADMAP.md", "--yes", "--json"]);
    expect(run.code).toBe(0);
    expect(run.stdout).toContain('"claim":"café and \ufffd half"');
    expect((await repo.run(["logs", "1"])).stdout).toContain("end \ufffd");
  });

  test("of a native agent, malformed, endless or below zero, is passed over as well", async ({ sandbox, puppets }) => {
    const yaml = puppets.config(`attempts: 1\n${gate}`, "", "claude");
    const repo = sandbox.repository({ "ROADMAP.md": oneTask, "nightcrew.yaml": yaml });
    const run = repo.start(["run", "ROADMAP.md", "--yes", "--json"], { ANTHROPIC_API_KEY: "test" });
    const puppet = await puppets.next();
    const of = { session_id: "0b0f8ea3-7c46-4ab4-9d3b-3a1b6bb9a0d1" };
    await puppet.say({ type: "system", subtype: "init", ...of, model: "claude-sonnet-4-5", tools: [] });
    for (const line of ['{"type":"result","subtype":"success"', "{", '{"type":["result"]}', "null", '"result"'])
      await puppet.print(line);
    await puppet.print(
      `{"type":"assistant","message":{"content":[{"type":"text","text":"${"x".repeat(3_000_000)}"}]}}`,
    );
    await puppet.write("a", "a\n");
    const usage = { input_tokens: -1_000_000, output_tokens: -5 };
    await puppet.say({ type: "result", subtype: "success", is_error: false, ...of, total_cost_usd: -7, usage });
    await puppet.exit(0);
    const { stdout, code } = await run.ended;
    expect({ code, outcomes: outcomesOf(stdout) }).toEqual({ code: 0, outcomes: ["done"] });
    expect(stdout).toContain('"spend":{"totalUsd":0,');
    expect((await repo.run(["budget"])).stdout).toContain("  0.00 USD spent  ");
  });

  test("of the limits that its tests speak of is no limit of its own, where it does not tell a time", async ({
    sandbox,
  }) => {
    const script = `case $NIGHTCREW_TASK in
      1) echo 'expected 200, received HTTP 429 Too Many Requests' ;;
      2) echo 'usage limit reached, try again in 3 hours' ;;
      esac; exit 1`;
    const repo = sandbox.repository({
      "ROADMAP.md": "- [ ] one\n- [ ] two\n",
      "nightcrew.yaml": config(script, `attempts: 1\nonLimit: fail\n${gate}`),
    });
    const run = await repo.run(["run", "ROADMAP.md", "--yes"]);
    expect(run.stdout).toContain("1: attempt 1 ended: the agent ended with exit code 1");
    expect(run.stdout).toMatch(/2: attempt 1 ended: .*usage limit reached, try again in 3 hours/);
  });

  test("as JSON lines of odd shapes is only log", async ({ sandbox }) => {
    const script = `for line in '{"type":"usage","cost":-5}' '{"type":"usage","cost":"free"}' '{"type":"progress","percent":"x"}' '{"type":"message"}' '{"type":"usage","cost":1e999}' '[1]' '{' '{"type":"usage","cost":0.5,"currency":"EUR"}'; do echo "$line"; done; echo a > a`;
    const repo = sandbox.repository({ "ROADMAP.md": oneTask, "nightcrew.yaml": config(script, gate) });
    const run = await repo.run(["run", "ROADMAP.md", "--yes"]);
    expect(run.code).toBe(0);
    expect(run.stdout).toContain("cost: 0.50 EUR reported, not converted");
  });
});
