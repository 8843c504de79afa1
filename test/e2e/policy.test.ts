import { describe, expect } from "vitest";
import { test, type Puppet, type Puppets } from "../rig/puppet.ts";
import { config, jsonLines, type Ended, type Repository, type Sandbox } from "../rig/sandbox.ts";

// What agents' work must not do, through the real command line. Agents are puppets: they write what the test says.

interface World {
  readonly sandbox: Sandbox;
  readonly puppets: Puppets;
}

const passing = `gate: {checks: [{run: "true"}]}\n`;
const tests = `import { add } from "./add.js";

test("adds", () => {
  assert.equal(add(1, 2), 3);
});

test("adds negative numbers", () => {
  assert.equal(add(-1, -2), -3);
});
`;

interface Task {
  readonly status: string;
  readonly failure: { readonly reason: string; readonly findings: readonly Finding[] } | null;
  readonly allowed: readonly string[];
  readonly notes: readonly string[];
  readonly attemptDetails: readonly { readonly warnings: readonly Finding[] }[];
}

interface Finding {
  readonly rule: string;
  readonly level: string;
  readonly path: string | null;
  readonly what: string;
}

function reportOf({ stdout }: Ended): Task[] {
  const report = jsonLines(stdout).at(-1)?.["report"] as { tasks: Task[] };
  return report.tasks;
}

const rulesIn = (findings: readonly Finding[] | undefined): string[] =>
  (findings ?? []).map(({ rule, level, path }) => `${level} ${rule} ${path ?? ""}`.trim());
const warningsOf = (task: Task | undefined): string[] => rulesIn(task?.attemptDetails.at(-1)?.warnings);
const violationsOf = (task: Task | undefined): string[] => rulesIn(task?.failure?.findings);

const run = ["run", "ROADMAP.md", "--yes", "--json"];
const once = "attempts: 1\n";

describe("a change that the policy refuses", () => {
  test("is told to the next attempt, which mends it", async ({ sandbox, puppets }) => {
    const files = { "ROADMAP.md": "- [ ] faster\n", "nightcrew.yaml": puppets.config(passing), "add.test.js": tests };
    const repo = sandbox.repository(files);
    const going = repo.start(run);
    const first = await puppets.next();
    await first.write("add.test.js", tests.slice(0, tests.indexOf('test("adds negative')));
    await first.exit(0);
    const second = await puppets.next();
    const asked = await second.asked();
    expect(asked).toContain("## What failed before (attempt 1)");
    expect(asked).toContain("`add.test.js`, line 7: 1 test fewer than before: “adds negative numbers”");
    expect(asked).toContain("Bring back the tests that were deleted, and make the code pass them.");
    await second.finish();
    const ended = await going.ended;
    expect(ended.code).toBe(0);
    expect(repo.read("add.test.js")).toBe(tests);
    const shown = await repo.run(["report"]);
    expect(shown.stdout).toContain(
      "attempt 1 did not land: the diff policy refuses the change: deleted-tests in add.test.js:7: 1 test fewer than before",
    );
  });

  test("that is refused again and again is left for a person, who may allow it", async ({ sandbox, puppets }) => {
    const yaml = puppets.config(`${passing}${once}`);
    const repo = sandbox.repository({ "ROADMAP.md": "- [ ] x\n", "nightcrew.yaml": yaml, "add.test.js": tests });
    const skips = async (puppet: Puppet): Promise<void> => {
      await puppet.write("add.test.js", tests.replace('test("adds",', 'test.skip("adds",'));
      await puppet.exit(0);
    };
    const going = repo.start(run);
    await skips(await puppets.next());
    const ended = await going.ended;
    expect(ended.code).toBe(1);
    const [task] = reportOf(ended);
    expect(violationsOf(task)).toEqual(["fail skipped-tests add.test.js"]);
    const { stdout } = await repo.run(["report"]);
    expect(stdout).toMatch(/nightcrew retry [\w-]+\/1 --allow skipped-tests/);
    expect((await repo.run(["status"])).stdout).toContain("the diff policy refuses the change: skipped-tests");
    expect((await repo.run(["retry", "1", "--allow", "skiped-tests"])).stderr).toContain("did you mean skipped-tests");

    expect((await repo.run(["retry", "1", "--allow", "skipped-tests"])).stdout).toContain("tried again");
    const again = repo.start(["status", "--watch"]);
    await skips(await puppets.next());
    expect((await again.ended).code).toBe(0);
    expect(repo.read("add.test.js")).toContain("test.skip(");
    expect((await repo.run(["report"])).stdout).toContain("allowed for it: skipped-tests");
  });

  test("that was allowed before anybody began it lands", async ({ sandbox, puppets }) => {
    const yaml = puppets.config(`${passing}${once}workers: 1\n`);
    const repo = sandbox.repository({
      "ROADMAP.md": "- [ ] x\n- [ ] y\n",
      "nightcrew.yaml": yaml,
      "add.test.js": tests,
    });
    const going = repo.start(run);
    const first = await puppets.next();
    const edited = await repo.run(["edit", "2", "--allow", "deleted-tests"]);
    expect(edited.stdout).toContain("edited: allow");
    await first.finish();
    const second = await puppets.next();
    await second.write("add.test.js", "\n");
    await second.exit(0);
    expect((await going.ended).code).toBe(0);
  });

  /** What one puppet leaves, and what becomes of it. */
  async function left(
    { sandbox, puppets }: World,
    files: Readonly<Record<string, string>>,
    { more = "", there = {} }: { readonly more?: string; readonly there?: Readonly<Record<string, string>> } = {},
  ): Promise<{ repo: Repository; ended: Ended; task: Task | undefined }> {
    const yaml = puppets.config(`${passing}${once}${more}`);
    const repo = sandbox.repository({ "ROADMAP.md": "- [ ] x\n", "nightcrew.yaml": yaml, ...there });
    const going = repo.start(run);
    const puppet = await puppets.next();
    for (const [name, content] of Object.entries(files)) await puppet.write(name, content);
    await puppet.exit(0);
    const ended = await going.ended;
    return { repo, ended, task: reportOf(ended)[0] };
  }

  test("holds a secret, which is nowhere to be read", async ({ sandbox, puppets }) => {
    const key = ["ghp_", "a8Zk29dkQpLm47Xc01VbNn56TtYy83Ww"].join("");
    const { ended, task, repo } = await left({ sandbox, puppets }, { "src/deploy.js": `const token = "${key}";\n` });
    expect(violationsOf(task)).toEqual(["fail secrets src/deploy.js"]);
    expect(ended.stdout).not.toContain(key);
    expect(repo.git("log", "--format=%H", "main").split("\n")).toHaveLength(1);
  });

  test("holds the value of a key that its agent was given", async ({ sandbox, puppets }) => {
    const value = "quiet-otter-41-harbour";
    const yaml = puppets.config(`${passing}${once}`, "    env: [DEPLOY_PASSPHRASE]\n");
    const repo = sandbox.repository({ "ROADMAP.md": "- [ ] x\n", "nightcrew.yaml": yaml });
    const going = repo.start(run, { DEPLOY_PASSPHRASE: value });
    const puppet = await puppets.next();
    await puppet.write("test/fixture.yml", `pass: ${value}\n`);
    await puppet.exit(0);
    const [task] = reportOf(await going.ended);
    expect(task?.failure?.findings).toMatchObject([{ rule: "secrets", what: "the value of DEPLOY_PASSPHRASE" }]);
  });

  test("is outside of what its agent may write, as the agent was told", async ({ sandbox, puppets }) => {
    const yaml = puppets.config(`${passing}${once}`, "    files: [docs/]\n");
    const repo = sandbox.repository({ "ROADMAP.md": "- [ ] x\n", "nightcrew.yaml": yaml });
    const going = repo.start(run);
    const puppet = await puppets.next();
    expect(await puppet.asked()).toContain("## Where you may write\n\n- `docs/`");
    await puppet.write("docs/a.md", "a\n");
    await puppet.write("src/a.js", "a\n");
    await puppet.exit(0);
    expect(violationsOf(reportOf(await going.ended)[0])).toEqual(["fail write-scope src/a.js"]);
  });

  test("lacks a file that the task names, which the next attempt is told", async ({ sandbox, puppets }) => {
    const roadmap = "- [ ] x\n  **Files**: `src/wanted.js`\n";
    const repo = sandbox.repository({ "ROADMAP.md": roadmap, "nightcrew.yaml": puppets.config(passing) });
    const going = repo.start(run);
    await (await puppets.next()).finish();
    const second = await puppets.next();
    expect(await second.asked()).toContain("`src/wanted.js`: the task names this file, and it is not there");
    await second.write("src/wanted.js", "1\n");
    await second.exit(0);
    expect((await going.ended).code).toBe(0);
    expect(repo.read("src/wanted.js")).toBe("1\n");
  });

  test("is nothing but a lock file", async ({ sandbox, puppets }) => {
    const there = { "package.json": "{}\n", "package-lock.json": "{}\n" };
    const { task } = await left({ sandbox, puppets }, { "package-lock.json": `{"lockfileVersion": 3}\n` }, { there });
    expect(violationsOf(task)).toEqual(["fail lock-files package-lock.json"]);
  });

  test("holds a file larger than it may be", async ({ sandbox, puppets }) => {
    const { task } = await left(
      { sandbox, puppets },
      { "data.csv": "1,2,3\n".repeat(2_000) },
      { more: "policy: {limits: {file: 10kB}}\n" },
    );
    // A text of that size is read; what counts is how large it is.
    expect(violationsOf(task)).toEqual(["fail large-files data.csv"]);
  });

  test("changes how it is judged", async ({ sandbox, puppets }) => {
    const script = (test: string): string => `{\n  "scripts": {\n    "test": "${test}"\n  }\n}\n`;
    const there = {
      "nightcrew.yaml": puppets.config(`gate: {checks: [{run: npm test}]}\n${once}`),
      "package.json": script("node --test"),
    };
    const files = { "nightcrew.yaml": "gate: {checks: [{run: 'true'}]}\n", "package.json": script("true") };
    const { task } = await left({ sandbox, puppets }, files, { there });
    expect(violationsOf(task)).toEqual(["fail gate-files nightcrew.yaml", "fail gate-files package.json"]);
  });
});

describe("a change that the policy warns of", () => {
  test("lands, and the report says so", async ({ sandbox, puppets }) => {
    const roadmap = "- [ ] x\n  **Allow**: deleted-tests\n";
    const files = { "ROADMAP.md": roadmap, "nightcrew.yaml": puppets.config(passing), "add.test.js": tests };
    const repo = sandbox.repository(files);
    const going = repo.start(run);
    const puppet = await puppets.next();
    await puppet.write("add.test.js", tests.slice(0, tests.indexOf('test("adds negative')));
    await puppet.write("add.js", "// eslint-disable-next-line no-eval\neval('1');\n");
    await puppet.write("tool.bin", "\0\0\0");
    await puppet.exit(0);
    const ended = await going.ended;
    expect(ended.code).toBe(0);
    const [task] = reportOf(ended);
    expect(warningsOf(task)).toEqual(["warn binaries tool.bin", "warn new-ignores add.js"]);
    expect(task?.allowed).toEqual(["deleted-tests"]);
    const shown = await repo.run(["report", "--markdown"]);
    expect(shown.stdout).toContain("- 1: policy: binaries in tool.bin: a binary file, 1 kB");
    expect(shown.stdout).toContain("- 1: allowed for it: deleted-tests");
    expect((await repo.run(["report"])).stdout).toContain(
      "policy: new-ignores in add.js:1: a linter's rule is ignored",
    );
  });

  test("has the agent's own files left out", async ({ sandbox, puppets }) => {
    const repo = sandbox.repository({ "ROADMAP.md": "- [ ] x\n", "nightcrew.yaml": puppets.config(passing) });
    const going = repo.start(run);
    const puppet = await puppets.next();
    const own = [
      ".aider.chat.history.md",
      ".claude/settings.local.json",
      "CLAUDE.local.md",
      "TASK.md",
      ".nightcrew/notes",
    ];
    for (const name of [...own, "node_modules/a/index.js", "__pycache__/a.cpython-312.pyc"])
      await puppet.write(name, "x\n");
    await puppet.finish();
    const ended = await going.ended;
    expect(ended.code).toBe(0);
    expect(repo.git("ls-tree", "-r", "--name-only", "main").split("\n")).toEqual([
      "1.txt",
      "ROADMAP.md",
      "nightcrew.yaml",
    ]);
    expect(warningsOf(reportOf(ended)[0])).toEqual([
      "warn own-files .aider.chat.history.md",
      "warn generated-files __pycache__/a.cpython-312.pyc",
    ]);
  });

  test("has nothing of them in its history, where the agent made commits", async ({ sandbox }) => {
    const git = "git -c user.name=A -c user.email=a@example.org";
    const key = ["ghp_", "a8Zk29dkQpLm47Xc01VbNn56TtYy83Ww"].join("");
    // Its own command is no secret: there the key is in two parts.
    const script = `echo x > .aider.chat.history.md; echo ${key.replace("_", "_''")} > a.txt; git add -A; ${git} commit -qm one
      echo clean > a.txt; git add -A; ${git} commit -qm two`;
    const repo = sandbox.repository({ "ROADMAP.md": "- [ ] x\n", "nightcrew.yaml": config(script, passing) });
    const ended = await repo.run(run);
    expect(ended.code).toBe(0);
    const paths = repo.git("log", "--format=", "--name-only", "--diff-merges=separate", "main").split("\n");
    expect([...new Set(paths)].filter((name) => name !== "").sort()).toEqual(["ROADMAP.md", "a.txt", "nightcrew.yaml"]);
    expect(repo.git("log", "--patch", "main")).not.toContain(key);
    expect(repo.read("a.txt")).toBe("clean\n");
    expect(reportOf(ended)[0]?.notes.join()).toContain("the agent's own commits were joined into one");
  });
});

describe("the policy", () => {
  test("is what nightcrew.yaml says, shown by plan and doctor", async ({ sandbox, puppets }) => {
    const more = "policy:\n  rules:\n    secrets: {level: warn, except: [fixtures/]}\n    large-diff: off\n";
    const yaml = puppets.config(`${passing}${more}`);
    const repo = sandbox.repository({ "ROADMAP.md": "- [ ] x\n", "nightcrew.yaml": yaml });
    expect((await repo.run(["plan", "ROADMAP.md"])).stdout).toMatch(
      /diff policy +\d+ rules fail a change, \d+ warn, off: large-diff/,
    );
    expect((await repo.run(["doctor"])).stdout).toMatch(/diff policy.*off: large-diff/);
    const going = repo.start(run);
    const puppet = await puppets.next();
    await puppet.write("id_rsa", "x\n");
    await puppet.write("fixtures/id_rsa", "x\n");
    await puppet.exit(0);
    const ended = await going.ended;
    expect(warningsOf(reportOf(ended)[0])).toEqual(["warn secrets id_rsa"]);
    expect((await repo.run(["report"])).stdout).toContain("diff policy: did not look for large-diff");
  });

  test("can be off as a whole, which every report says", async ({ sandbox, puppets }) => {
    const yaml = puppets.config(`${passing}policy: off\n`);
    const repo = sandbox.repository({ "ROADMAP.md": "- [ ] x\n", "nightcrew.yaml": yaml, "add.test.js": tests });
    const going = repo.start(run);
    const puppet = await puppets.next();
    await puppet.write("add.test.js", "\n");
    await puppet.write("TASK.md", "x\n");
    await puppet.exit(0);
    expect((await going.ended).code).toBe(0);
    expect(repo.git("ls-tree", "--name-only", "main")).toContain("TASK.md");
    expect((await repo.run(["report"])).stdout).toContain("diff policy: OFF");
  });

  test.for([
    ["policy: {rules: {secret: fail}}", 'policy.rules: Unrecognized key: "secret"; did you mean secrets?'],
    ["policy: {rules: {secrets: loud}}", "policy.rules.secrets.level: Invalid option"],
    ["policy: {limits: {file: huge}}", "policy.limits.file: not a size"],
    ["policy: on", "policy"],
  ])("is refused where it is not valid: %s", async ([line = "", where = ""], { sandbox }) => {
    const repo = sandbox.repository({ "ROADMAP.md": "- [ ] x\n", "nightcrew.yaml": `${line}\n` });
    const { code, stderr } = await repo.run(["plan", "ROADMAP.md"]);
    expect(code).toBe(2);
    expect(stderr).toContain(where);
  });

  test("of a plan names the rules that a task allows wrongly", async ({ sandbox, puppets }) => {
    const roadmap = "- [ ] x\n  **Allow**: deleted-test\n";
    const repo = sandbox.repository({ "ROADMAP.md": roadmap, "nightcrew.yaml": puppets.config(passing) });
    const { code, stderr } = await repo.run(["plan", "ROADMAP.md"]);
    expect(code).toBe(2);
    expect(stderr).toContain(
      "ROADMAP.md:1: task 1 allows “deleted-test”, which is no rule of the diff policy; did you mean deleted-tests?",
    );
  });
});
