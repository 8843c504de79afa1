import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { findProgram } from "../../src/adapters/process/find-program.ts";
import { startModel, type ModelAnswer, type ModelRequest, type ModelServer } from "../rig/model-server.ts";
import { outcomesOf } from "../rig/outcome.ts";
import { eventually, jsonLines, test as base, type Repository, type Sandbox } from "../rig/sandbox.ts";

// The built-in agent in runs, through the command line: it needs no program, so what a model is asked can be counted here.

const test = base.extend<{
  readonly model: (script: (request: ModelRequest, turn: number) => ModelAnswer) => Promise<ModelServer>;
}>({
  // oxlint-disable-next-line no-empty-pattern -- vitest wants the pattern
  model: async ({}, use) => {
    const servers: ModelServer[] = [];
    await use(async (script) => {
      const server = await startModel(script);
      servers.push(server);
      return server;
    });
    await Promise.all(servers.map((server) => server.close()));
  },
});

const gate = 'gate: {checks: [{run: "true"}]}\n';
const key = "planted-key-0123456789";

const writes =
  (more: ModelAnswer = {}): ((request: ModelRequest) => ModelAnswer) =>
  (request) =>
    request.afterTool
      ? { text: "Done.", ...more }
      : { calls: [{ name: "write_file", args: { file_path: "made.txt", content: "made\n" } }], ...more };

/** A PATH without agents on it. */
function programs(sandbox: Sandbox): string {
  const bin = sandbox.path("bin");
  mkdirSync(bin);
  for (const name of ["git", "sh", "true"]) {
    const found = findProgram(name, process.env["PATH"] ?? "", "/");
    if (found !== null) symlinkSync(found, join(bin, name));
  }
  return bin;
}

/** Of a machine with a key and a model's server, and no agent. */
function surroundings(sandbox: Sandbox, { url }: ModelServer): Record<string, string> {
  return { PATH: programs(sandbox), OPENAI_API_KEY: key, OPENAI_BASE_URL: `${url}/v1` };
}

function world(sandbox: Sandbox, yaml = gate, tasks = "- [ ] one\n"): Repository {
  return sandbox.repository({ "ROADMAP.md": tasks, "nightcrew.yaml": yaml });
}

interface Spend {
  readonly totalUsd: number;
  readonly reportedUsd: number;
  readonly pricedUsd: number;
  readonly estimatedUsd: number;
}

function spendIn(stdout: string): Spend {
  return (jsonLines(stdout).at(-1) as { report: { totals: { spend: Spend } } }).report.totals.spend;
}

describe("where a key is and no agent", () => {
  test("the built-in one does the work, with a model of its own choice", async ({ sandbox, model }) => {
    const server = await model(writes());
    const env = surroundings(sandbox, server);
    const repo = world(sandbox);
    const run = await repo.run(["run", "ROADMAP.md", "--yes", "--json"], env);
    expect({ code: run.code, outcomes: outcomesOf(run.stdout) }).toEqual({ code: 0, outcomes: ["done"] });
    expect(repo.show("main", "made.txt")).toBe("made\n");
    expect(new Set(server.requests.map(({ model: name }) => name))).toEqual(new Set(["gpt-6.1-sol"]));
    expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${key}`);
  });

  test("it uses the model that the terminal's environment names", async ({ sandbox, model }) => {
    const server = await model(writes());
    const env = { ...surroundings(sandbox, server), NIGHTCREW_MODEL: "m1" };
    expect((await world(sandbox).run(["run", "ROADMAP.md", "--yes"], env)).code).toBe(0);
    expect(new Set(server.requests.map(({ model: name }) => name))).toEqual(new Set(["m1"]));
  });
});

describe("what a model's answers cost", () => {
  test.for([
    ["a LiteLLM proxy in a header", { headers: { "x-litellm-response-cost": "0.25" } }, "m1", { reportedUsd: 0.5 }],
    ["OpenRouter in the usage", { usage: { cost: 0.125 } }, "m1", { reportedUsd: 0.25 }],
    ["nobody, and the table has a price", { usage: { prompt_tokens: 1e6 } }, "gpt-5", { pricedUsd: 2.5002 }],
    ["nobody, and no price is known", { usage: { prompt_tokens: 10_000 } }, "m1", { estimatedUsd: 0.6036 }],
    ["a proxy that errs", { headers: { "x-litellm-response-cost": "-3" } }, "gpt-5", { pricedUsd: 0.00045 }],
  ] as const)("is told by %s", async ([, answer, name, expected], { sandbox, model }) => {
    const server = await model(writes(answer));
    const repo = world(sandbox, `agents: {builtin: {model: ${name}}}\n${gate}`);
    const run = await repo.run(["run", "ROADMAP.md", "--yes", "--json"], surroundings(sandbox, server));
    const nothing = { reportedUsd: 0, pricedUsd: 0, estimatedUsd: 0 };
    const [totalUsd] = Object.values(expected);
    expect(spendIn(run.stdout)).toMatchObject({ ...nothing, ...expected, totalUsd });
    const report = await repo.run(["report"]);
    expect(report.stdout.includes("estimate")).toBe("estimatedUsd" in expected);
    expect(/by the price table of 20\d\d-\d\d-\d\d/.test(report.stdout)).toBe("pricedUsd" in expected);
  });
});

describe("as the agent that verifies", () => {
  test("it is asked of the work of another one, leaves its evidence, and is paid for", async ({ sandbox, model }) => {
    const evidence = (command: string): string => JSON.stringify({ evidence: [{ claim: "it is made", command }] });
    const server = await model((request) => {
      const [, file] = /`(evidence-[0-9a-f]+\.json)`/.exec(JSON.stringify(request.messages)) ?? [];
      const usage = { prompt_tokens: 1_000_000, completion_tokens: 0, total_tokens: 1_000_000 };
      if (file === undefined || request.afterTool) return writes({ usage })(request);
      const args = { file_path: file, content: evidence("grep -q made made.txt") };
      return { calls: [{ name: "write_file", args }], usage };
    });
    const agents = "agents: {builtin: {model: m1, cost: {tokens: {input: 1, output: 1}}}}\n";
    const repo = world(sandbox, `${agents}gate: {checks: [{kind: agent}]}\n`);
    const grep = findProgram("grep", process.env["PATH"] ?? "", "/") ?? "";
    const env = surroundings(sandbox, server);
    symlinkSync(grep, sandbox.path("bin", "grep"));
    const run = await repo.run(["run", "ROADMAP.md", "--yes", "--json"], env);
    expect({ code: run.code, outcomes: outcomesOf(run.stdout) }).toEqual({ code: 0, outcomes: ["done"] });
    expect(repo.git("ls-tree", "--name-only", "main").split("\n").sort()).toEqual([
      "ROADMAP.md",
      "made.txt",
      "nightcrew.yaml",
    ]);
    expect(spendIn(run.stdout)).toMatchObject({ totalUsd: 4, pricedUsd: 4, verifyUsd: 2 });
  });
});

describe("an agent that asks", () => {
  /** Tool by tool, or for all that changes something. */
  const asking = ["permissions: ask", "args: [--ask, write_file]"];
  const waiting = "asked for permission: write_file: ";

  test.for([
    [asking[0], "approve", "done"],
    [asking[1], "approve", "done"],
    [asking[1], "refuse", "nothing-changed"],
  ] as const)("with %s, waits for a person: %s makes it %s", async ([how = "", word, outcome], { sandbox, model }) => {
    const server = await model(writes());
    const env = surroundings(sandbox, server);
    const repo = world(sandbox, `agents: {builtin: {model: m1, ${how}}}\nattempts: 1\n${gate}`);
    const run = repo.start(["run", "ROADMAP.md", "--yes", "--json"], env);
    await run.saw(waiting);
    const id = `${sandbox.newestRun()}/1`;
    const status = (await repo.run(["status"])).stdout;
    expect(status).toMatch(/running +1 +.*asked for permission: write_file/);
    expect(status).toContain(`next answer 1: nightcrew approve ${id}, or nightcrew refuse ${id}`);
    const answered = await repo.run([word, "1"]);
    expect([answered.code, answered.stdout]).toEqual([0, expect.stringContaining("told attempt 1")]);
    const { stdout } = await run.ended;
    expect(outcomesOf(stdout)).toEqual([outcome]);
    expect(stdout.includes('"refused":["permission: write_file')).toBe(word === "refuse");
    expect((await repo.run(["status"])).stdout).not.toContain("asked for permission");
    const late = await repo.run(["answer", "1", "yes"]);
    expect([late.code, late.stderr]).toEqual([2, expect.stringContaining("no agent is at work on 1")]);
  });

  test("is not answered by who names a run, a task that is not there, or an agent that asks nobody", async ({
    sandbox,
    model,
  }) => {
    const server = await model(() => ({ hang: true }));
    const other = "other: {driver: command, command: [sh, -c, 'until [ -e go ]; do sleep 0.05; done']}";
    const yaml = `agent: builtin\nagents: {builtin: {model: m1}, ${other}}\n${gate}`;
    const repo = world(sandbox, yaml, "- [ ] one\n- [ ] two\n  **Agent**: other\n");
    const env = { ...surroundings(sandbox, server), PATH: process.env["PATH"] ?? "" };
    const run = repo.start(["run", "ROADMAP.md", "--yes", "--json"], env);
    for (const task of ["1", "2"]) await run.saw(`"task":"${task}","body":{"type":"task.staged","stage":"working"`);
    const why = async (id: string): Promise<string> => (await repo.run(["approve", id])).stderr;
    expect(await why(sandbox.newestRun())).toContain("is a run, not a task");
    expect(await why("3")).toContain("There is no task or attempt 3");
    expect(await why("2")).toContain("other asks nobody");
    await repo.run(["cancel", "--all"]);
    await run.ended;
  });
});

describe("an idle home", () => {
  test("asks no model, whatever waits in it and whatever it is asked", async ({ sandbox, model }) => {
    const server = await model((request) =>
      JSON.stringify(request.messages).includes("# limited")
        ? { status: 429, message: "come back later", headers: { "retry-after": "3600" } }
        : writes()(request),
    );
    const env = surroundings(sandbox, server);
    const agents = "agents: {one: {driver: builtin, model: m1}, two: {driver: builtin, model: m1}}\nagent: one\n";
    const tasks = "- [ ] made\n- [ ] limited\n  **Agent**: two\n- [ ] behind it\n  **Depends on**: limited\n";
    const repo = world(sandbox, `workers: 1\n${agents}${gate}`, tasks);
    const run = repo.start(["run", "ROADMAP.md", "--yes", "--json"], env);
    await run.saw('"quota.reached"');
    await run.saw('"task.completed"');
    await repo.run(["pause", "--all"], env);
    const asked = server.requests.length;
    for (const command of ["status", "tasks", "runs", "report", "budget", "agents", "agents probe", "doctor", "locks"])
      await repo.run([...command.split(" "), "--json"], env);
    await repo.run(["plan", "ROADMAP.md"], env);
    await repo.run(["cleanup", "--dry-run"], env);
    // Also not by a daemon that finds all of it waiting.
    const first = await sandbox.daemonPid();
    await repo.run(["daemon", "stop"], env);
    await repo.run(["status"], env);
    await eventually(() => sandbox.daemons().some((pid) => pid !== first), "another daemon");
    await repo.run(["resume", "--all", "--detach"], env);
    const tasksNow = await repo.run(["tasks", "--json"], env);
    expect(server.requests.length).toBe(asked);
    expect(JSON.parse(tasksNow.stdout)).toMatchObject({
      tasks: [{ state: { status: "completed" } }, { state: { status: "queued" } }, { state: { status: "blocked" } }],
    });
    await repo.run(["cancel", "--all"], env);
    await run.ended;
    expect(server.requests.length).toBe(asked);
  });
});
