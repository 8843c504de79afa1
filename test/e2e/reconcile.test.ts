import { describe, expect } from "vitest";
import { test } from "../rig/puppet.ts";
import { gate } from "../rig/sandbox.ts";

// A roadmap that is changed while its run goes on.

const before = "- [ ] one\n- [ ] two\n- [ ] three\n";

describe("a roadmap that a person changes during its run", () => {
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
