import { describe, expect } from "vitest";
import { outcomesOf } from "../rig/outcome.ts";
import { test, type Puppet, type Puppets } from "../rig/puppet.ts";
import { eventually, gate, isThere, type Ended, type Repository, type Sandbox, type Started } from "../rig/sandbox.ts";

// What becomes of what agents do, as `npm run test:agents` tries it with real ones; here they are puppets.
const once = `attempts: 1\n${gate}`;
/** Neither limits nor outages are waited for. */
const hurried = `onLimit: fail\n${once}`;
const limits = (what: string): string => `    limits: {${what}}\n`;

function world(sandbox: Sandbox, puppets: Puppets, agent = "", more = once): Repository {
  return sandbox.repository({ "ROADMAP.md": "- [ ] one\n", "nightcrew.yaml": puppets.config(more, agent) });
}

function begin(repo: Repository): Started {
  return repo.start(["run", "ROADMAP.md", "--yes", "--json"]);
}

async function expectOutcome(run: Started, outcome: string, code: 0 | 1): Promise<Ended> {
  const ended = await run.ended;
  expect({ outcomes: outcomesOf(ended.stdout), code: ended.code }).toEqual({ outcomes: [outcome], code });
  return ended;
}

/** The whole day of an agent that fails by its own words. */
async function failsBy(puppet: Puppet, cause: string, status: number | null): Promise<void> {
  await puppet.say({ type: "session", id: "s1" });
  await puppet.say({ type: "retry", status, message: "once more" });
  await puppet.say({ type: "final", ok: false, cause, status, message: `it was ${cause}` });
  await puppet.exit(0);
}

describe("an agent", () => {
  test("that succeeds is done: its work lands, and what it used is counted", async ({ sandbox, puppets }) => {
    const repo = world(sandbox, puppets);
    const run = begin(repo);
    const puppet = await puppets.next();
    await puppet.say({ type: "turn" });
    await puppet.say({ type: "usage", input_tokens: 1200, output_tokens: 34, cost: 0.25, currency: "USD" });
    await puppet.write("one.txt", "one\n");
    await puppet.say({ type: "final", ok: true });
    await puppet.exit(0);
    const { stdout } = await expectOutcome(run, "done", 0);
    expect(stdout).toContain('"cost":0.25');
    expect(repo.show("main", "one.txt")).toBe("one\n");
  });

  test("is done by what it left, whatever its exit code, where it says that it has finished", async ({
    sandbox,
    puppets,
  }) => {
    const run = begin(world(sandbox, puppets));
    const puppet = await puppets.next();
    await puppet.write("one.txt", "one\n");
    await puppet.say({ type: "final", ok: true });
    await puppet.exit(1);
    await expectOutcome(run, "done", 0);
  });

  test("that edits nothing has changed nothing", async ({ sandbox, puppets }) => {
    const run = begin(world(sandbox, puppets));
    await (await puppets.next()).exit(0);
    await expectOutcome(run, "nothing-changed", 1);
  });

  test("that claims success falsely has changed nothing", async ({ sandbox, puppets }) => {
    const run = begin(world(sandbox, puppets));
    const puppet = await puppets.next();
    await puppet.say({ type: "message", text: "DONE: all tests pass" });
    await puppet.say({ type: "final", ok: true });
    await puppet.exit(0);
    await expectOutcome(run, "nothing-changed", 1);
  });

  test.for([
    ["unauthorized", 401, "failed: agent-failed unauthorized 401"],
    ["endpoint", 500, "failed: agent-failed endpoint 500"],
    ["endpoint", 529, "failed: agent-failed endpoint 529"],
    ["endpoint", null, "failed: agent-failed endpoint"],
    ["unknown-model", 404, "failed: agent-failed unknown-model 404"],
    ["refused", null, "refused"],
  ] as const)(
    "that fails by %s %s is told so, though it exits with 0",
    async ([cause, status, outcome], { sandbox, puppets }) => {
      const run = begin(world(sandbox, puppets, "", hurried));
      await failsBy(await puppets.next(), cause, status);
      await expectOutcome(run, outcome, 1);
    },
  );

  test("that fails with half of its work done has left it on a branch", async ({ sandbox, puppets }) => {
    const repo = world(sandbox, puppets, "", hurried);
    const run = begin(repo);
    const puppet = await puppets.next();
    await puppet.write("half.txt", "half\n");
    await failsBy(puppet, "endpoint", 500);
    await expectOutcome(run, "partial: agent-failed endpoint 500", 1);
    expect(repo.show(`nightcrew/${puppet.run}/1-1`, "half.txt")).toBe("half\n");
    expect(repo.git("log", "--format=%s", "main")).toBe("Start");
  });

  test("that is limited until a time is waited for until then", async ({ sandbox, puppets }) => {
    const repo = world(sandbox, puppets);
    const run = begin(repo);
    const puppet = await puppets.next();
    const resetsAt = Date.now() + 3_600_000;
    await puppet.say({ type: "limit", resets_at: resetsAt, message: "come back later" });
    await failsBy(puppet, "limited", 429);
    await run.saw('"quota.reached"');
    await run.saw(`"until":${resetsAt}`);
    await repo.run(["cancel", "--all"]);
    await expectOutcome(run, "limited", 1);
    expect(puppets.names()).toEqual(["1-1"]);
  });

  test("whose endpoint is out of order is tried again later, and nothing counts against it", async ({
    sandbox,
    puppets,
  }) => {
    const repo = world(sandbox, puppets);
    const run = begin(repo);
    await failsBy(await puppets.next(), "endpoint", 503);
    await run.saw('"task.requeued"');
    const { tasks } = JSON.parse((await repo.run(["tasks", "--json"])).stdout) as {
      tasks: { state: { status: string; notBefore: number | null } }[];
    };
    expect(tasks[0]?.state).toMatchObject({ status: "queued", notBefore: expect.any(Number) as number });
    await repo.run(["cancel", "--all"]);
    expect((await run.ended).code).toBe(1);
  });

  test("that is limited has failed where nobody wants to wait", async ({ sandbox, puppets }) => {
    const run = begin(world(sandbox, puppets, "", hurried));
    await failsBy(await puppets.next(), "limited", 429);
    await expectOutcome(run, "limited", 1);
  });

  test.for([
    ["before its first output", "firstOutput: 300ms", false, "failed: time-limit first-output"],
    ["after its first output", "silence: 300ms", true, "failed: time-limit silence"],
  ] as const)("that hangs %s is ended", async ([, limit, speaks, outcome], { sandbox, puppets }) => {
    const run = begin(world(sandbox, puppets, limits(limit)));
    // On a busy machine one that has no time may be ended before it comes.
    if (speaks) await (await puppets.next()).say({ type: "tool", name: "shell", detail: "sleep", state: "started" });
    await expectOutcome(run, outcome, 1);
    await Promise.all(puppets.all.map(({ gone }) => gone));
  });

  test("that does the same again and again is ended", async ({ sandbox, puppets }) => {
    const run = begin(world(sandbox, puppets, limits("repeats: 5")));
    const puppet = await puppets.next();
    const again = { type: "tool", name: "shell", detail: "echo again", state: "started" };
    for (const order of [again, again, again, again]) await puppet.say(order);
    void puppet.say(again);
    await puppet.gone;
    await expectOutcome(run, "failed: loop", 1);
  });

  test("that floods 200 MB is not held up, and its log stays small", async ({ sandbox, puppets }) => {
    const repo = world(sandbox, puppets);
    const run = begin(repo);
    const puppet = await puppets.next();
    await puppet.flood(200_000_000);
    await puppet.write("one.txt", "one\n");
    await puppet.exit(0);
    await expectOutcome(run, "done", 0);
    const log = sandbox.find(sandbox.home, "agent.log").map((file) => sandbox.sizeOf(file));
    expect(log).toHaveLength(1);
    expect(Math.max(...log)).toBeLessThan(10_000_000);
  });

  test("that leaves a server in a session of its own leaves nothing", async ({ sandbox, puppets }) => {
    const run = begin(world(sandbox, puppets));
    const puppet = await puppets.next();
    const server = await puppet.spawnDetached();
    await puppet.write("one.txt", "one\n");
    await puppet.exit(0);
    await expectOutcome(run, "done", 0);
    await eventually(() => !isThere(server), "the server is gone");
  });

  test("that waits for a permission nobody gives is ended, and what it asked for is told", async ({
    sandbox,
    puppets,
  }) => {
    const run = begin(world(sandbox, puppets, limits("silence: 300ms")));
    const puppet = await puppets.next();
    await puppet.say({ type: "permission", asked: "write to /etc/passwd", answer: "waiting" });
    await puppet.gone;
    const { stdout } = await expectOutcome(run, "failed: time-limit silence", 1);
    expect(stdout).toContain("write to /etc/passwd");
  });

  test("that is cancelled in the middle of a tool is gone with it", async ({ sandbox, puppets }) => {
    const repo = world(sandbox, puppets);
    const run = begin(repo);
    const puppet = await puppets.next();
    await puppet.say({ type: "tool", name: "shell", detail: "sleep", state: "started" });
    const tool = await puppet.spawnDetached();
    expect((await repo.run(["cancel", "1"])).code).toBe(0);
    await puppet.gone;
    await expectOutcome(run, "stopped", 1);
    await eventually(() => !isThere(tool), "its tool is gone");
  });

  test("that dies by kill -9 has failed, whatever it had said before", async ({ sandbox, puppets }) => {
    const run = begin(world(sandbox, puppets));
    const puppet = await puppets.next();
    await puppet.say({ type: "message", text: "nearly done" });
    await puppet.answers();
    process.kill(puppet.pid, "SIGKILL");
    await expectOutcome(run, "failed: agent-exit SIGKILL", 1);
  });

  test("is told all of a task of 200 kB", async ({ sandbox, puppets }) => {
    const text = "Keep to the style of the project. ".repeat(6_000);
    const repo = sandbox.repository({ "tasks.txt": `one|${text}END\n`, "nightcrew.yaml": puppets.config(once) });
    const run = repo.start(["run", "tasks.txt", "--yes", "--json"]);
    const puppet = await puppets.next();
    expect(await puppet.asked()).toContain(`${text}END`);
    await puppet.finish();
    await expectOutcome(run, "done", 0);
  });

  test("may be there four times at once", async ({ sandbox, puppets }) => {
    const roadmap = ["one", "two", "three", "four"].map((title) => `- [ ] ${title}\n`).join("");
    const repo = sandbox.repository({ "ROADMAP.md": roadmap, "nightcrew.yaml": puppets.config(once) });
    const run = begin(repo);
    const all = Object.values(await puppets.come(4));
    await Promise.all(all.map((puppet) => puppet.finish()));
    const { stdout } = await run.ended;
    expect(outcomesOf(stdout)).toEqual(["done", "done", "done", "done"]);
  });
});

describe("a session", () => {
  test("that was stopped is gone on with", async ({ sandbox, puppets }) => {
    // Puppets behind the driver of an agent that has sessions: they speak its language.
    const yaml = puppets.config(once, "", "claude");
    const repo = sandbox.repository({ "ROADMAP.md": "- [ ] one\n", "nightcrew.yaml": yaml });
    const run = repo.start(["run", "ROADMAP.md", "--yes", "--json"], { ANTHROPIC_API_KEY: "test" });
    const first = await puppets.next();
    const id = "0b0f8ea3-7c46-4ab4-9d3b-3a1b6bb9a0d1";
    await first.say({ type: "system", subtype: "init", session_id: id, model: "m1", tools: [] });
    await first.write("half.txt", "half\n");
    // What comes through the journal comes after the session.
    await first.say({ type: "assistant", message: { content: [{ type: "text", text: "half is done" }] } });
    await run.saw("half is done");
    await repo.run(["stop", "--all"]);
    await first.gone;
    await run.ended;
    await repo.run(["resume", "--all", "--detach"], { ANTHROPIC_API_KEY: "test" });
    const second = await puppets.next();
    expect((await second.arguments()).join(" ")).toContain(id);
    await second.write("one.txt", "one\n");
    await second.say({ type: "result", subtype: "success", is_error: false, session_id: id, result: "done" });
    await second.exit(0);
    expect((await repo.run(["status", "--watch"])).stdout).toContain("1/1 landed");
    expect(repo.show("main", "half.txt")).toBe("half\n");
  });
});
