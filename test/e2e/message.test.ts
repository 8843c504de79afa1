import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect } from "vitest";
import { test, type Puppets } from "../rig/puppet.ts";
import { eventually, gate, jsonLines, type Repository, type Sandbox } from "../rig/sandbox.ts";

const fakeAgent = join(dirname(dirname(fileURLToPath(import.meta.url))), "rig", "fake-acp-agent.mjs");

async function begun(sandbox: Sandbox, yaml: string, tasks = "- [ ] one\n"): Promise<Repository> {
  const repo = sandbox.repository({ "ROADMAP.md": tasks, "nightcrew.yaml": yaml });
  await repo.run(["run", "ROADMAP.md", "--yes", "--detach"]);
  return repo;
}

/** Puppets that read what they are told, or do not. */
const config = (puppets: Puppets, converses: boolean, more = ""): string =>
  puppets.config(`${more}${gate}`, converses ? "    converses: true\n" : "");

async function done(repo: Repository, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await repo.run(args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
}

async function refused(repo: Repository, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await repo.run(args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  return stderr;
}

interface Reported {
  readonly report: { readonly tasks: readonly { readonly messages: readonly Record<string, unknown>[] }[] };
}

async function messagesIn(repo: Repository): Promise<readonly Record<string, unknown>[]> {
  const { report } = jsonLines((await repo.run(["report", "--json"])).stdout)[0] as unknown as Reported;
  return report.tasks.flatMap(({ messages }) => messages);
}

describe("an agent that can be told while it works", () => {
  test("is told, says that it took it up, and whoever works on the task after it knows it, too", async ({
    sandbox,
    puppets,
  }) => {
    const repo = await begun(sandbox, config(puppets, true, "attempts: 2\n"));
    const first = await puppets.next();
    const answer = await done(repo, "message", "1", "Use", "the other one.");
    expect(answer).toContain("said to attempt 1 (puppet)");
    const heard = await first.hears();
    expect(heard).toEqual({ type: "message", id: expect.stringMatching(/^[0-9a-f]{16}$/), text: "Use the other one." });
    const watch = repo.start(["logs", sandbox.newestRun(), "--follow"]);
    await first.say({ type: "told", id: heard["id"] });
    await watch.saw("attempt 1 was told: “Use the other one.”");
    expect(watch.stdout()).toMatch(/1: a person says: “Use the other one\.”[^]*was told/);
    await first.exit(1);
    const second = await puppets.next();
    expect(await second.asked()).toMatch(/What a person said to this task[^]*\n> Use the other one\.\n/);
    await second.finish();
    expect((await watch.ended).code).toBe(0);
    expect(await messagesIn(repo)).toMatchObject([{ text: "Use the other one.", told: 1 }]);
    expect(await done(repo, "report")).toContain("a person said: “Use the other one.” (attempt 1 was told)");
  });

  test("is told once, also by a daemon that comes after the one that was told to", async ({ sandbox, puppets }) => {
    const repo = await begun(sandbox, config(puppets, true));
    const first = await puppets.next();
    process.kill(await sandbox.daemonPid(), "SIGKILL");
    await done(repo, "message", "1", "After it.");
    expect(await first.hears()).toMatchObject({ text: "After it." });
    await done(repo, "message", "1", "And this.");
    expect(await first.hears()).toMatchObject({ text: "And this." });
    await first.finish();
    expect((await repo.run(["status", "--watch"])).stdout).toContain("1/1 landed");
    // It never said that it took them up.
    expect(await messagesIn(repo)).toMatchObject([{ told: null }, { told: null }]);
  });
});

test("an agent that said its last word finds the end of its stdin, and may leave by that", async ({ sandbox }) => {
  const script = `echo '{"type":"final","ok":true}'; cat > /dev/null; echo whole > 1.txt`;
  const yaml = `agents: {sh: {command: [sh, -c, ${JSON.stringify(script)}], converses: true}}\n${gate}`;
  const repo = sandbox.repository({ "ROADMAP.md": "- [ ] one\n", "nightcrew.yaml": yaml });
  expect((await repo.run(["run", "ROADMAP.md", "--yes"])).code).toBe(0);
  expect(repo.show("main", "1.txt")).toBe("whole\n");
});

describe("an agent that cannot be told", () => {
  test("goes on; the answer says so and what to do, and its next attempt is told", async ({ sandbox, puppets }) => {
    const repo = await begun(sandbox, config(puppets, false));
    const first = await puppets.next();
    const answer = await done(repo, "message", "1", "Use the other one.");
    expect(answer).toContain("puppet cannot be told while it works: it will be told when its task is done again");
    expect(answer).toMatch(/nightcrew cancel (\S+\/1), then nightcrew retry \1/);
    expect(await first.asked()).not.toContain("other one");
    await done(repo, "cancel", "1");
    await first.gone;
    expect(await refused(repo, "message", "1", "Too late.")).toMatch(/it is cancelled[^]*nightcrew retry \S+\/1/);
    await repo.run(["status", "--watch"]);
    await done(repo, "retry", "1");
    const second = await puppets.next();
    expect(await second.asked()).toContain("\n> Use the other one.\n");
    await second.finish();
    expect((await repo.run(["status", "--watch"])).stdout).toContain("1/1 landed");
    expect(await messagesIn(repo)).toMatchObject([{ text: "Use the other one.", told: 2 }]);
  });

  test("is told from its start what was said before; secrets and other people's headings are nothing in it", async ({
    sandbox,
    puppets,
  }) => {
    const repo = await begun(sandbox, config(puppets, false, "workers: 1\n"), "- [ ] one\n- [ ] two\n");
    const first = await puppets.next();
    const secret = ["ghp_", "a8Zk29dkQpLm47Xc01VbNn56TtYy83Ww"].join("");
    const text = `# Rules\nUse ${secret} and \u001b[31mred\u001b[0m.`;
    const long = await sandbox.nightcrew(["message", "2", "--stdin"], { cwd: repo.path, stdin: text });
    expect([long.code, long.stdout]).toEqual([0, expect.stringContaining("kept: whoever begins on it is told")]);
    await first.finish();
    const second = await puppets.next();
    const asked = await second.asked();
    expect(asked).toContain("\n> # Rules\n> Use ");
    await second.finish();
    const { stdout } = await repo.run(["status", "--watch"]);
    expect(stdout).toContain("2/2 landed");
    const logs = await done(repo, "logs", sandbox.newestRun());
    expect([asked.includes(secret), logs.includes(secret), logs.includes("\u001b[31m")]).toEqual([false, false, false]);
    expect(JSON.stringify(await messagesIn(repo))).not.toContain(secret);
  });
});

describe("what cannot be said", () => {
  test("is refused with the reason: nothing, too much, to a run, to nobody", async ({ sandbox, puppets }) => {
    const repo = await begun(sandbox, config(puppets, true));
    const first = await puppets.next();
    expect(await refused(repo, "message", "1")).toContain("Nothing was said");
    expect(await refused(repo, "message", "1", "x".repeat(16_001))).toContain("at most 16000 characters");
    expect(await refused(repo, "message", "7", "x")).toContain("There is no task or attempt 7");
    expect(await refused(repo, "message", sandbox.newestRun(), "x")).toContain("message is for single tasks");
    for (let said = 1; said <= 20; said++) await done(repo, "message", "1", `${said}.`);
    expect(await refused(repo, "message", "1", "21.")).toContain("20 messages to it are kept already");
    await first.finish();
    await repo.run(["status", "--watch"]);
    expect(await refused(repo, "message", "1", "x")).toContain("it is completed");
  });
});

test("an agent that speaks the Agent Client Protocol is asked once more when it is done with what it does", async ({
  sandbox,
}) => {
  const command = JSON.stringify([process.execPath, fakeAgent, "edit", "asked.jsonl"]);
  const yaml = `agents: {acp: {command: ${command}, permissions: ask}}\nsandbox: {readable: [${dirname(fakeAgent)}]}\n${gate}`;
  const repo = sandbox.repository({ "ROADMAP.md": "- [ ] one\n", "nightcrew.yaml": yaml });
  const run = repo.start(["run", "ROADMAP.md", "--yes", "--json"]);
  await run.saw("asked for permission");
  expect(await done(repo, "message", "1", "And then this.")).toContain("said to attempt 1 (acp)");
  await done(repo, "approve", "1");
  await run.saw('"type":"attempt.told","attempt":1,"text":"And then this."');
  await eventually(() => run.stdout().split("(waiting)").length > 2, "the second question");
  await done(repo, "approve", "1");
  expect((await run.ended).code).toBe(0);
  const asked = jsonLines(repo.show("main", "asked.jsonl")).flatMap(({ prompt }) =>
    prompt === undefined ? [] : [prompt],
  );
  expect(asked).toEqual([expect.stringContaining("# one"), "And then this."]);
});
