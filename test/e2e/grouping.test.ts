import { describe, expect } from "vitest";
import { config, gate, test, type Repository, type Sandbox } from "../rig/sandbox.ts";

// Small tasks that one agent does together.

const roadmap = "# Road\n\n## Small\n\n- [ ] one\n- [ ] two\n- [ ] three\n\n## Other\n\n- [ ] four\n";
const commitEach =
  'for part in $(sed -n "s/^### \\[\\(.*\\)\\] .*/\\1/p" "$NIGHTCREW_TASK_FILE"); do ' +
  'echo done > "$part.txt"; git add -A; git -c user.name=A -c user.email=a@example.org commit -qm "[$part] did it"; done; ' +
  '[ -e 4.txt ] || echo "$NIGHTCREW_TASK" > "$NIGHTCREW_TASK.txt"';

function prepared(sandbox: Sandbox, agent: string, more = "grouping: {by: section}\n"): Repository {
  return sandbox.repository({ "ROADMAP.md": roadmap, "nightcrew.yaml": config(agent, gate + more) });
}

describe("small tasks of one section", () => {
  test("are done by one agent in one attempt; each is ticked and told by itself", async ({ sandbox }) => {
    const repo = prepared(sandbox, commitEach);
    const plan = (await repo.run(["plan", "ROADMAP.md"])).stdout;
    expect(plan).toMatch(/^ +g-1 +3 done together/m);
    expect(plan).toMatch(/^ +2 +two *$/m);
    const { code, stdout } = await repo.run(["run", "ROADMAP.md", "--yes"]);
    expect(stdout).toContain("All 2 tasks landed on main.");
    expect(stdout).toMatch(/^✔ +g-1 /m);
    for (const id of ["1", "2", "3"]) expect(stdout).toMatch(new RegExp(`^✔ +${id} +(one|two|three)$`, "m"));
    expect(code).toBe(0);
    expect(repo.show("main", "ROADMAP.md")).toBe(roadmap.replaceAll("[ ]", "[x]"));
    expect(repo.landings()).toHaveLength(2);
    const report = JSON.parse((await repo.run(["report", "--json"])).stdout) as {
      report: { tasks: { id: string; attempts: number; parts?: { id: string }[] }[] };
    };
    const group = report.report.tasks.find(({ id }) => id === "g-1");
    expect([group?.attempts, group?.parts?.map(({ id }) => id)]).toEqual([1, ["1", "2", "3"]]);
    // All of it goes back at once.
    expect((await repo.run(["revert", "g-1"])).code).toBe(0);
    await repo.run(["status", "--watch"]);
    expect(repo.show("main", "ROADMAP.md")).toBe(roadmap.replace("[ ] four", "[x] four"));
  });

  test("are done again where nothing shows that one was done", async ({ sandbox }) => {
    const repo = prepared(
      sandbox,
      'echo "$NIGHTCREW_ATTEMPT" > "$NIGHTCREW_TASK.txt"',
      "attempts: 2\ngrouping: {by: section}\n",
    );
    const { code, stdout } = await repo.run(["run", "ROADMAP.md", "--yes"]);
    expect(code).toBe(1);
    expect(stdout).toContain("nothing shows that 1, 2, 3 were done, of the 3 it was given together");
    expect(stdout).toContain("1 of 2 tasks landed on main");
    expect(repo.show("main", "ROADMAP.md")).toBe(roadmap.replace("[ ] four", "[x] four"));
  });

  test("are written down and compared as they were stated, and stay alone where that is wanted", async ({
    sandbox,
  }) => {
    const repo = prepared(sandbox, commitEach);
    await repo.run(["plan", "ROADMAP.md", "-o", "plan.yaml"]);
    expect(repo.read("plan.yaml")).not.toContain("g-1");
    expect((await repo.run(["plan", "ROADMAP.md", "--against", "plan.yaml"])).stdout).toContain("4 the same");
    expect((await repo.run(["plan", "ROADMAP.md", "--group", "off"])).stdout).toContain("4 tasks from");
  });
});
