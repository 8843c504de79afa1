import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { findSandbox } from "../../src/adapters/sandbox/find-sandbox.ts";
import { processesWithMarker } from "../../src/adapters/process/process-table.ts";
import { groupsOf, isFrozen } from "../rig/frozen.ts";
import { outcomesOf } from "../rig/outcome.ts";
import { eventually, hasTerminals, isThere, jsonLines, test, type Sandbox } from "../rig/sandbox.ts";

// What agents and checks cannot do, through the command line, with the real sandbox.
const found = await findSandbox();
const inSandbox = { NIGHTCREW_SANDBOX: "auto" };

/** An agent that is a shell script; each line tells on stdout how it went. */
function yaml(script: string, more = "", check = "true"): string {
  const lines = script.trim().split("\n").join("\n        ");
  return `agents:\n  sh:\n    driver: command\n    command:\n      - sh\n      - -c\n      - |\n        ${lines}\n${more}gate: {checks: [{run: ${JSON.stringify(check)}}]}\n`;
}

async function ran(
  sandbox: Sandbox,
  config: string,
): Promise<{ code: number | null; log: string; report: string; stderr: string }> {
  const repo = sandbox.repository({ "ROADMAP.md": "- [ ] x\n", "nightcrew.yaml": config });
  const run = await repo.run(["run", "ROADMAP.md", "--yes", "--json"], inSandbox);
  const log = (await repo.run(["logs", "1"])).stdout;
  return { code: run.code, log, report: JSON.stringify(jsonLines(run.stdout).at(-1) ?? {}), stderr: run.stderr };
}

/** Every program there is but that one. */
function pathWithoutBubblewrap(sandbox: Sandbox): string {
  const folder = sandbox.path("programs");
  mkdirSync(folder);
  const seen = new Set(["bwrap"]);
  for (const place of (process.env["PATH"] ?? "").split(":").filter((name) => existsSync(name))) {
    for (const name of readdirSync(place)) {
      if (!seen.has(name)) symlinkSync(join(place, name), join(folder, name));
      seen.add(name);
    }
  }
  return folder;
}

const tries = (name: string, command: string): string =>
  `if ${command} 2>/dev/null; then echo "${name}: done"; else echo "${name}: refused"; fi`;

describe.runIf(found.kind === "bubblewrap")("a target judged by hand", () => {
  test("is judged in the sandbox", async ({ sandbox }) => {
    const outside = sandbox.path("user", "written");
    const repo = sandbox.repository({ "ROADMAP.md": "- [ ] x\n", "nightcrew.yaml": yaml("echo x > made.txt") });
    expect((await repo.run(["run", "ROADMAP.md", "--yes"], inSandbox)).code).toBe(0);
    const judged = await repo.run(["validate", `touch '${outside}'; test -e made.txt`]);
    expect([judged.code, existsSync(outside)]).toEqual([0, false]);
    const inTree = await repo.run(["validate", "touch here; git status --porcelain; test ! -e here"]);
    expect(inTree.code).toBe(1);
    expect(existsSync(`${repo.path}/here`)).toBe(false);
  });
});

describe.runIf(found.kind === "bubblewrap")("a sandboxed agent", () => {
  test("works in its workspace, and writes and reads nothing of the user's", async ({ sandbox }) => {
    const user = sandbox.env["HOME"] ?? "";
    mkdirSync(join(user, ".ssh"));
    writeFileSync(join(user, ".ssh", "id"), "a secret\n");
    const outside = sandbox.path("outside");
    const script = [
      "echo x > made.txt",
      tries("home", `cat '${user}/.ssh/id'`),
      // /tmp is its own: what it writes there is nobody's.
      `touch '${outside}'`,
      tries("crew", `cat '${sandbox.home}/store.db'`),
      tries("git", `echo x > .git`),
      tries("git of the user", `git push -q '${sandbox.path("repo")}' HEAD:refs/heads/stolen`),
      tries("task", 'cat "$NIGHTCREW_TASK_FILE"'),
      tries("outbox", 'touch "$NIGHTCREW_OUTBOX/x"'),
      tries("commit", "git add -A && git -c user.name=a -c user.email=a@b commit -qm own"),
    ].join("\n");
    const { code, log, report } = await ran(sandbox, yaml(script));
    expect(code).toBe(0);
    const told = Object.fromEntries(
      [...log.matchAll(/^([a-z ]+): (done|refused)$/gm)].map(([, name, how]) => [name, how]),
    );
    expect(told).toEqual({
      home: "refused",
      crew: "refused",
      git: "refused",
      "git of the user": "refused",
      task: "done",
      outbox: "done",
      commit: "done",
    });
    expect(existsSync(outside)).toBe(false);
    expect(report).toContain('"sandbox":"bubblewrap"');
  });

  test("reaches the hosts that are named, no other, and what was refused is told", async ({ sandbox }) => {
    const server = createServer((socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"));
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as AddressInfo;
    const get = (to: number): string =>
      `node -e 'fetch("http://127.0.0.1:${to}/").then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))'`;
    const script = [
      "echo x > made.txt",
      tries("named", get(port)),
      "env | grep -qi '^https_proxy='",
      'curl -s --proxy "$HTTPS_PROXY" https://example.org/ || echo nothing',
    ].join("\n");
    const { code, log, report } = await ran(sandbox, yaml(script, `    hosts: ["127.0.0.1:${port}"]\n`));
    server.close();
    expect(code).toBe(0);
    expect(log).toContain("named: done");
    expect(report).toContain("connection to example.org:443");
  });

  test("is gone with all it started, in whatever session", async ({ sandbox }) => {
    const script = 'echo x > made.txt\nsetsid sh -c "sleep 300" & (setsid env -i sleep 301 &) ; exit 0';
    expect((await ran(sandbox, yaml(script))).code).toBe(0);
    await sandbox.left();
  });

  test("is frozen by a pause with all it started; killed with its runner it leaves no control group", async ({
    sandbox,
  }) => {
    const script =
      'if [ "$NIGHTCREW_ATTEMPT" = 1 ]; then setsid sleep 300 & while :; do sleep 0.05; done; fi\necho x > made.txt';
    const repo = sandbox.repository({ "ROADMAP.md": "- [ ] x\n", "nightcrew.yaml": yaml(script) });
    await repo.run(["run", "ROADMAP.md", "--yes", "--detach"], inSandbox);
    const working = (): number[] => processesWithMarker(`NIGHTCREW_MARKER=${sandbox.newestRun()}/1-1`);
    // The sandbox, the shell, and what moved to a session of its own.
    await eventually(() => working().length >= 4, "it is at work");
    const attempt = join(sandbox.home, "runs", sandbox.newestRun(), "attempts", "1-1");
    const { pid: runner } = JSON.parse(readFileSync(join(attempt, "claim"), "utf8")) as { pid: number };
    expect((await repo.run(["pause", "1"])).code).toBe(0);
    await eventually(() => working().every(isFrozen), "all of it is frozen");
    const agents = working();
    expect(agents.length).toBeGreaterThanOrEqual(4);
    process.kill(runner, "SIGKILL");
    await eventually(() => !agents.some(isThere), "all of it is gone");
    const left = (): string[] => [
      ...groupsOf(runner),
      ...readdirSync(join(attempt, "sandbox")).flatMap((name) =>
        ["memory", "pids"].filter((tree) => existsSync(`/sys/fs/cgroup/${tree}/nightcrew-${name}`)),
      ),
    ];
    await eventually(() => left().length === 0, "its control groups go");
    expect((await repo.run(["resume", "1"])).code).toBe(0);
    expect((await repo.run(["status", "--watch"])).stdout).toContain("1/1 landed");
    await sandbox.left();
  });

  test("outlives the daemon, and its work is landed by the next one", async ({ sandbox }) => {
    const script = "echo x > made.txt\nuntil [ -e go ]; do sleep 0.02; done\nrm go";
    const repo = sandbox.repository({ "ROADMAP.md": "- [ ] x\n", "nightcrew.yaml": yaml(script) });
    const run = repo.start(["run", "ROADMAP.md", "--yes", "--json"], inSandbox);
    await run.saw('"stage":"working"');
    const workspaces = sandbox.path("home", "workspaces");
    const [repository = ""] = readdirSync(workspaces);
    process.kill(await sandbox.daemonPid(), "SIGKILL");
    expect((await repo.run(["status"], inSandbox)).stdout).toContain("● running");
    writeFileSync(join(workspaces, repository, "agent-1", "tree", "go"), "");
    const { code, stdout } = await run.ended;
    expect({ code, outcomes: outcomesOf(stdout) }).toEqual({ code: 0, outcomes: ["done"] });
    expect(repo.show("main", "made.txt")).toBe("x\n");
  });

  test("has bounded memory, files and processes, and so have its checks", async ({ sandbox }) => {
    const tells = "echo data $(ulimit -d) file $(ulimit -f) core $(ulimit -c)";
    const { log } = await ran(sandbox, yaml(`echo x > made.txt; ${tells}`, "", tells));
    expect(log.match(/^data 8388608 file 16777216 core 0$/gm)).toHaveLength(2);
  });

  test("and its checks: nothing of the user's is theirs either", async ({ sandbox }) => {
    const user = sandbox.env["HOME"] ?? "";
    writeFileSync(join(user, ".netrc"), "a secret\n");
    const { code, log } = await ran(
      sandbox,
      yaml("echo x > made.txt", "", `! cat '${user}/.netrc' && touch '${sandbox.path("outside")}' && test -f made.txt`),
    );
    expect([code, existsSync(sandbox.path("outside"))]).toEqual([0, false]);
    expect(log).not.toContain("a secret");
  });
});

describe("where there is no sandbox", () => {
  test("nothing starts without a person's word; with it, everything says so", async ({ sandbox }) => {
    const repo = sandbox.repository({ "ROADMAP.md": "- [ ] x\n", "nightcrew.yaml": yaml("echo x > made.txt") });
    const env = { ...inSandbox, PATH: pathWithoutBubblewrap(sandbox) };
    const refused = await repo.run(["run", "ROADMAP.md", "--yes"], env);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("--allow-unsandboxed")]);
    const plan = await repo.run(["plan", "ROADMAP.md"], env);
    expect([plan.code, plan.stdout]).toEqual([0, expect.stringContaining("UNSANDBOXED")]);
    const run = await repo.run(["run", "ROADMAP.md", "--yes", "--allow-unsandboxed"], env);
    expect([run.code, run.stdout]).toEqual([0, expect.stringContaining("UNSANDBOXED")]);
    expect((await repo.run(["status"], env)).stdout).toContain("unsandboxed");
    expect((await repo.run(["report"], env)).stdout).toContain("UNSANDBOXED");
  });
});

/** `script` of util-linux makes a terminal. */
describe.runIf(hasTerminals())("where there is no sandbox, and a person is there", () => {
  const question = "Run agents without one, here and from now on? [y/N]";

  function unsandboxed(sandbox: Sandbox) {
    const repo = sandbox.repository({ "ROADMAP.md": "- [ ] x\n", "nightcrew.yaml": yaml("echo x > made.txt") });
    delete sandbox.env["NIGHTCREW_SANDBOX"];
    const env = { PATH: pathWithoutBubblewrap(sandbox) };
    const run = () => sandbox.startInTerminal(["run", "ROADMAP.md"], { cwd: repo.path, env });
    return { repo, env, run };
  }

  test("it is asked once, and the answer is kept", async ({ sandbox }) => {
    const { repo, env, run } = unsandboxed(sandbox);
    const first = run();
    await first.saw(question);
    first.write("y\r");
    await first.saw("Start? [Y/n]");
    first.write("n\r");
    expect((await first.ended).code).toBe(1);
    expect(sandbox.read("home/sandbox")).toBe("allow-none\n");
    const second = run();
    await second.saw("Start? [Y/n]");
    second.write("y\r");
    const { code, stdout } = await second.ended;
    expect(code).toBe(0);
    expect(stdout).not.toContain(question);
    expect(stdout).toContain("UNSANDBOXED");
    expect(repo.show("main", "made.txt")).toBe("x\n");
    // Nobody has to be asked any more, and everything still says so.
    const plan = await repo.run(["plan", "Another"], env);
    expect([plan.code, plan.stdout]).toEqual([0, expect.stringContaining("UNSANDBOXED")]);
  });

  test("a no starts nothing, and is not kept", async ({ sandbox }) => {
    const { repo, env, run } = unsandboxed(sandbox);
    const refused = run();
    await refused.saw(question);
    refused.write("\r");
    expect((await refused.ended).code).toBe(2);
    expect(existsSync(sandbox.path("home", "sandbox"))).toBe(false);
    const asked = run();
    await asked.saw(question);
    asked.write("\r");
    await asked.ended;
    expect((await repo.run(["runs"], env)).stdout).toContain("No run yet");
  });
});

describe("a secret that an agent was given", () => {
  test("is in no log, journal, event or report", async ({ sandbox }) => {
    const secret = "k3y-0f-the-agent-5up3r";
    const script = [
      "echo x > made.txt",
      'echo "key is $MY_API_KEY"',
      `printf '{"type":"message","text":"I use %s"}\\n' "$MY_API_KEY"`,
      'printf %s "$MY_API_KEY" | base64',
      "echo ghp_''abcdefghijklmnopqrstuvwxyz0123456789",
    ].join("\n");
    const repo = sandbox.repository({
      "ROADMAP.md": "- [ ] x\n",
      "nightcrew.yaml": yaml(script, "    env: [MY_API_KEY]\n"),
    });
    const run = await repo.run(["run", "ROADMAP.md", "--yes", "--json"], { MY_API_KEY: secret });
    expect(run.code).toBe(0);
    const log = (await repo.run(["logs", "1"])).stdout;
    expect(log).toContain("[redacted MY_API_KEY]");
    const kept = sandbox.contents(sandbox.home).map(([, text]) => text);
    for (const text of [run.stdout, log, ...kept]) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain(Buffer.from(secret).toString("base64"));
      expect(text).not.toContain("ghp_abcdefghijklmnopqrstuvwxyz0123456789");
    }
  });

  test("lands by no name and by no commit message, and stays in no outbox", async ({ sandbox }) => {
    const secret = "k3y-0f-the-agent-5up3r";
    const script = `echo '{"type":"message","text":"'"$MY_API_KEY"'"}' > "$NIGHTCREW_OUTBOX/a.json"
      case $NIGHTCREW_TASK in
      1) echo x > made.txt; git add -A; git -c user.name="$MY_API_KEY" -c user.email=a@b commit -qm "with $MY_API_KEY" ;;
      2) echo x > "made-$MY_API_KEY.txt" ;;
      esac`;
    const repo = sandbox.repository({
      "ROADMAP.md": "- [ ] one\n- [ ] two\n",
      "nightcrew.yaml": yaml(script, "    env: [MY_API_KEY]\nattempts: 1\n"),
    });
    const run = await repo.run(["run", "ROADMAP.md", "--yes"], { MY_API_KEY: secret });
    expect(run.stdout).toContain("1 of 2 tasks landed");
    expect(run.stdout).toContain("made-[redacted MY_API_KEY].txt: its name holds the value of MY_API_KEY");
    expect(repo.git("log", "--format=%an %ae %B", "--diff-merges=separate", "--name-only", "main")).not.toContain(
      secret,
    );
    const texts = [
      run.stdout,
      ...sandbox.files(sandbox.path("home", "runs")).map((file) => readFileSync(file, "latin1")),
    ];
    expect(texts.filter((text) => text.includes(secret))).toEqual([]);
    expect(
      sandbox
        .files(sandbox.home)
        .filter((file) => /store\.db/.test(file) && readFileSync(file, "latin1").includes(secret)),
    ).toEqual([]);
  });

  test("is not told to the next attempt, nor by the API, nor in what is exported", async ({ sandbox }) => {
    const secret = "k3y-0f-the-agent-5up3r";
    const shaped = "ghp_abcdefghijklmnopqrstuvwxyz0123456789";
    const script = [
      'cat "$NIGHTCREW_TASK_FILE" > "task-$NIGHTCREW_ATTEMPT.md"',
      'echo "I used $MY_API_KEY, it failed"',
      `printf '{"type":"message","text":"I use %s"}\\n' "$MY_API_KEY"`,
      'test "$NIGHTCREW_ATTEMPT" = 2 || { git add -A; git commit -qm "with $MY_API_KEY"; exit 1; }',
    ].join("\n");
    const repo = sandbox.repository({
      "ROADMAP.md": `- [ ] x\n  Use the token ${shaped} of the account.\n`,
      "nightcrew.yaml": yaml(script, "    env: [MY_API_KEY]\nattempts: 2\n"),
    });
    const run = await repo.run(["run", "ROADMAP.md", "--yes", "--json"], { MY_API_KEY: secret });
    expect(run.code).toBe(0);
    const second = repo.show("main", "task-2.md");
    expect(second).toContain("I used [redacted MY_API_KEY], it failed");
    const id = sandbox.newestRun();
    await repo.run(["export", id, "--to", sandbox.path("exported")]);
    const answers = await Promise.all(
      ["status", "tasks", "report"].map(async (command) => (await repo.run([command, "--json"])).stdout),
    );
    const events = (await sandbox.api(`/v1/runs/${id}/events`)).text;
    const files = [sandbox.home, sandbox.path("exported")].flatMap((folder) => sandbox.contents(folder));
    const told = { run: run.stdout, answers: answers.join(""), events, second };
    const texts = Object.entries(told).concat(files);
    expect(texts.filter(([, text]) => text.includes(secret)).map(([name]) => name)).toEqual([]);
    // In the user's own file it stays: in the repository, what is checked out and diffed of it, and the row it was read into.
    const own = /\/workspaces\/|\/patches\/|\/store\./;
    expect(texts.filter(([name, text]) => text.includes(shaped) && !own.test(name)).map(([name]) => name)).toEqual([]);
  });
});
