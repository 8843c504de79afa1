import { chmodSync, existsSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect } from "vitest";
import { config, gate, hasTerminals, test, type Repository, type Sandbox } from "../rig/sandbox.ts";

// A plan as a file: written down, edited, compared, run.

const roadmap = "# Road\n\n## Phase 1: A\n\n- [ ] one\n- [ ] two\n\n## Phase 2: B\n\n- [ ] three\n  Depends on: one\n";
const agent = 'echo "$NIGHTCREW_TASK" > "$NIGHTCREW_TASK.txt"';

function prepared(sandbox: Sandbox): Repository {
  return sandbox.repository({ "docs/ROADMAP.md": roadmap, "nightcrew.yaml": config(agent, gate) });
}

/** An editor that does what these lines of shell say; "$1" is the file. */
function editor(sandbox: Sandbox, script: string): Record<string, string> {
  const file = sandbox.write("editor.sh", `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return { EDITOR: file };
}

describe("a plan that was written down", () => {
  test("is edited, and run as it was edited; the boxes it came from are ticked", async ({ sandbox }) => {
    const repo = prepared(sandbox);
    const written = await repo.run(["plan", "docs/ROADMAP.md", "-o", "plans/night.yaml"]);
    expect(written.code).toBe(2);
    expect(written.stderr).toContain("there is no folder plans");
    const env = editor(
      sandbox,
      `sed -i -e '/id: "1.2"/,$ { /id: "1.2"/,/line:/d }' -e 's/title: one/title: uno/' "$1"`,
    );
    const edited = await repo.run(["plan", "edit", "docs/ROADMAP.md", "-o", "night.yaml"], env);
    expect(edited.stderr).toContain("run it: nightcrew run night.yaml");
    expect(edited.stdout).toContain("2 tasks from night.yaml → main");
    expect(edited.stdout).toContain("1.1  uno");
    const run = await repo.run(["run", "night.yaml", "--yes"]);
    expect(run.stdout).toContain("All 2 tasks landed on main.");
    expect(run.code).toBe(0);
    expect(repo.show("main", "docs/ROADMAP.md")).toBe(
      roadmap.replace("[ ] one", "[x] one").replace("[ ] three", "[x] three"),
    );
    const commits = repo.git("log", "--format=%s", "main");
    expect(commits).toContain("uno");
    expect(commits).not.toContain("two");
  });

  test("leaves out what was ticked since, and tells of boxes that are gone", async ({ sandbox }) => {
    const repo = prepared(sandbox);
    await repo.run(["plan", "docs/ROADMAP.md", "-o", "plan.json"]);
    repo.commit({ "docs/ROADMAP.md": roadmap.replace("[ ] one", "[x] one").replace("two", "2nd") }, "By hand");
    const { code, stdout } = await repo.run(["plan", "plan.json"]);
    expect(code).toBe(0);
    expect(stdout).toContain("2 tasks from plan.json → main");
    expect(stdout).not.toContain("1.1  one");
    // What it waits for is done.
    expect(stdout).toMatch(/2\.1 {2}three +/m);
    expect(stdout).toContain("1.2: its mark is not in docs/ROADMAP.md any more, so that none is set");
  });

  test("is refused where it is not sound, with the place, and stays as it was written", async ({ sandbox }) => {
    const repo = prepared(sandbox);
    await repo.run(["plan", "docs/ROADMAP.md", "-o", "plan.yaml"]);
    const env = editor(sandbox, `sed -i 's/title: two/titel: two/' "$1"`);
    const edited = await repo.run(["plan", "edit", "plan.yaml"], env);
    expect(edited.code).toBe(2);
    expect(edited.stderr).toContain("plan.yaml:15:12 is not a valid plan");
    expect(edited.stderr).toContain("did you mean title?");
    expect(repo.read("plan.yaml")).toContain("titel: two");
    for (const [from, to, why] of [
      ['"1.2"', "1.2", "put it in quotes"],
      ['id: "1.2"', 'id: "1.1"', "duplicate id 1.1"],
      ['- "1.1"', '- "7"', "depends on “7”, which is not in the plan"],
      ["version: 1", "version: 2", "version"],
      ["tasks:", "tasks: [", "Nested mappings are not allowed"],
    ] as const) {
      const text = repo.read("plan.yaml").replace("titel", "title");
      repo.write("broken.yaml", text.replace(from, to));
      const { code, stderr } = await repo.run(["run", "broken.yaml", "--yes"]);
      expect([code, stderr]).toEqual([2, expect.stringContaining(why)]);
    }
    const noEditor = await repo.run(["plan", "edit", "docs/ROADMAP.md", "-o", "other.yaml"]);
    expect(noEditor.stderr).toContain("neither VISUAL nor EDITOR is set");
    expect(existsSync(join(repo.path, "other.yaml"))).toBe(false);
    const again = await repo.run(["plan", "edit", "docs/ROADMAP.md"], editor(sandbox, "true"));
    expect(again.stderr).toContain("There is a plan.yaml already");
    const none = await repo.run(["plan", "edit", "plan.yaml"], editor(sandbox, "exit 3"));
    expect(none.stderr).toContain(`No editor could be used on ${join(repo.path, "plan.yaml")}`);
  });

  test("is compared with what the source says now, and with the last run of it", async ({ sandbox }) => {
    const repo = prepared(sandbox);
    const compare = async (...args: string[]): Promise<string> => (await repo.run(["plan", ...args])).stdout;
    await repo.run(["plan", "docs/ROADMAP.md", "-o", "plan.yaml"]);
    const nothing = await repo.run(["plan", "docs/ROADMAP.md", "--diff"]);
    expect([nothing.code, nothing.stderr]).toEqual([
      2,
      expect.stringContaining("There is no run of these sources to compare with"),
    ]);
    expect((await repo.run(["run", "docs/ROADMAP.md", "--yes"])).code).toBe(0);
    const now = "# Road\n\n## Phase 1: A\n\n- [ ] zero\n- [ ] one\n- [ ] two\n  Priority: high\n";
    repo.commit({ "docs/ROADMAP.md": now }, "Changed");
    const expected = [
      "+  1.1  zero   new",
      "-  2.1  three  not in it any more",
      "~  1.2  one    was 1.1",
      "~  1.3  two    was 1.2, description, priority",
      "1 new, 1 gone, 2 changed, 0 the same, compared with",
    ];
    for (const args of [["--diff"], ["--against", "plan.yaml"]]) {
      const told = await compare("docs/ROADMAP.md", ...args);
      for (const line of expected) expect(told).toContain(line);
    }
    const json = JSON.parse(await compare("docs/ROADMAP.md", "--diff", "--json")) as { diff: { added: string[] } };
    expect(json.diff.added).toEqual(["1.1"]);
    repo.commit({ "docs/ROADMAP.md": now.replace("[ ] one", "[x] one") }, "Done by hand");
    const later = await compare("docs/ROADMAP.md", "--against", "plan.yaml");
    expect(later).toMatch(/^x {2}1\.1 {2}one +done$/m);
    expect(later).toContain("1 new, 1 done, 1 gone, 1 changed, 0 the same, compared with plan.yaml (2 tasks now)");
  });

  test("has a schema for editors", async ({ sandbox }) => {
    const repo = prepared(sandbox);
    const { code, stdout } = await repo.run(["plan", "--schema"]);
    const schema = JSON.parse(stdout) as { properties: { tasks: { items: { required: string[] } } } };
    expect([code, schema.properties.tasks.items.required]).toEqual([0, ["title"]]);
  });
});

describe.runIf(hasTerminals())("where a person is there", () => {
  test("the plan that is asked about can be edited there and then", async ({ sandbox }) => {
    const repo = prepared(sandbox);
    const env = editor(sandbox, `sed -i 's/title: two/title: deux/' "$1"`);
    const typed = sandbox.startInTerminal(["run", "docs/ROADMAP.md"], { cwd: repo.path, env });
    await typed.saw("Start? [Y/n]");
    typed.write("e\r");
    await typed.saw("1.2  deux");
    typed.write("\r");
    const { code } = await typed.ended;
    expect(code).toBe(0);
    expect(repo.git("log", "--format=%s", "main")).toContain("deux");
    expect(repo.show("main", "docs/ROADMAP.md")).toBe(roadmap.replaceAll("[ ]", "[x]"));
  });

  test.for([
    ["Ctrl-C", "\u0003"],
    ["the end of what is typed", "\u0004"],
    ["a no", "n\r"],
  ] as const)("%s starts nothing, and is no bug", async ([, leaves], { sandbox }) => {
    const repo = prepared(sandbox);
    const typed = sandbox.startInTerminal(["run", "docs/ROADMAP.md"], { cwd: repo.path });
    await typed.saw("Start? [Y/n]");
    // A slip of the finger decides nothing.
    typed.write("x\r");
    await typed.saw("Start? y: yes, n: no");
    typed.write(leaves);
    const { code, stdout } = await typed.ended;
    expect([code, stdout]).toEqual([1, expect.stringContaining("nothing was started")]);
    expect(stdout).not.toContain("bug");
    expect((await repo.run(["runs", "--json"])).stdout).toContain('"runs":[]');
  });

  test("what was edited and not begun stays as it was left", async ({ sandbox }) => {
    const repo = prepared(sandbox);
    const env = editor(sandbox, `sed -i 's/dependsOn/waitsFor/' "$1"`);
    const typed = sandbox.startInTerminal(["run", "docs/ROADMAP.md"], { cwd: repo.path, env });
    await typed.saw("Start? [Y/n]");
    typed.write("e\r");
    await typed.saw("Edit again? [Y/n]");
    typed.write("n\r");
    const { code, stdout } = await typed.ended;
    expect([code, stdout]).toEqual([2, expect.stringContaining("the plan is kept as you left it")]);
    const [, kept = ""] = /nightcrew run (\S+plan\.yaml)/.exec(stdout) ?? [];
    const mended = editor(sandbox, `sed -i 's/waitsFor/dependsOn/' "$1"`);
    const edited = await repo.run(["plan", "edit", kept], mended);
    expect([edited.code, edited.stdout]).toEqual([0, expect.stringContaining("3 tasks from")]);
    rmSync(dirname(kept), { recursive: true });
  });
});

test("the critical path is the longest by time, not by count", async ({ sandbox }) => {
  const repo = prepared(sandbox);
  const task = (id: string, minutes: number, more = ""): string =>
    `  - {id: ${id}, title: Do ${id}, estimateMinutes: ${minutes}, acceptance: [done]${more}}\n`;
  const chain = task("b", 5) + task("c", 5, ", dependsOn: [b]");
  repo.write("plan.yaml", `version: 1\ntasks:\n${task("long", 120)}${chain}`);
  const { stdout } = await repo.run(["plan", "plan.yaml"]);
  expect(stdout).toMatch(/^critical path +1 task: long$/m);
  expect(stdout).toContain("2 of 3 beside the 1 of the critical path");
});

test("a plan tells how long it may take: a guess at first, then as tasks like it took here", async ({ sandbox }) => {
  const repo = prepared(sandbox);
  const planned = async (): Promise<string> => (await repo.run(["plan", "Another", "And another"])).stdout;
  const guessed = await planned();
  expect(guessed).toMatch(/^time +about 17 min with 4 workers; 30 min of agents' work.*\(all guessed\)$/m);
  expect(guessed).toMatch(/^ +1 +Another +15 min\?$/m);
  expect(guessed).toContain("cost           unknown");
  expect((await repo.run(["run", "docs/ROADMAP.md", "--yes"])).code).toBe(0);
  const known = await planned();
  expect(known).toMatch(/^time .*\(all as tasks like it took here\)$/m);
  expect(known).toMatch(/^time +under 1 min with 4 workers/m);
  expect(known).toMatch(/^ +1 +Another +under 1 min$/m);
  const view = JSON.parse((await repo.run(["plan", "Another", "--json"])).stdout) as { estimate: { samples: number } };
  expect(view.estimate.samples).toBe(3);
});

describe("the checks of a plan", () => {
  const tasks = (one: string, two: string): string =>
    `version: 1\ntasks:\n  - {id: a, title: One, ${one}, acceptance: [done]}\n  - {id: b, title: Two, ${two}, acceptance: [done]}\n`;

  test("refuse what no agent may write, before anything runs", async ({ sandbox }) => {
    const repo = prepared(sandbox);
    repo.write("plan.yaml", tasks('files: ["../../x", "/etc/passwd"]', "files: [docs/ROADMAP.md]"));
    const { code, stderr } = await repo.run(["run", "plan.yaml", "--yes"]);
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining("a names ../../x, /etc/passwd, which are not within the repository"),
    ]);
    expect((await repo.run(["runs"])).stdout).not.toContain("active");
  });

  test("tell of risks, and of what may be meant so", async ({ sandbox }) => {
    const repo = prepared(sandbox);
    repo.write(
      "plan.yaml",
      tasks("files: [docs/ROADMAP.md], estimateMinutes: 600", "files: [./docs/ROADMAP.md, new.txt]"),
    );
    const { code, stdout } = await repo.run(["plan", "plan.yaml"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^note +a, b may change docs\/ROADMAP\.md: not at once$/m);
    expect(stdout).toMatch(/^risk +a may be too much for one task: about 600 minutes, 1 file, 1 part$/m);
    expect(stdout).toMatch(/^note +b names new\.txt, which is not there yet$/m);
    const view = JSON.parse((await repo.run(["plan", "plan.yaml", "--json"])).stdout) as {
      findings: { kind: string }[];
    };
    expect(view.findings.map(({ kind }) => kind)).toEqual(["too-big", "new-file"]);
    const off = await repo.run(["plan", "plan.yaml", "--collisions", "off"]);
    expect(off.stdout).toMatch(/^risk +a, b name docs\/ROADMAP\.md, and none of them waits for another$/m);
  });

  test("refuse two sources that stand for one mark", async ({ sandbox }) => {
    const repo = prepared(sandbox);
    await repo.run(["plan", "docs/ROADMAP.md", "-o", "plan.yaml"]);
    const { code, stderr } = await repo.run(["run", "plan.yaml", "docs/ROADMAP.md", "--yes"]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("stand for one mark of one source")]);
  });
});
