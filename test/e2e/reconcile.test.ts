import { describe, expect } from "vitest";
import { test } from "../rig/puppet.ts";
import { gate } from "../rig/sandbox.ts";

// A roadmap that is changed while its run goes on.

const before = "- [ ] one\n- [ ] two\n- [ ] three\n";

describe.concurrent("a roadmap that a person changes during its run", () => {
  test("has what is new offered and taken over by a word, and what is gone cancelled where nobody began it", async ({
    sandbox,
    puppets,
  }) => {
    const repo = sandbox.repository({ "ROADMAP.md": before, "nightcrew.yaml": puppets.config(gate) });
    const run = repo.start(["run", "ROADMAP.md", "--yes", "--workers", "1"]);
    const first = await puppets.next();
    // What stands in the place of another one is no other name for it.
    const now = "- [ ] one\n- [ ] zero\n- [ ] three\n- [ ] four\n  Depends on: zero\n";
    repo.commit({ "ROADMAP.md": now }, "Another plan");
    const dry = await repo.run(["reconcile", "--dry-run"]);
    expect(dry.stdout).toMatch(/^\+ +\S+ +zero +ROADMAP\.md$/m);
    // Unless the watch was faster, and has it cancelled.
    if (!(await repo.run(["tasks"])).stdout.includes("cancelled"))
      expect(dry.stdout).toMatch(/^- +2 +not in its source any more$/m);
    expect(dry.stdout).toContain("2 new tasks; nothing was done (--dry-run)");
    await run.saw(
      "ROADMAP.md was changed: 2 new tasks (nightcrew reconcile takes them over); it has 2 no more: cancelled",
    );
    await run.saw("2: cancelled");
    expect((await repo.run(["reconcile"])).stdout).toContain("2 new tasks taken over");
    expect((await repo.run(["reconcile"])).stdout).toContain("its sources have nothing new");
    await first.finish();
    for (let left = 3; left > 0; left--) await (await puppets.next()).finish();
    const { stdout, code } = await run.ended;
    expect(code).toBe(1);
    expect(stdout).toContain("4 of 5 tasks landed on main");
    expect(repo.show("main", "ROADMAP.md")).toBe(now.replaceAll("[ ]", "[x]"));
    const late = await repo.run(["reconcile", sandbox.newestRun()]);
    expect([late.code, late.stderr]).toEqual([2, expect.stringContaining("is finished")]);
  });

  test("is not compared with what a person said of a task of the run", async ({ sandbox, puppets }) => {
    const repo = sandbox.repository({ "ROADMAP.md": before, "nightcrew.yaml": puppets.config(gate) });
    const run = repo.start(["run", "ROADMAP.md", "--yes", "--workers", "1"]);
    const first = await puppets.next();
    const edit = ["edit", "2", "--title", "Another title", "--description", "All of it", "--depends-on", "3"];
    expect((await repo.run(edit)).code).toBe(0);
    expect((await repo.run(["prioritize", "3", "high"])).code).toBe(0);
    // Takes what the watch would: nothing.
    expect((await repo.run(["reconcile"])).stdout).toContain("its sources have nothing new");
    const now = before.replace("two\n", "two\n  Acceptance: it works\n");
    repo.commit({ "ROADMAP.md": now }, "A criterion");
    await run.saw("it says something else of 2 (description, acceptance), which goes on as it was planned");
    await first.finish();
    for (let left = 2; left > 0; left--) await (await puppets.next()).finish();
    expect((await run.ended).code).toBe(0);
    expect(repo.git("log", "--format=%s", "main")).toContain("Another title");
    expect(repo.show("main", "ROADMAP.md")).toBe(now.replaceAll("[ ]", "[x]"));
  });

  test("counts where git does not have it as two looks in a row find it", async ({ sandbox, puppets }) => {
    const repo = sandbox.repository({ ".gitignore": "*.md\n", "nightcrew.yaml": puppets.config(gate) });
    repo.write("ROADMAP.md", before);
    const run = repo.start(["run", "ROADMAP.md", "--yes", "--workers", "1"]);
    const first = await puppets.next();
    repo.write("ROADMAP.md", before.replace("- [ ] two\n", ""));
    await run.saw("ROADMAP.md was changed: it has 2 no more: cancelled");
    await first.finish();
    await (await puppets.next()).finish();
    expect((await run.ended).stdout).toContain("2 of 3 tasks landed");
    expect(repo.read("ROADMAP.md")).toBe("- [x] one\n- [x] three\n");
  });

  test("has what it says else of a task told, once, and nothing of what the run itself has set", async ({
    sandbox,
    puppets,
  }) => {
    const phases = (acceptance: string): string =>
      `## Phase 1: One\n- [ ] one\n- [ ] two\n  Acceptance: ${acceptance}\n## Phase 2: Two\n- [ ] three\n`;
    const repo = sandbox.repository({ "ROADMAP.md": phases("it works"), "nightcrew.yaml": puppets.config(gate) });
    const run = repo.start(["run", "ROADMAP.md", "--yes", "--workers", "1"]);
    await (await puppets.next()).finish();
    const second = await puppets.next();
    await run.saw("1.1: landed");
    expect((await repo.run(["reconcile"])).stdout).toContain("its sources have nothing new");
    const now = phases("it works well").replace("[ ] one", "[x] one");
    repo.commit({ "ROADMAP.md": now }, "Another criterion");
    await run.saw(
      "ROADMAP.md was changed: it says something else of 1.2 (description, acceptance), which goes on as it was planned",
    );
    const told = await repo.run(["reconcile", "--dry-run"]);
    expect(told.stdout).toMatch(/^~ +1\.2 +its source says something else of it +description, acceptance$/m);
    await second.finish();
    await (await puppets.next()).finish();
    const { stdout } = await run.ended;
    expect(stdout).toContain("All 3 tasks landed on main.");
    expect(stdout.split("was changed")).toHaveLength(2);
    expect(repo.show("main", "ROADMAP.md")).toBe(now.replaceAll("[ ]", "[x]"));
  });

  test("may speak of what another one of the run has", async ({ sandbox, puppets }) => {
    const other = "- [ ] Last\n  Depends on: A1\n";
    const files = { "A.md": "- [ ] A1: First\n", "B.md": other, "nightcrew.yaml": puppets.config(gate) };
    const repo = sandbox.repository(files);
    const run = repo.start(["run", "A.md", "B.md", "--yes"]);
    const first = await puppets.next();
    repo.commit({ "B.md": `${other}- [ ] More\n  Depends on: A1, Last\n` }, "More");
    expect((await repo.run(["reconcile"])).stdout).toMatch(/^\+ +\S+ +More +B\.md$/m);
    await first.finish();
    for (let left = 2; left > 0; left--) await (await puppets.next()).finish();
    expect((await run.ended).stdout).toContain("All 3 tasks landed on main.");
  });

  test("has nothing offered of what a plan file left out", async ({ sandbox, puppets }) => {
    const repo = sandbox.repository({ "ROADMAP.md": before, "nightcrew.yaml": puppets.config(gate) });
    await repo.run(["plan", "ROADMAP.md", "-o", "plan.yaml"]);
    repo.write("plan.yaml", repo.read("plan.yaml").replace(/ {2}- id: "2"[^]*(?= {2}- id: "3")/, ""));
    const run = repo.start(["run", "plan.yaml", "--yes"]);
    const both = [await puppets.next(), await puppets.next()];
    repo.commit({ "ROADMAP.md": `${before}- [ ] four\n` }, "One more");
    expect((await repo.run(["reconcile"])).stdout).toContain("its sources have nothing new");
    for (const one of both) await one.finish();
    expect((await run.ended).stdout).toContain("All 2 tasks landed on main.");
    expect(repo.show("main", "ROADMAP.md")).toBe("- [x] one\n- [ ] two\n- [x] three\n- [ ] four\n");
  });

  test("is told to be no plan where it is none, and is taken over when it is one again", async ({
    sandbox,
    puppets,
  }) => {
    const repo = sandbox.repository({ "ROADMAP.md": "- [ ] one\n", "nightcrew.yaml": puppets.config(gate) });
    const run = repo.start(["run", "ROADMAP.md", "--yes"]);
    const first = await puppets.next();
    repo.commit({ "ROADMAP.md": "- [ ] one\n- [ ] two\n  Depends on: nobody\n" }, "Broken");
    const broken = await repo.run(["reconcile"]);
    expect([broken.code, broken.stderr]).toEqual([2, expect.stringContaining("No plan can be made of ROADMAP.md")]);
    repo.commit({ "ROADMAP.md": "- [ ] one\n- [ ] two\n  Depends on: one\n" }, "Mended");
    expect((await repo.run(["reconcile"])).stdout).toContain("1 new task taken over");
    await first.finish();
    await (await puppets.next()).finish();
    const { stdout } = await run.ended;
    expect(stdout).toContain("All 2 tasks landed on main.");
    // Told once, though it was looked at again after each landing.
    expect(stdout.split("ROADMAP.md was changed")).toHaveLength(2);
  });
});
