import { describe, expect } from "vitest";
import { test, type Puppet, type Puppets } from "../rig/puppet.ts";
import { config, gate, jsonLines, type Sandbox } from "../rig/sandbox.ts";

// Who works on what: backups, limits, capabilities, sessions. Agents are puppets of several names.

function yaml(puppets: Puppets, agents: Readonly<Record<string, string>>, more = ""): string {
  const command = JSON.stringify(puppets.command);
  const entries = Object.entries(agents).map(
    ([name, text]) => `  ${name}: {driver: command, command: ${command}, ${text}}\n`,
  );
  return `agents:\n${entries.join("")}gate: {checks: [{run: "true"}]}\n${more}`;
}

async function limited(puppet: Puppet, resetsAt: number): Promise<void> {
  await puppet.say({ type: "limit", resets_at: resetsAt, message: "come back later" });
  await puppet.say({ type: "final", ok: false, cause: "limited", status: 429, message: "come back later" });
  await puppet.exit(0);
}

function begin(
  sandbox: Sandbox,
  files: Readonly<Record<string, string>>,
): ReturnType<ReturnType<Sandbox["repository"]>["start"]> {
  return sandbox.repository(files).start(["run", "ROADMAP.md", "--yes", "--json"]);
}

function startedIn(stdout: string): { agent: string; why: { reason: string } }[] {
  const bodies = jsonLines(stdout).map(({ event }) => (event as { body?: { type: string } } | undefined)?.body);
  return bodies.filter((body) => body?.type === "attempt.started") as unknown as {
    agent: string;
    why: { reason: string };
  }[];
}

describe("a task", () => {
  test("goes on with a backup while its agent's provider takes no more work", async ({ sandbox, puppets }) => {
    const agents = { one: "provider: p, backups: [two]", two: "provider: q" };
    const files = { "ROADMAP.md": "- [ ] x\n", "nightcrew.yaml": yaml(puppets, agents, "agent: one\n") };
    const repo = sandbox.repository(files);
    const run = repo.start(["run", "ROADMAP.md", "--yes", "--json"]);
    await limited(await puppets.next(), Date.now() + 3_600_000);
    const second = await puppets.next();
    expect((await repo.run(["status"])).stdout).toContain("(two, for one, which is out of quota)");
    await second.finish();
    const { code, stdout } = await run.ended;
    expect(code).toBe(0);
    expect(startedIn(stdout)).toMatchObject([
      { agent: "one", why: { reason: "default" } },
      { agent: "two", why: { reason: "backup", of: "one", because: "limited" } },
    ]);
  });

  test.for([
    ["unauthorized", 401],
    ["unknown-model", 404],
  ] as const)("goes on with a backup where its agent fails by %s", async ([cause, status], { sandbox, puppets }) => {
    const agents = { one: "backups: [two, three]", two: "", three: "" };
    const more = "agent: one\nattempts: 1\n";
    const run = begin(sandbox, { "ROADMAP.md": "- [ ] x\n", "nightcrew.yaml": yaml(puppets, agents, more) });
    for (let hopeless = 0; hopeless < 2; hopeless++) {
      const puppet = await puppets.next();
      await puppet.say({ type: "final", ok: false, cause, status, message: "no" });
      await puppet.exit(0);
    }
    await (await puppets.next()).finish();
    const { code, stdout } = await run.ended;
    expect(code).toBe(0);
    expect(startedIn(stdout)).toMatchObject([
      { agent: "one", why: { reason: "default" } },
      { agent: "two", why: { reason: "backup", of: "one", because: "failed" } },
      { agent: "three", why: { reason: "backup", of: "one", because: "failed" } },
    ]);
  });

  test("is left for a person when every one of its agents has failed so, and goes on when it is tried again", async ({
    sandbox,
    puppets,
  }) => {
    const agents = { one: "backups: [two]", two: "" };
    const repo = sandbox.repository({
      "ROADMAP.md": "- [ ] x\n",
      "nightcrew.yaml": yaml(puppets, agents, "agent: one\n"),
    });
    const run = repo.start(["run", "ROADMAP.md", "--yes", "--json"]);
    for (let hopeless = 0; hopeless < 2; hopeless++) {
      const puppet = await puppets.next();
      await puppet.say({ type: "final", ok: false, cause: "unauthorized", status: 401, message: "no" });
      await puppet.exit(0);
    }
    expect((await run.ended).code).toBe(1);
    await repo.run(["retry", "1"]);
    await (await puppets.next()).finish();
    expect((await repo.run(["status", "--watch"])).stdout).toContain("1/1 landed");
  });

  test("goes to the agent that can do what it asks for", async ({ sandbox, puppets }) => {
    const agents = { one: "capabilities: [docs]", two: "capabilities: [docs, rust]" };
    const roadmap = "- [ ] x\n  **Capabilities**: rust\n";
    const run = begin(sandbox, { "ROADMAP.md": roadmap, "nightcrew.yaml": yaml(puppets, agents, "agent: one\n") });
    await (await puppets.next()).finish();
    expect(startedIn((await run.ended).stdout)).toMatchObject([{ agent: "two", why: { reason: "capable" } }]);
  });

  test("waits for its agent where that works on as many as it may, and others go on", async ({ sandbox, puppets }) => {
    const agents = { one: "maxConcurrent: 1", two: "maxConcurrent: 4" };
    const roadmap = "- [ ] a\n- [ ] b\n- [ ] c\n  **Agent**: two\n";
    const run = begin(sandbox, {
      "ROADMAP.md": roadmap,
      "nightcrew.yaml": yaml(puppets, agents, "agent: one\nworkers: 3\n"),
    });
    const { "1-1": first, "3-1": third } = await puppets.come(2);
    expect(puppets.names()).toEqual(["1-1", "3-1"]);
    await third?.finish();
    await first?.finish();
    const second = await puppets.next();
    expect(second.name).toBe("2-1");
    await second.finish();
    expect((await run.ended).code).toBe(0);
  });

  test("that asks for no change is completed without one", async ({ sandbox, puppets }) => {
    const roadmap = "- [ ] look into it\n  **Type**: research\n- [ ] then\n  **Depends on**: look into it\n";
    const repo = sandbox.repository({ "ROADMAP.md": roadmap, "nightcrew.yaml": yaml(puppets, { one: "" }) });
    const run = repo.start(["run", "ROADMAP.md", "--yes", "--json"]);
    const first = await puppets.next();
    await first.say({ type: "message", text: "it comes from | the cache" });
    await first.exit(0);
    await (await puppets.next()).finish();
    const { code, stdout } = await run.ended;
    expect(code).toBe(0);
    expect((await repo.run(["report"])).stdout).toContain("1: its agent said: “it comes from | the cache”");
    expect((await repo.run(["report", "--markdown"])).stdout).toContain("said: “it comes from \\| the cache”");
    expect(stdout).toContain('"type":"task.completed","commit":null');
  });

  test("whose agent does the same again and again, or takes too many turns, is ended", async ({ sandbox, puppets }) => {
    const agents = { one: "limits: {repeats: 3}", two: "limits: {turns: 2}" };
    const roadmap = "- [ ] a\n- [ ] b\n  **Agent**: two\n";
    const more = "agent: one\nattempts: 1\n";
    const run = begin(sandbox, { "ROADMAP.md": roadmap, "nightcrew.yaml": yaml(puppets, agents, more) });
    const { "1-1": first, "2-1": second } = await puppets.come(2);
    const reads = { type: "tool", name: "read", detail: "a.txt", state: "started" };
    for (const order of [reads, reads]) await first?.say(order);
    for (const order of [{ type: "turn" }, { type: "turn" }]) await second?.say(order);
    // Ended for it, they may answer no more.
    void first?.say(reads);
    void second?.say({ type: "turn" });
    const { code, stdout } = await run.ended;
    expect(code).toBe(1);
    expect(stdout).toContain('"reason":"loop","what":"read a.txt","times":3');
    expect(stdout).toContain('"reason":"turn-limit","turns":2');
  });
});

test("agents at work at once have ports of their own", async ({ sandbox }) => {
  const script = 'echo "$NIGHTCREW_PORT $NIGHTCREW_PORT_LAST" > "$NIGHTCREW_TASK.ports"';
  const tasks = Array.from({ length: 8 }, (_, index) => `- [ ] task ${index + 1}\n`).join("");
  // All of them wait for each other.
  const together = `touch "${sandbox.root}/$NIGHTCREW_TASK.here"; until [ $(ls ${sandbox.root}/*.here | wc -l) = 8 ]; do sleep 0.02; done`;
  const yaml = config(`${script}; ${together}`, `workers: 8\n${gate}`);
  const repo = sandbox.repository({ "ROADMAP.md": tasks, "nightcrew.yaml": yaml });
  expect((await repo.run(["run", "ROADMAP.md", "--yes"])).code).toBe(0);
  const blocks = Array.from({ length: 8 }, (_, index) => repo.show("main", `${index + 1}.ports`).trim());
  expect(new Set(blocks).size).toBe(8);
  for (const block of blocks) {
    const [first = 0, last = 0] = block.split(" ").map(Number);
    expect([first % 10, last - first]).toEqual([0, 9]);
  }
});

describe("what an agent is permitted", () => {
  const plan = async (sandbox: Sandbox, agents: string): Promise<{ code: number | null; said: string }> => {
    const yaml = `agents: {${agents}}\nagent: a\n${gate}`;
    const repo = sandbox.repository({ "ROADMAP.md": "- [ ] x\n", "nightcrew.yaml": yaml });
    const { code, stdout, stderr } = await repo.run(["plan", "ROADMAP.md"]);
    return { code, said: `${stdout}${stderr}` };
  };

  test.for([
    ["claude", "ask", "asks nobody; those of drivers acp, builtin can", "permissions: allow` or `deny` in"],
    ["command", "deny", "cannot be held to it; those of drivers claude, gemini, opencode", "permissions: allow` in"],
    ["codex", "deny", "cannot be held to it; those of drivers claude, gemini, opencode", "permissions: allow` in"],
  ] as const)(
    "is refused where the driver %s knows no way to: %s",
    async ([driver, permissions, why, next], { sandbox }) => {
      const { code, said } = await plan(sandbox, `a: {driver: ${driver}, command: [sh], permissions: ${permissions}}`);
      expect(code).toBe(2);
      expect(said).toContain(`Agent a cannot be given \`permissions: ${permissions}\``);
      expect(said).toContain(why);
      expect(said).toContain(next);
    },
  );

  test("is told by the plan where it is not all", async ({ sandbox }) => {
    const agents =
      "a: {driver: claude, command: [sh], permissions: deny, backups: [b]}, b: {driver: acp, command: [sh], permissions: ask}";
    const { code, said } = await plan(sandbox, `${agents}, c: {driver: acp, command: [sh], permissions: deny}`);
    expect(code).toBe(0);
    expect(said).toContain("a is denied what it would have to ask for (permissions: deny)");
    expect(said).toContain("b waits for your answer where it asks for something");
    expect(said).not.toContain("c is denied");
  });
});
