import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect } from "vitest";
import { SeedsTracker } from "../../src/adapters/trackers/seeds.ts";
import { config, gate, test, type Repository, type Sandbox } from "../rig/sandbox.ts";
import { cliFolder, cliOf } from "./clis.ts";

// The real `sd` reads what we write, and the other way round. It runs on bun.
const program = [
  join(cliFolder, "bun", "node_modules", ".bin", "bun"),
  join(cliFolder, "sd", "node_modules", "@os-eco", "seeds-cli", "src", "index.ts"),
] as const;
const isMissing = cliOf("bun") === null || cliOf("sd") === null;
const holder = "20260101-120000-00000000/one";

class Seeds {
  readonly repo: Repository;
  readonly tracker: SeedsTracker;
  private readonly sandbox: Sandbox;

  constructor(sandbox: Sandbox, files: Readonly<Record<string, string>> = {}) {
    this.sandbox = sandbox;
    this.repo = sandbox.repository({ "README.md": "\n", ...files });
    this.tracker = new SeedsTracker(join(this.repo.path, ".seeds"), () => new Date());
  }

  async sd(...args: readonly string[]): Promise<Record<string, unknown>> {
    const [bun, script] = program;
    const ran = await promisify(execFile)(bun, [script, ...args, "--json"], {
      cwd: this.repo.path,
      env: this.sandbox.env,
    });
    return JSON.parse(ran.stdout) as Record<string, unknown>;
  }

  async create(title: string, ...more: readonly string[]): Promise<string> {
    return String((await this.sd("create", "--title", title, ...more))["id"]);
  }

  async show(id: string): Promise<Record<string, unknown>> {
    return (await this.sd("show", id))["issue"] as Record<string, unknown>;
  }

  async ready(): Promise<string[]> {
    return ((await this.sd("ready"))["issues"] as { id: string }[]).map(({ id }) => id);
  }
}

describe("the real sd", () => {
  test("reads what we claimed, gave back and closed, and we what it made", async ({ sandbox, skip }) => {
    skip(isMissing, "bun or sd could not be installed");
    const seeds = new Seeds(sandbox);
    await seeds.sd("init");
    const one = await seeds.create("Do one", "--priority", "0", "--description", "All of it.");
    const two = await seeds.create("Do two");
    await seeds.sd("dep", "add", two, one);
    const { issues } = await seeds.tracker.list();
    expect(issues.find(({ id }) => id === one)).toMatchObject({ priority: "critical", body: "All of it." });
    expect(issues.find(({ id }) => id === two)?.blockedBy).toEqual([one]);
    expect(await seeds.tracker.claim(one, holder, false)).toEqual({ kind: "claimed" });
    expect(await seeds.show(one)).toMatchObject({ status: "in_progress", assignee: "nightcrew", title: "Do one" });
    expect(await seeds.ready()).toEqual([]);
    await seeds.tracker.reopen(one, holder, "Not done", null);
    expect(await seeds.show(one)).toMatchObject({ status: "open" });
    expect(await seeds.ready()).toEqual([one]);
    // Written by it meanwhile, what we keep with an issue stays there.
    await seeds.sd("update", one, "--title", "Do it");
    await seeds.tracker.claim(one, holder, false);
    await seeds.sd("update", one, "--priority", "3");
    expect(await seeds.tracker.claim(one, "other/one", false)).toMatchObject({ loss: { by: holder } });
    await seeds.tracker.close(one, holder, "Landed as abc");
    expect(await seeds.show(one)).toMatchObject({ status: "closed", closeReason: "Landed as abc", title: "Do it" });
    expect(await seeds.ready()).toEqual([two]);
    await seeds.sd("close", two, "--reason", "by hand");
    expect(await seeds.tracker.claim(two, holder, false)).toEqual({ kind: "lost", loss: { reason: "closed" } });
    expect((await seeds.sd("doctor"))["success"]).toBe(true);
  });

  test("finds nothing wrong with an issue whose landing was taken back, and what waits for it waits again", async ({
    sandbox,
    skip,
  }) => {
    skip(isMissing, "bun or sd could not be installed");
    const seeds = new Seeds(sandbox);
    await seeds.sd("init");
    const [one, two] = [await seeds.create("Do one"), await seeds.create("Do two")];
    await seeds.sd("dep", "add", two, one);
    await seeds.tracker.claim(one, holder, false);
    await seeds.tracker.close(one, holder, "Landed");
    expect(await seeds.ready()).toEqual([two]);
    await seeds.tracker.reopen(one, holder, "Taken back", null);
    expect(await seeds.ready()).toEqual([one]);
    const { checks } = await seeds.sd("doctor");
    const wrong = (checks as { name: string; status: string }[]).filter(({ status }) => status !== "pass");
    expect(wrong).toEqual([]);
    // Taken over by a person, it is theirs.
    await seeds.tracker.claim(one, holder, false);
    await seeds.sd("update", one, "--assignee", "ann");
    expect(await seeds.tracker.losses(new Map([[one, holder]]))).toEqual(
      new Map([[one, { reason: "taken", by: "ann" }]]),
    );
    await seeds.tracker.reopen(one, holder, "Not done", null);
    expect(await seeds.show(one)).toMatchObject({ status: "in_progress", assignee: "ann" });
  });

  test("and we write at once, and nothing is lost", async ({ sandbox, skip }) => {
    skip(isMissing, "bun or sd could not be installed");
    const seeds = new Seeds(sandbox);
    await seeds.sd("init");
    const mine: string[] = [];
    for (let number = 0; number < 4; number++) mine.push(await seeds.create(`Mine ${number}`));
    const titles = Array.from({ length: 6 }, (_, number) => `Theirs ${number}`);
    const claims = mine.map((id) => seeds.tracker.claim(id, holder, false));
    const created = titles.map((title) => seeds.create(title));
    expect(await Promise.all(claims)).toEqual(mine.map(() => ({ kind: "claimed" })));
    await Promise.all(created);
    const { issues } = await seeds.tracker.list();
    expect(issues.filter(({ status }) => status === "in_progress").map(({ id }) => id)).toEqual(mine);
    expect(new Set(issues.map(({ title }) => title))).toEqual(
      new Set([...titles, ...mine.map((_, at) => `Mine ${at}`)]),
    );
  });

  test("sees an issue that a run has closed", async ({ sandbox, skip }) => {
    skip(isMissing, "bun or sd could not be installed");
    const seeds = new Seeds(sandbox, { "nightcrew.yaml": config("echo x > made.txt", gate) });
    await seeds.sd("init");
    const id = await seeds.create("Make it");
    seeds.repo.commit({}, "Issues");
    expect(await seeds.repo.run(["run", "seeds:", "--yes"])).toMatchObject({ code: 0 });
    expect(await seeds.show(id)).toMatchObject({ status: "closed" });
    await seeds.sd("sync");
    expect(seeds.repo.git("status", "--porcelain")).toBe("");
  });
});
