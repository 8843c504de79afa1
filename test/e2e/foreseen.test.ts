import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { blobId } from "../../src/adapters/git/write-object.ts";
import { toldBy } from "../rig/outcome.ts";
import { test, type Puppet, type Puppets } from "../rig/puppet.ts";
import { eventually, gate, jsonLines, kill, type Ended, type Repository, type Sandbox } from "../rig/sandbox.ts";

// Conflicts that are seen while agents still work, through the command line: one task lands while another is at it.
const lines = (third: string): string => `one\ntwo\n${third}\nfour\nfive\n`;
const roadmap = (count: number): string =>
  Array.from({ length: count }, (_, index) => `- [ ] task ${index + 1}\n`).join("");

interface World {
  readonly more?: string;
  readonly tasks?: number;
}

function world(sandbox: Sandbox, puppets: Puppets, { more = "", tasks = 2 }: World = {}): Repository {
  return sandbox.repository({
    "ROADMAP.md": roadmap(tasks),
    "a.txt": lines("three"),
    "nightcrew.yaml": puppets.config(`${gate}${more}`),
  });
}

const start = (repo: Repository): ReturnType<Repository["start"]> =>
  repo.start(["run", "ROADMAP.md", "--yes", "--json"]);

async function lands(puppet: Puppet, content: string, file = "a.txt"): Promise<void> {
  await puppet.write(file, content);
  await puppet.exit(0);
}

/** How many changes have landed, by the events so far. */
const landingsIn = (stdout: string): number => stdout.split('"type":"change.landed"').length - 1;

/** Nothing of a look stays in a workspace, once it is over. */
const nothingStays = (sandbox: Sandbox): Promise<void> =>
  eventually(() => leftovers(sandbox).length === 0, "nothing of a look is left");

function leftovers(sandbox: Sandbox): string[] {
  const workspaces = join(sandbox.home, "workspaces");
  const slots = readdirSync(workspaces).flatMap((folder) =>
    readdirSync(join(workspaces, folder)).map((name) => join(workspaces, folder, name)),
  );
  return slots.filter((slot) => existsSync(join(slot, "foresee")));
}

function foreseenIn({ stdout }: Pick<Ended, "stdout">): unknown[] {
  const bodies = jsonLines(stdout).map(({ event }) => (event as { body?: Record<string, unknown> } | undefined)?.body);
  return bodies.filter((body) => body?.["type"] === "attempt.foreseen").map((body) => body?.["foreseen"]);
}

describe("an attempt that conflicts with what landed meanwhile", () => {
  test("is told of, from the landing on until it conflicts no more, and disturbed by nothing", async ({
    sandbox,
    puppets,
  }) => {
    const repo = world(sandbox, puppets, { tasks: 3 });
    const run = start(repo);
    const [one, two, three] = [await puppets.next(), await puppets.next(), await puppets.next()];
    await two.write("a.txt", lines("of two"));
    await lands(one, lines("of one"));
    await run.saw('"type":"attempt.foreseen"');
    const [landing = ""] = repo.landings();
    const told = `in a.txt since ${landing.slice(0, 10)}`;
    expect((await repo.run(["status"])).stdout).toContain(`conflicts with main ${told}`);
    // What was looked at is not kept anywhere.
    expect(() => repo.git("cat-file", "-e", blobId(Buffer.from(lines("of two")), "sha1"))).toThrow("cat-file");
    expect((await repo.run(["logs", two.run])).stdout).toContain(`attempt 1 conflicts with the target ${told}`);
    await two.write("a.txt", lines("three"));
    await lands(three, "of three\n", "c.txt");
    await run.saw('"foreseen":null');
    expect((await repo.run(["status"])).stdout).not.toContain("conflicts with");
    await nothingStays(sandbox);
    await lands(two, "of two\n", "b.txt");
    expect(await run.ended).toMatchObject({ code: 0 });
    expect([repo.show("main", "a.txt"), repo.show("main", "b.txt")]).toEqual([lines("of one"), "of two\n"]);
    expect(puppets.all).toHaveLength(3);
  });

  test("by a file that neither knew before goes its way, and the report says that it was seen", async ({
    sandbox,
    puppets,
  }) => {
    const repo = world(sandbox, puppets, { more: "onConflict: skip\n" });
    const run = start(repo);
    const [one, two] = [await puppets.next(), await puppets.next()];
    await two.write("new/b.txt", "of two\n");
    await lands(one, "of one\n", "new/b.txt");
    await run.saw('"type":"attempt.foreseen"');
    await two.exit(0);
    expect(await run.ended).toMatchObject({ code: 1 });
    expect((await repo.run(["report"])).stdout).toContain(
      "attempt 1 was seen to conflict while it worked: conflicts with the target in new/b.txt since",
    );
  });

  test("is seen in a part of the tree, beside a repository that the agent has made and what git does not keep", async ({
    sandbox,
    puppets,
  }) => {
    const repo = world(sandbox, puppets, { more: "workspace: {sparse: [src]}\n" });
    repo.commit({ "src/b.txt": "before\n", "other/c.txt": "before\n", ".gitignore": "ignored\n" }, "More");
    const run = start(repo);
    const [one, two] = [await puppets.next(), await puppets.next()];
    for (const name of ["HEAD", "objects/x", "refs/x"])
      await two.write(`src/own/.git/${name}`, "ref: refs/heads/main\n");
    await two.write("ignored", "of two\n");
    await two.write("other/d.txt", "of two\n");
    await two.write("src/b.txt", "of two\n");
    await one.write("other/d.txt", "of one\n");
    await lands(one, "of one\n", "src/b.txt");
    await run.saw('"foreseen":{"paths":["other/d.txt","src/b.txt"]');
    expect((await repo.run(["cancel", two.run])).code).toBe(0);
    await run.ended;
    expect(repo.show("main", "other/c.txt")).toBe("before\n");
  });

  test("is seen by the next daemon, too, whoever moved the target", async ({ sandbox, puppets }) => {
    const repo = world(sandbox, puppets, { tasks: 1 });
    await repo.run(["run", "ROADMAP.md", "--yes", "--detach"]);
    const one = await puppets.next();
    await one.write("a.txt", lines("of one"));
    kill(await sandbox.daemonPid(), "SIGKILL");
    repo.commit({ "a.txt": lines("of a person") }, "By hand");
    const by = repo.git("rev-parse", "main").slice(0, 10);
    const seen = async (): Promise<boolean> =>
      (await repo.run(["status"])).stdout.includes(`conflicts with main in a.txt since ${by}`);
    await eventually(seen, "it is seen");
    await lands(one, lines("three"), "a.txt");
    await puppets.next().then((again) => lands(again, "done\n", "done.txt"));
    expect((await repo.run(["status", "--watch"])).stdout).toContain("1/1 landed");
  });
});

/** Speaks the Agent Client Protocol: puts its word into the file and waits for `go`; whatever it is asked then it writes down, and obeys. */
const talker = (root: string): string => `
const { existsSync, writeFileSync } = require("node:fs");
let prompts = 0;
async function answerTo({ method, params }) {
  if (method === "initialize") return { protocolVersion: 1, agentCapabilities: {} };
  if (method === "session/new") return { sessionId: "s" };
  if (method !== "session/prompt") return {};
  prompts++;
  if (prompts === 1) {
    writeFileSync("a.txt", ${JSON.stringify(lines("of two"))});
    while (!existsSync(${JSON.stringify(join(root, "go"))})) await new Promise((resolve) => setTimeout(resolve, 10));
  } else {
    writeFileSync(${JSON.stringify(join(root, "told"))}, params.prompt.map(({ text }) => text).join(""));
    writeFileSync("a.txt", ${JSON.stringify(lines("three"))});
    writeFileSync("b.txt", "of two");
  }
  return { stopReason: "end_turn" };
}
require("node:readline").createInterface({ input: process.stdin }).on("line", async (line) => {
  const asked = JSON.parse(line);
  if (asked.method === undefined || asked.id === undefined) return;
  process.stdout.write(JSON.stringify({ jsonrpc: "2.0", id: asked.id, result: await answerTo(asked) }) + "\\n");
});
`;

describe("an agent that can be talked to", () => {
  test("is told of the conflict, and may do something about it before it ends", async ({ sandbox, puppets }) => {
    const script = sandbox.write("talker.cjs", talker(sandbox.root));
    const command = JSON.stringify([process.execPath, script]);
    const repo = sandbox.repository({
      "ROADMAP.md": "- [ ] one\n- [ ] two\n  Agent: talker\n",
      "a.txt": lines("three"),
      "nightcrew.yaml": `agent: puppet\n${puppets.config(`  talker: {driver: acp, permissions: ask, command: ${command}}\n${gate}`)}`,
    });
    const run = start(repo);
    await lands(await puppets.next(), lines("of one"));
    await run.saw('"type":"attempt.foreseen"');
    expect((await repo.run(["status"])).stdout).toContain("conflicts with main in a.txt");
    // To nothing that was asked, and by the same way: when this has come, so has what it is told of the conflict.
    expect((await repo.run(["approve", "2"])).code).toBe(0);
    sandbox.write("go", "");
    expect(await run.ended).toMatchObject({ code: 0 });
    const tip = repo.git("rev-parse", "main~1");
    expect(sandbox.read("told")).toContain(`\`git show ${tip}:a.txt\` shows what is there now`);
    expect([repo.show("main", "a.txt"), repo.show("main", "b.txt")]).toEqual([lines("of one"), "of two"]);
    expect(toldBy((await run.ended).stdout).ended).toEqual(["done", "done"]);
  });
});

describe("conflicts: {predict: stop}", () => {
  const stops = "attempts: 1\nconflicts: {predict: stop}\n";

  test("ends it, keeps its work, and has the task done again from what landed, at the cost of no attempt", async ({
    sandbox,
    puppets,
  }) => {
    const repo = world(sandbox, puppets, { more: stops });
    const run = start(repo);
    const [one, two] = [await puppets.next(), await puppets.next()];
    await two.write("a.txt", lines("of two"));
    await lands(one, lines("of one"));
    const again = await puppets.next();
    await two.gone;
    expect(again.name).toBe(`${two.task}-2`);
    const asked = await again.asked();
    expect(asked).toContain(
      "it was stopped on its way: what it had changed conflicts with what landed meanwhile in a.txt",
    );
    expect(asked).toContain("+of two");
    expect(repo.show(`nightcrew/${two.run}/${two.task}-1`, "a.txt")).toBe(lines("of two"));
    await lands(again, lines("of one and two"));
    expect(await run.ended).toMatchObject({ code: 0 });
    expect(repo.show("main", "a.txt")).toBe(lines("of one and two"));
  });

  test("does that twice for a task, and then only tells", async ({ sandbox, puppets }) => {
    const repo = world(sandbox, puppets, { more: `onConflict: skip\n${stops}`, tasks: 4 });
    const run = start(repo);
    const all = await puppets.come(4);
    let last = all["4-1"] as Puppet;
    for (const turn of [1, 2, 3]) {
      expect(last.name).toBe(`4-${turn}`);
      await last.write(`of-${turn}.txt`, "of four\n");
      await lands(all[`${turn}-1`] as Puppet, "of another\n", `of-${turn}.txt`);
      if (turn < 3) last = await puppets.next();
    }
    await run.saw('"type":"attempt.foreseen","attempt":3,"foreseen":{');
    await last.answers();
    await last.exit(0);
    expect(await run.ended).toMatchObject({ code: 1 });
    expect(puppets.names().filter((name) => name.startsWith("4-"))).toEqual(["4-1", "4-2", "4-3"]);
  });
});

describe("nothing is foreseen", () => {
  /** Both land while the third is at work; what would be seen is seen by then. */
  async function played(repo: Repository, puppets: Puppets, work: (third: Puppet) => Promise<void>): Promise<Ended> {
    const run = start(repo);
    const [one, two, three] = [await puppets.next(), await puppets.next(), await puppets.next()];
    await work(three);
    await lands(one, lines("of one"));
    await run.saw('"type":"change.landed"');
    await lands(two, "of two\n", "b.txt");
    await eventually(() => landingsIn(run.stdout()) === 2, "both have landed");
    await three.answers();
    await three.exit(0);
    return run.ended;
  }

  test("where nobody is to look", async ({ sandbox, puppets }) => {
    const repo = world(sandbox, puppets, { tasks: 3, more: "conflicts: {predict: off}\nonConflict: skip\n" });
    const told = await played(repo, puppets, (three) => three.write("a.txt", lines("of three")));
    expect([told.code, foreseenIn(told)]).toEqual([1, []]);
  });

  test("of work that can be merged: other files, the boxes of the roadmap, lock files with a tool", async ({
    sandbox,
    puppets,
  }) => {
    const more = "lockFiles: [{path: a.txt, run: 'true'}]\n";
    const repo = world(sandbox, puppets, { tasks: 3, more });
    const told = await played(repo, puppets, async (three) => {
      await three.write("c.txt", "of three\n");
      await three.write("a.txt", lines("of three"));
      await three.write("ROADMAP.md", roadmap(3).replaceAll("[ ]", "[x]"));
    });
    expect([told.code, foreseenIn(told)]).toEqual([0, []]);
  });

  test("of what is too large to look at, or no work at all, and the run goes on", async ({ sandbox, puppets }) => {
    const repo = world(sandbox, puppets, { tasks: 3, more: "policy: off\nonConflict: skip\n" });
    const told = await played(repo, puppets, async (three) => {
      // First: who looks in between may see the other one.
      await three.write("big.txt", "x".repeat(33 * 1024 * 1024));
      await three.write("a.txt", lines("of three"));
    });
    expect([told.code, foreseenIn(told)]).toEqual([1, []]);
    await nothingStays(sandbox);
  });
});
