import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { describe, expect } from "vitest";
import { findSandbox } from "../../src/adapters/sandbox/find-sandbox.ts";
import { eventually, jsonLines, kill, test, type Ended, type Repository, type Sandbox } from "../rig/sandbox.ts";
import { test as puppetTest } from "../rig/puppet.ts";

// A gate in which an agent verifies: it says by which commands it can be seen, and code runs them. Real agents are scripts here.

const found = await findSandbox();

interface World {
  /** The agent that verifies, as a script. */
  readonly judge: string;
  /** The agent that works. */
  readonly work?: string;
  readonly more?: string;
  readonly check?: string;
  readonly judgeMore?: string;
  readonly roadmap?: string;
}

const task = "- [ ] Greet whoever calls\n  - [ ] It says hello\n\n  `./greet` prints hello.\n";
/** Says hello from its second attempt on. */
const learns = `word=hullo; [ "$NIGHTCREW_ATTEMPT" = 1 ] || word=hello; printf '#!/bin/sh\\necho %s\\n' $word > greet; chmod +x greet`;
const good = "printf '#!/bin/sh\\necho hello\\n' > greet; chmod +x greet";
const greets = { claim: "it says hello", command: "./greet", expect: { output: "hello" } };
const isThere = { claim: "it is there", command: "test -x greet" };

function leaves(...evidence: unknown[]): string {
  const text = JSON.stringify({ evidence });
  return `cat > "$NIGHTCREW_EVIDENCE" <<'END'\n${text}\nEND\n`;
}

function world(
  sandbox: Sandbox,
  { judge, work = good, more = "", check = "", judgeMore = "", roadmap = task }: World,
): Repository {
  const agent = (name: string, script: string, rest: string): string =>
    `  ${name}: {driver: command, command: [sh, -c, ${JSON.stringify(script)}]${rest}}\n`;
  const counted = `echo "$NIGHTCREW_TASK" >> '${sandbox.root}/judged'\n${judge}`;
  return sandbox.repository({
    "ROADMAP.md": roadmap,
    "nightcrew.yaml": `agent: sh\nagents:\n${agent("sh", work, "")}${agent("judge", counted, judgeMore)}attempts: 2
gate: {checks: [{kind: agent, agent: judge, name: verify${check}}]}\n${more}`,
  });
}

const go = (repo: Repository, ...more: string[]): Promise<Ended> =>
  repo.run(["run", "ROADMAP.md", "--yes", "--json", ...more]);

interface Told {
  readonly status: string;
  readonly attempts: number;
  readonly failure: {
    readonly reason: string;
    readonly cause?: string;
    readonly log?: string;
    readonly exit?: string;
  } | null;
  readonly earlierFailures: readonly { readonly failure: { readonly reason: string; readonly log?: string } }[];
}

interface Report {
  readonly run: string;
  readonly tasks: readonly Told[];
  readonly totals: { readonly spend: { readonly totalUsd: number; readonly verifyUsd?: number } };
}

const reportIn = ({ stdout }: Ended): Report => (jsonLines(stdout).at(-1) as { report: Report }).report;
const judgings = (sandbox: Sandbox): number =>
  existsSync(sandbox.path("judged")) ? readFileSync(sandbox.path("judged"), "utf8").trim().split("\n").length : 0;

describe("an agent that verifies", () => {
  test("has what it shows by commands landed, and is told what the tasks are", async ({ sandbox }) => {
    const judge = `cat "$NIGHTCREW_TASK_FILE" > '${sandbox.root}/asked'; ${leaves(greets, isThere)}`;
    const repo = world(sandbox, { judge, check: ', prompt: "Look at the man page, too."' });
    const ended = await go(repo);
    expect(ended.code).toBe(0);
    expect(repo.show("main", "greet")).toContain("hello");
    const asked = readFileSync(sandbox.path("asked"), "utf8");
    for (const words of ["## Task 1: Greet whoever calls", "> `./greet` prints hello.", "Look at the man page, too."])
      expect(asked).toContain(words);
    expect(asked).not.toMatch(/^`\.\/greet`/m);
    expect((await repo.run(["logs", "1-1"])).stdout).toMatch(/holds: it says hello\nholds: it is there/);
    expect(judgings(sandbox)).toBe(1);
    expect((await repo.run(["plan", "more"])).stdout).toContain("agent judge");
    expect((await repo.run(["doctor"])).stdout).toMatch(/gate +agent judge/);
    expect((await repo.run(["status"])).stdout).toContain("verified by judge");
  });

  test("has a task done again whose commands fail, with what they said, and is asked once for each change", async ({
    sandbox,
  }) => {
    const work = `${learns}; cat "$NIGHTCREW_TASK_FILE" > '${sandbox.root}'/told-$NIGHTCREW_ATTEMPT`;
    const repo = world(sandbox, { judge: leaves(isThere, greets), work });
    const ended = await go(repo);
    expect(ended.code).toBe(0);
    const [told] = reportIn(ended).tasks;
    expect(told).toMatchObject({ status: "completed", attempts: 2 });
    expect(told?.earlierFailures[0]?.failure).toMatchObject({ reason: "check-failed" });
    const again = readFileSync(sandbox.path("told-2"), "utf8");
    expect(again).toContain("does not hold: it says hello\n$ ./greet\nits output does not contain “hello”\nhullo");
    // What fails is run again, by itself: the agent is not.
    expect(judgings(sandbox)).toBe(2);
    expect(ended.stdout).not.toContain('"on":"base"');
  });

  test("is asked about all tasks that are judged together, and has to show each of them", async ({ sandbox }) => {
    const work = 'echo x > "file-$NIGHTCREW_TASK"';
    const both = leaves(
      { claim: "one", task: 1, command: "test -e file-1" },
      { claim: "two", task: 2, command: "test -e file-2" },
    );
    const judge = `if grep -q "## Task 2" "$NIGHTCREW_TASK_FILE"; then ${both} else ${leaves({ claim: "any", command: "ls file-*" })} fi`;
    const more = "queue: {strategy: groups, slots: 1}\n";
    const repo = world(sandbox, { judge, work, more, roadmap: "- [ ] one\n- [ ] two\n" });
    expect((await go(repo, "--no-land")).code).toBe(0);
    expect((await repo.run(["land", "--completed"])).code).toBe(0);
    expect(repo.landings()).toHaveLength(2);
    expect((await repo.run(["logs", "1-1"])).stdout).toContain("holds: two");
  });

  test.for<[string, string, string]>([
    ["says that all is well", "echo 'All tasks are done.'", "it left no evidence in a file"],
    ["leaves commands that cannot fail", leaves({ ...isThere, command: "true" }), "passes whatever the tree is"],
    [
      "leaves it where the change could have",
      `e() { ${leaves(isThere)} }; NIGHTCREW_EVIDENCE=evidence.json; e`,
      "it left no evidence",
    ],
    ["leaves no JSON", 'echo "all good" > "$NIGHTCREW_EVIDENCE"', "it is no object"],
    ["leaves megabytes", 'head -c 5000000 /dev/urandom > "$NIGHTCREW_EVIDENCE"', "it left no evidence in a file"],
    ["leaves a link", `echo '{}' > x; ln -s "$PWD/x" "$NIGHTCREW_EVIDENCE"`, "it left no evidence in a file"],
    ["fails behind its evidence", `${leaves(greets)}exit 3`, "the agent ended with exit code 3"],
    ["names a command that is not there", leaves({ ...isThere, command: "no-such-tool" }), "its command was not found"],
    ["hangs", "sleep 1000", "not done within 1.0 s"],
  ])("that %s lands nothing, and blames nobody", async ([, judge, why], { sandbox }) => {
    // Only one of them is to run into it, however busy the machine is.
    const repo = world(sandbox, { judge, judgeMore: `, limits: {total: ${judge.startsWith("sleep") ? "1s" : "1m"}}` });
    const before = repo.git("rev-parse", "main");
    const ended = await go(repo);
    expect(ended.code).toBe(1);
    const [told] = reportIn(ended).tasks;
    expect(told).toMatchObject({
      status: "blocked",
      attempts: 1,
      failure: { reason: "gate-blocked", cause: "no-evidence" },
    });
    expect(told?.failure?.log).toContain(why);
    expect(repo.git("rev-parse", "main")).toBe(before);
  });

  test("cannot have its commands pass by what it writes itself, nor one by what the one before it wrote", async ({
    sandbox,
  }) => {
    const tampers = `printf '#!/bin/sh\\necho hello\\n' > greet; echo x > planted; git config core.fsmonitor ./planted`;
    const judge = `${tampers}\n${leaves({ claim: "a", command: "test ! -e planted" }, { claim: "b", command: `${good}; ls` }, greets)}`;
    const repo = world(sandbox, { judge, work: "printf '#!/bin/sh\\necho hullo\\n' > greet; chmod +x greet" });
    const ended = await go(repo);
    expect(ended.code).toBe(1);
    const [told] = reportIn(ended).tasks;
    expect(told).toMatchObject({ status: "failed", failure: { reason: "check-failed" } });
    expect(told?.failure?.log).toMatch(/holds: a\nholds: b\ndoes not hold: it says hello/);
    expect(repo.git("ls-tree", "--name-only", "main").split("\n")).not.toContain("greet");
  });

  test.for([
    ["what it did itself, though what it says does not count", "sed -i s/hullo/hello/ greet", ", quarantined: true"],
    ["what its commands did", leaves({ claim: "it is mended", command: "sed -i s/hullo/hello/ greet" }), ""],
  ] as const)("makes no check behind it pass by %s", async ([, judge, more], { sandbox }) => {
    const check = `${more}}, {name: tests, run: "! grep hullo greet"`;
    const repo = world(sandbox, { judge, work: good.replace("hello", "hullo"), check });
    const ended = await go(repo);
    expect(ended.code).toBe(1);
    expect(reportIn(ended).tasks[0]?.failure).toMatchObject({ reason: "check-failed", check: "tests" });
    expect(repo.git("ls-tree", "--name-only", "main")).not.toContain("greet");
  });

  test("comes behind other checks, whose failure spares it", async ({ sandbox }) => {
    const repo = world(sandbox, { judge: leaves(greets) });
    repo.commit(
      { "nightcrew.yaml": repo.read("nightcrew.yaml").replace("checks: [", "checks: [{run: 'grep -q hello greet'}, ") },
      "More",
    );
    expect((await go(repo)).code).toBe(0);
    expect(judgings(sandbox)).toBe(1);
    expect((await repo.run(["run", "again", "--agent", "sh", "--gate", "test -e nowhere", "--yes"])).code).toBe(1);
    expect(judgings(sandbox)).toBe(1);
  });
});

describe("what an agent costs that verifies", () => {
  const spends = (usd: number): string => `echo '{"type":"usage","cost":${usd},"currency":"USD"}'\n`;

  test("is its run's to pay, and told", async ({ sandbox }) => {
    const repo = world(sandbox, { judge: `${spends(0.4)}${leaves(greets)}` });
    const ended = await go(repo);
    expect(ended.code).toBe(0);
    expect(reportIn(ended).totals.spend).toMatchObject({ totalUsd: 0.4, verifyUsd: 0.4 });
    expect((await repo.run(["report"])).stdout).toContain("0.40 USD of it for verification");
    expect((await repo.run(["budget", reportIn(ended).run])).stdout).toContain("0.40");
    expect((await repo.run(["logs", reportIn(ended).run])).stdout).toContain(
      "judge verified for check “verify”: 0.40 USD",
    );
  });

  test("ends it at the cap, and what has no room under a cap is not begun", async ({ sandbox }) => {
    const judge = `${spends(3)}sleep 1000; ${leaves(greets)}`;
    const repo = world(sandbox, { judge, more: "budget: {run: 2}\n" });
    const ended = await go(repo);
    const { tasks, totals, run } = reportIn(ended);
    expect(tasks[0]?.failure).toMatchObject({ reason: "gate-blocked", cause: "no-evidence" });
    expect(tasks[0]?.failure?.log).toContain("a cap was reached while its agent verified");
    expect(totals.spend.totalUsd).toBe(3);
    expect((await repo.run(["retry", run])).code).toBe(0);
    await eventually(
      async () => (await repo.run(["logs", "1"])).stdout.includes("leaves nothing for the agent"),
      "no room",
    );
    expect(judgings(sandbox)).toBe(1);
  });
});

describe("--gate agent", () => {
  test("is the agent of tasks that name none, or the one that is named", async ({ sandbox }) => {
    const repo = world(sandbox, {
      judge: leaves(greets),
      work: `${good}; [ "$NIGHTCREW_TASK" != verify ] || { ${leaves(isThere)} }`,
    });
    const named = await go(repo, "--gate", "agent:judge");
    expect([named.code, judgings(sandbox)]).toEqual([0, 1]);
    const plan = await repo.run(["plan", "more", "--gate", "agent", "--json"]);
    expect(JSON.parse(plan.stdout)).toMatchObject({ gate: { checks: [{ kind: "agent", run: "agent sh" }] } });
    const unknown = await repo.run(["plan", "more", "--gate", "agent:jugde"]);
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining("no agent jugde that could verify")]);
  });
});

describe.runIf(found.kind === "bubblewrap")("in the sandbox", () => {
  const key = "k8Zk29dkQpLm47Xc01VbNn56TtYy83Ww";
  const inSandbox = { NIGHTCREW_SANDBOX: "auto", JUDGE_KEY: key };

  test("it has its key and reaches its model; the commands it leaves have neither", async ({ sandbox }) => {
    const server = createServer((socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"));
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as AddressInfo;
    const get = `node -e 'fetch("http://127.0.0.1:${port}/").then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))'`;
    const keyless = { claim: "no key", command: 'env > seen; test -z "$JUDGE_KEY" && ! grep k8Zk29 seen' };
    const offline = { claim: "no network", command: `! ${get}` };
    const judge = `[ -n "$JUDGE_KEY" ] || exit 5\n${get} || exit 6\n${leaves(keyless, offline, greets)}`;
    const repo = world(sandbox, { judge, judgeMore: `, env: [JUDGE_KEY], hosts: ["127.0.0.1:${port}"]` });
    // What it counts by lies outside.
    repo.commit(
      { "nightcrew.yaml": repo.read("nightcrew.yaml").replace(/echo .{0,20}NIGHTCREW_TASK.{0,4} >> '[^']*'/, ":") },
      "More",
    );
    const ended = await repo.run(["run", "ROADMAP.md", "--yes", "--json"], inSandbox);
    server.close();
    expect([ended.code, reportIn(ended).tasks[0]?.failure]).toEqual([0, null]);
    expect((await repo.run(["logs", "1-1"])).stdout).toMatch(/holds: no key\nholds: no network\nholds: it says hello/);
  });

  test("evidence that holds its key is not run", async ({ sandbox }) => {
    const judge = `echo '{"evidence":[{"claim":"x","command":"test -e greet # '"$JUDGE_KEY"'"}]}' > "$NIGHTCREW_EVIDENCE"`;
    const repo = world(sandbox, { judge, judgeMore: ", env: [JUDGE_KEY]" });
    const ended = await repo.run(["run", "ROADMAP.md", "--yes", "--json"], { JUDGE_KEY: key });
    expect(reportIn(ended).tasks[0]?.failure?.log).toBe("its evidence holds a secret");
    expect(ended.stdout).not.toContain(key);
  });
});

puppetTest("an agent that verifies when the daemon dies is not asked again", async ({ sandbox, puppets }) => {
  const repo = sandbox.repository({
    "ROADMAP.md": "- [ ] one\n",
    "nightcrew.yaml": puppets.config("gate: {checks: [{kind: agent, name: verify}]}\n"),
  });
  const run = repo.start(["run", "ROADMAP.md", "--yes", "--json"]);
  await (await puppets.next()).finish();
  const judge = await puppets.next();
  expect(judge.name).toBe("verify-1");
  kill(await sandbox.daemonPid(), "SIGKILL");
  await judge.answers();
  const [file = ""] = /evidence-[0-9a-f]{16}\.json/.exec(await judge.asked()) ?? [];
  await judge.write(file, JSON.stringify({ evidence: [{ claim: "it is whole", command: "grep -q whole 1.txt" }] }));
  await judge.exit(0);
  expect((await run.ended).code).toBe(0);
  expect(puppets.names()).toEqual(["1-1", "verify-1"]);
});
