import { describe, expect } from "vitest";
import { test, type Puppet, type Puppets } from "../rig/puppet.ts";
import { eventually, isThere, jsonLines, type Repository, type Sandbox, type Started } from "../rig/sandbox.ts";

// What agents spend, and what happens when a cap is reached: through the command line.

function world(sandbox: Sandbox, puppets: Puppets, caps: string, tasks = 1, agent = ""): Repository {
  const boxes = Array.from({ length: tasks }, (_, index) => `- [ ] task ${index + 1}\n`).join("");
  const yaml = puppets.config(`budget: {${caps}}\nattempts: 1\nworkers: 2\ngate: {checks: [{run: "true"}]}\n`, agent);
  return sandbox.repository({ "ROADMAP.md": boxes, "nightcrew.yaml": yaml });
}

function begin(repo: Repository): Started {
  return repo.start(["run", "ROADMAP.md", "--yes", "--json"]);
}

/** Since it said so at last. */
async function spends(puppet: Puppet, cost: number): Promise<void> {
  await puppet.say({ type: "usage", cost, currency: "USD" });
}

const dayMs = 86_400_000;
/** What was spent counts for its day: what is about that begins in no day's last minute. */
const withinOneDay = (): Promise<void> =>
  eventually(() => Date.now() % dayMs < dayMs - 60_000, "the next day", 2 * 60_000);

interface Report {
  readonly run: string;
  readonly stoppedBy: { readonly scope: string } | null;
  readonly totals: { readonly spend: { readonly totalUsd: number; readonly undeclaredAttempts: number } };
}

function reportIn(stdout: string): Report {
  return (jsonLines(stdout).at(-1) as { report: Report }).report;
}

describe("a run whose cap is reached", () => {
  test("is stopped with all its agents, ends with 3, and goes on when the cap is raised", async ({
    sandbox,
    puppets,
  }) => {
    const repo = world(sandbox, puppets, "run: 1", 3);
    const run = begin(repo);
    const { "1-1": first, "2-1": second } = await puppets.come(2);
    if (first === undefined || second === undefined) return expect.fail("two puppets come");
    await spends(first, 0.85);
    await run.saw('"budget.alert"');
    void spends(second, 0.2);
    await run.saw('"budget.reached"');
    const ended = await run.ended;
    expect(ended.code).toBe(3);
    await eventually(() => !isThere(first.pid) && !isThere(second.pid), "both agents are gone");
    const report = reportIn(ended.stdout);
    expect(report).toMatchObject({ stoppedBy: { scope: "run" }, totals: { spend: { totalUsd: 1.05 } } });
    expect(puppets.names()).toEqual(["1-1", "2-1"]);
    expect((await repo.run(["budget"])).code).toBe(3);
    expect((await repo.run(["report"])).code).toBe(3);
    const refused = await repo.run(["resume"]);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("nightcrew budget")]);

    const raised = await repo.run(["budget", report.run, "--run", "20"]);
    expect([raised.code, raised.stderr]).toEqual([0, ""]);
    // It goes on by itself.
    for (let left = 3; left > 0; left--) await (await puppets.next()).finish();
    expect((await repo.run(["status", report.run, "--watch"])).stdout).toContain("3/3 landed");
    expect(repo.landings()).toHaveLength(3);
  });
});

describe("a task whose cap is reached", () => {
  test("waits, and others of the run go on", async ({ sandbox, puppets }) => {
    const repo = world(sandbox, puppets, "task: 1", 2);
    const run = begin(repo);
    const { "1-1": first, "2-1": second } = await puppets.come(2);
    if (first === undefined || second === undefined) return expect.fail("two puppets come");
    void spends(first, 1.5);
    await run.saw('"task.blocked"');
    await second.finish();
    const ended = await run.ended;
    expect(ended.code).toBe(3);
    expect(reportIn(ended.stdout).stoppedBy).toMatchObject({ scope: "task", capUsd: 1, spentUsd: 1.5 });
    expect(repo.show("main", "2.txt")).toBe("whole\n");
    expect((await repo.run(["tasks"])).stdout).toContain("the cap of 1.00 USD for one task is reached");
  });
});

describe("a cap of the day that is reached", () => {
  test("ends what every run has at work that it holds for", async ({ sandbox, puppets }) => {
    await withinOneDay();
    const one = world(sandbox, puppets, "day: 1");
    const yaml = (caps: string): string => puppets.config(`budget: {${caps}}\ngate: {checks: [{run: "true"}]}\n`);
    const two = sandbox.repository({ "ROADMAP.md": "- [ ] task 1\n", "nightcrew.yaml": yaml("day: 1") }, "two");
    const three = sandbox.repository({ "ROADMAP.md": "- [ ] task 1\n", "nightcrew.yaml": yaml("day: 20") }, "three");
    const runs: Started[] = [];
    const working: Puppet[] = [];
    for (const repo of [one, two, three]) {
      runs.push(begin(repo));
      working.push(await puppets.next());
    }
    const [first, second, third] = working;
    if (first === undefined || second === undefined || third === undefined) return expect.fail("three puppets come");
    void spends(first, 1.5);
    await Promise.all([first.gone, second.gone]);
    await third.answers();
    await third.finish();
    const ended = await Promise.all(runs.map((run) => run.ended));
    expect(ended.map(({ code }) => code)).toEqual([3, 3, 0]);
  });
});

describe("a cap that is lowered below what was spent", () => {
  test("stops who spent it at once, and nobody else", async ({ sandbox, puppets }) => {
    const repo = world(sandbox, puppets, "task: 5", 2);
    const run = begin(repo);
    const { "1-1": first, "2-1": second } = await puppets.come(2);
    if (first === undefined || second === undefined) return expect.fail("two puppets come");
    await spends(first, 1.5);
    await run.saw('"attempt.spent"');
    expect((await repo.run(["budget", first.run, "--task", "1"])).code).toBe(0);
    await first.gone;
    await second.answers();
    await second.finish();
    const ended = await run.ended;
    expect(ended.code).toBe(3);
    expect(reportIn(ended.stdout).stoppedBy).toMatchObject({ scope: "task", capUsd: 1, spentUsd: 1.5 });
  });
});

describe("an attempt whose cap is reached", () => {
  test("has failed, and says why", async ({ sandbox, puppets }) => {
    const run = begin(world(sandbox, puppets, "attempt: 0.5"));
    void spends(await puppets.next(), 0.75);
    const ended = await run.ended;
    expect(ended.code).toBe(1);
    expect(ended.stdout).toContain('"reason":"budget","scope":"attempt","capUsd":0.5,"spentUsd":0.75');
  });
});

describe("an agent that tells of much at once", () => {
  test("is stopped for the last of it, though nothing follows", async ({ sandbox, puppets }) => {
    const run = begin(world(sandbox, puppets, "attempt: 0.5"));
    const puppet = await puppets.next();
    await spends(puppet, 0.01);
    void spends(puppet, 5);
    await puppet.gone;
    const { code, stdout } = await run.ended;
    expect(code).toBe(1);
    expect(stdout).toContain('"reason":"budget","scope":"attempt","capUsd":0.5,"spentUsd":5.01');
  });
});

describe("what is spent", () => {
  test("is unknown where nobody says, and is not counted as nothing", async ({ sandbox, puppets }) => {
    const repo = world(sandbox, puppets, "");
    const run = begin(repo);
    await (await puppets.next()).finish();
    expect(reportIn((await run.ended).stdout).totals.spend).toMatchObject({ totalUsd: 0, undeclaredAttempts: 1 });
    expect((await repo.run(["report"])).stdout).toContain("no cost declared for 1 attempt");
  });

  test("is a price where tokens are told, and an estimate where no price is known", async ({ sandbox, puppets }) => {
    const priced = "    model: some-model\n    cost: {tokens: {input: 2, output: 10}}\n";
    const repo = world(sandbox, puppets, "", 1, priced);
    const run = begin(repo);
    const puppet = await puppets.next();
    await puppet.say({ type: "usage", input_tokens: 500_000, output_tokens: 10_000 });
    await puppet.finish();
    expect(reportIn((await run.ended).stdout).totals.spend).toMatchObject({ totalUsd: 1.1, pricedUsd: 1.1 });
  });

  test("is by the user's own price of a model before the table's, and by the agent's word before both", async ({
    sandbox,
    puppets,
  }) => {
    const prices = 'prices:\n  "gpt-*": {input: 2, output: 10}\n  "*": {input: 1, output: 1}\nbudget: {day: none}\n';
    const yaml = puppets.config(`${prices}gate: {checks: [{run: "true"}]}\n`);
    const repo = sandbox.repository({ "ROADMAP.md": "- [ ] one\n- [ ] two\n- [ ] three\n", "nightcrew.yaml": yaml });
    const run = begin(repo);
    const { "1-1": one, "2-1": two, "3-1": three } = await puppets.come(3);
    const tokens = { type: "usage", input_tokens: 500_000, output_tokens: 10_000 };
    await one?.say({ ...tokens, model: "openai/gpt-5" });
    await two?.say({ ...tokens, model: "mine" });
    await three?.say({ ...tokens, model: "gpt-5", cost: 0.5, currency: "USD" });
    for (const puppet of [one, two, three]) await puppet?.finish();
    const { spend } = reportIn((await run.ended).stdout).totals;
    expect(spend).toMatchObject({ totalUsd: 2.11, reportedUsd: 0.5, pricedUsd: 1.61, ownUsd: 1.61, tables: [] });
    expect((await repo.run(["report"])).stdout).toContain("0.50 USD reported by agents, 1.61 USD by your prices");
  });

  test("is an estimate where no price is known, and is charged as one", async ({ sandbox, puppets }) => {
    const repo = world(sandbox, puppets, "attempt: 2", 1, "    model: nobody-knows-it\n");
    const run = begin(repo);
    const puppet = await puppets.next();
    await puppet.say({ type: "usage", input_tokens: 10_000, output_tokens: 1_000 });
    await run.saw('"attempt.spent"');
    void puppet.say({ type: "usage", output_tokens: 20_000 });
    const { stdout, code } = await run.ended;
    expect(code).toBe(1);
    expect(reportIn(stdout).totals.spend).toMatchObject({ estimatedUsd: 4.08, totalUsd: 4.08 });
    expect(stdout).toContain('"reason":"budget","scope":"attempt","capUsd":2,"spentUsd":4.08');
    expect((await repo.run(["report"])).stdout).toContain("cost: 4.08 USD estimated");
  });

  test("on the day by all runs stops every one of them, and goes on when its cap is raised", async ({
    sandbox,
    puppets,
  }) => {
    await withinOneDay();
    const one = world(sandbox, puppets, "day: 2");
    const first = begin(one);
    await spends(await puppets.next(), 1.5);
    await first.saw('"attempt.spent"');
    await puppets.all[0]?.finish();
    expect((await first.ended).code).toBe(0);
    const yaml = puppets.config("budget: {day: 2}\ngate: {checks: [{run: 'true'}]}\n");
    const other = sandbox.repository({ "ROADMAP.md": "- [ ] x\n", "nightcrew.yaml": yaml }, "other");
    const second = other.start(["run", "ROADMAP.md", "--yes"]);
    const puppet = await puppets.next();
    const server = await puppet.spawnDetached();
    void spends(puppet, 0.5);
    await puppet.gone;
    const { code, stdout } = await second.ended;
    expect(code).toBe(3);
    expect(stdout).toContain("the cap of 2.00 USD for the day is reached");
    await eventually(() => !isThere(server), "what its agent had started is gone");
    const waiting = await other.run(["run", "Another", "--yes"]);
    expect([waiting.code, puppets.names()]).toEqual([3, ["1-1", "1-1"]]);
    const id = /^\d{8}-\d{6}-[0-9a-f]{8}/m.exec((await other.run(["budget"])).stdout)?.[0] ?? "none";
    expect((await other.run(["budget", id, "--day", "20"])).code).toBe(0);
    await (await puppets.next()).finish();
    expect((await other.run(["status", id, "--watch"])).stdout).toContain("1/1 landed");
  });

  test("elsewhere is also read from source 001's file, in the checkout", async ({ sandbox, puppets }) => {
    const repo = world(sandbox, puppets, "");
    const under = { SWARM_BUDGET_MAX: "10" };
    repo.write(".gitignore", ".swarm/\n");
    repo.write(".swarm/costs/current_spend", "7.25\n");
    const plan = async (): Promise<unknown> =>
      JSON.parse((await repo.run(["plan", "ROADMAP.md", "--json"], under)).stdout);
    expect(await plan()).toMatchObject({ budget: { runUsd: 2.75 } });
    repo.write(".swarm/costs/current_spend", "10\n");
    const refused = await repo.run(["run", "ROADMAP.md", "--yes"], under);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("The budget is used up: 10 of 10 USD")]);
    repo.write(".swarm/costs/current_spend", "much\n");
    const wrong = await repo.run(["run", "ROADMAP.md", "--yes"], under);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("current_spend is not an amount: much")]);
  });

  test("is told soon when four fifths of a cap are spent, and nothing is stopped", async ({ sandbox, puppets }) => {
    const run = world(sandbox, puppets, "attempt: 1").start(["run", "ROADMAP.md", "--yes"]);
    const puppet = await puppets.next();
    await spends(puppet, 0.79);
    await run.saw("attempt 1: 0.79 USD (reported)");
    await spends(puppet, 0.01);
    await run.saw("the cap of 1.00 USD for one attempt is reached soon: 0.80 USD spent");
    await puppet.finish();
    const { code, stdout } = await run.ended;
    expect([code, stdout.match(/is reached soon/g)?.length]).toEqual([0, 1]);
  });

  test("elsewhere lowers the cap, and refuses a run that could not begin", async ({ sandbox, puppets }) => {
    const repo = world(sandbox, puppets, "");
    const over = { SWARM_BUDGET_MAX: "10", SWARM_CURRENT_SPEND: "12.5" };
    const refused = await repo.run(["run", "ROADMAP.md", "--yes"], over);
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringContaining("The budget is used up: 12.5 of 10 USD"),
    ]);
    const plan = await repo.run(["plan", "ROADMAP.md", "--json"], { ...over, SWARM_CURRENT_SPEND: "7" });
    expect(JSON.parse(plan.stdout)).toMatchObject({ budget: { runUsd: 3 } });
  });
});
