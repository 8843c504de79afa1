import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { config, gate, test, type Ended, type Repository, type Sandbox } from "../rig/sandbox.ts";

const works = config('echo "$NIGHTCREW_TASK" > "$NIGHTCREW_TASK.txt"', gate);
const twoAgents = works.replace("agents:", "agents:\n  other:\n    driver: command\n    command: [sh]");

/** Something wrong, and what a person is told about it. */
interface Wrong {
  readonly code: string;
  /** What and why. */
  readonly says: readonly (string | RegExp)[];
  readonly next: string;
  /** Instead of, and besides, a good configuration and a roadmap of one task. */
  readonly files?: Readonly<Record<string, string | Buffer>>;
  readonly arrange?: (repo: Repository, sandbox: Sandbox) => void;
  /** Instead of `run ROADMAP.md --yes`. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

type Case = readonly [name: string, wrong: Wrong];

/** An error fits on a screen. */
const maxLines = 12;
const maxColumns = 300;

/** The daemon's own things: it is there, and nothing was begun. */
const daemons = /\/home(\/(daemon\.log|daemon\.sock|owner\.\d+|store\.db(-wal|-shm)?|store\.backup\.db(\.tmp.*)?))?$/;

/** Every file below a folder with what would show that it was touched. */
function snapshot(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !daemons.test(file))
    .map((file) => ({ file, found: statSync(file, { throwIfNoEntry: false }) }))
    .map(({ file, found }) => `${file} ${found?.size ?? "–"} ${found?.mtimeMs ?? "–"}`)
    .sort();
}

function project(sandbox: Sandbox, { files = {}, arrange }: Wrong): Repository {
  const repo = sandbox.repository({ "ROADMAP.md": "- [ ] one\n", "nightcrew.yaml": works, ...files });
  arrange?.(repo, sandbox);
  return repo;
}

function expectScreen(ended: Ended, { says, next }: Wrong): void {
  expect(ended).toMatchObject({ code: 2, stdout: "" });
  const lines = ended.stderr.trimEnd().split("\n");
  expect(lines[0]).toMatch(/^error: \S/);
  for (const text of says) expect(ended.stderr).toMatch(text);
  const steps = lines.filter((line) => line.startsWith("  next: ")).join("\n");
  expect(steps).toContain(next);
  expect(lines.length).toBeLessThanOrEqual(maxLines);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(maxColumns);
}

function expectJson({ code, stdout, stderr }: Ended, wrong: Pick<Wrong, "code">): void {
  expect({ code, stderr }).toEqual({ code: 2, stderr: "" });
  expect(stdout.trimEnd().split("\n")).toHaveLength(1);
  const { version, error } = JSON.parse(stdout) as { version: number; error: Record<string, unknown> };
  expect(version).toBe(1);
  expect(Object.keys(error).sort()).toEqual(["code", "exitCode", "next", "what", "why"]);
  expect(error).toMatchObject({ code: wrong.code, exitCode: 2, what: expect.any(String) as string });
  expect(error["next"]).toEqual(expect.any(String));
}

/** Told on a screen and as JSON; and before and after, everything in this world is the same. */
async function expectRefused(sandbox: Sandbox, cwd: string, wrong: Wrong): Promise<void> {
  const { args = ["run", "ROADMAP.md", "--yes"], env = {} } = wrong;
  const before = snapshot(sandbox.root);
  expectScreen(await sandbox.nightcrew(args, { cwd, env }), wrong);
  expectJson(await sandbox.nightcrew([...args, "--json"], { cwd, env }), wrong);
  expect(snapshot(sandbox.root)).toEqual(before);
}

async function refuses(sandbox: Sandbox, wrong: Wrong): Promise<void> {
  await expectRefused(sandbox, project(sandbox, wrong).path, wrong);
}

const repositories: readonly Case[] = [
  [
    "without a commit",
    {
      arrange: (repo) => repo.git("update-ref", "-d", "HEAD"),
      code: "no-commits",
      says: ["no commit yet", "every task starts from a commit"],
      next: "git commit -m 'Start'",
    },
  ],
  [
    "on a detached HEAD, with no --target",
    {
      arrange: (repo) => repo.git("checkout", "--quiet", "--detach"),
      code: "detached-head",
      says: ["HEAD is detached"],
      next: "--target BRANCH",
    },
  ],
  [
    "where a branch named nightcrew is in the way of nightcrew's own",
    {
      arrange: (repo) => repo.git("branch", "nightcrew"),
      code: "branch-name-clash",
      says: ["There is a branch named nightcrew", "cannot keep it"],
      next: "git branch -m nightcrew nightcrew-old",
    },
  ],
  [
    "without the branch that --target names; the nearest is named",
    {
      args: ["run", "ROADMAP.md", "--yes", "--target", "mian"],
      code: "unknown-target",
      says: ["There is no branch mian", "there is: main"],
      next: "git branch mian",
    },
  ],
  [
    "without the branch that the configuration names",
    {
      files: { "nightcrew.yaml": `target: release\n${works}` },
      code: "unknown-target",
      says: ["There is no branch release"],
      next: "git branch release",
    },
  ],
  [
    "where git is not installed",
    { env: { PATH: "/nowhere" }, code: "no-git", says: ["git was not found on the PATH"], next: "install git" },
  ],
];

const sources: readonly Case[] = [
  ["an empty roadmap", { files: { "ROADMAP.md": "" }, code: "empty", says: ["no box was found"], next: "- [ ] " }],
  [
    "a roadmap without boxes",
    {
      files: { "ROADMAP.md": "# Thoughts\n\n- One day\n\n```\n- [ ] an example\n```\n" },
      code: "empty",
      says: [
        "no box was found",
        "not read in ROADMAP.md: items without a mark (line 3), boxes in code or HTML (lines 5-7)",
      ],
      next: "- [ ] ",
    },
  ],
  [
    "a roadmap of ticked boxes",
    {
      files: { "ROADMAP.md": "- [x] one\n- [x] two\n" },
      code: "empty",
      says: ["Nothing is left to do: all 2 tasks in it are done"],
      next: "- [ ] ",
    },
  ],
  [
    "duplicate ids",
    {
      files: { "ROADMAP.md": "- [ ] T1: one\n\n- [ ] T2: two\n- [ ] T1: three\n" },
      code: "duplicate-id",
      says: ["duplicate id T1: ROADMAP.md:1, ROADMAP.md:4"],
      next: "nightcrew plan",
    },
  ],
  [
    "an unknown dependency; the nearest is named",
    {
      files: { "ROADMAP.md": "- [ ] Write the parser\n- [ ] Use it\n  Depends on: Write the parsre\n" },
      code: "unknown-dependency",
      says: [/ROADMAP\.md:2: task 2 depends on “Write the parsre”.*did you mean Write the parser\?/],
      next: "nightcrew plan",
    },
  ],
  [
    "a dependency that two tasks could be",
    {
      files: { "ROADMAP.md": "- [ ] same\n- [ ] same\n- [ ] last\n  Depends on: same\n" },
      code: "ambiguous-dependency",
      says: ["ROADMAP.md:3: task 3 depends on “same”, which could be 1 or 2"],
      next: "nightcrew plan",
    },
  ],
  [
    "a cycle; its tasks are named in order",
    {
      files: {
        "ROADMAP.md":
          "- [ ] T1: a\n  Depends on: T3\n- [ ] T2: b\n  Depends on: T1\n- [ ] T3: c\n  Depends on: T2\n- [ ] T4: d\n",
      },
      code: "cycle",
      says: [/in a circle: (T1 → T3 → T2 → T1|T3 → T2 → T1 → T3|T2 → T1 → T3 → T2)$/m, "none of them could ever start"],
      next: "Depends on",
    },
  ],
  [
    "a task that waits for itself",
    {
      files: { "ROADMAP.md": "- [ ] T1: one\n  Depends on: T1\n" },
      code: "cycle",
      says: ["T1 → T1"],
      next: "Depends on",
    },
  ],
  [
    "more problems than fit on a screen",
    {
      files: { "ROADMAP.md": Array.from({ length: 60 }, (_, i) => `- [ ] t${i}\n  Depends on: nowhere\n`).join("") },
      code: "unknown-dependency",
      says: ["… and 52 more"],
      next: "nightcrew plan",
    },
  ],
  [
    "a file of 2 MB",
    {
      files: { "ROADMAP.md": "- [ ] one\n".repeat(200_000) },
      code: "source-unreadable",
      says: ["2000000 bytes; at most 1000000"],
      next: "name a Markdown file",
    },
  ],
  [
    "a binary file",
    {
      files: { "ROADMAP.md": Buffer.from([0x2d, 0x20, 0x5b, 0, 1, 2, 3, 0x5d]) },
      code: "source-unreadable",
      says: ["it is a binary file"],
      next: "name a Markdown file",
    },
  ],
  [
    "Latin-1 text",
    {
      files: { "ROADMAP.md": Buffer.from("- [ ] Créer\n", "latin1") },
      code: "source-unreadable",
      says: ["it is not UTF-8 text"],
      next: "name a Markdown file",
    },
  ],
  [
    "a folder",
    {
      arrange: (repo) => mkdirSync(join(repo.path, "docs")),
      args: ["run", "docs", "--yes"],
      code: "source-not-a-file",
      says: ["Not a file: docs"],
      next: "docs/ROADMAP.md",
    },
  ],
  [
    "a file that is not there; the nearest is named",
    {
      args: ["run", "ROADMAPS.md", "--yes"],
      code: "source-not-found",
      says: ["There is no file ROADMAPS.md", "there is: ROADMAP.md"],
      next: "check the name",
    },
  ],
  [
    "a file in a folder that is not there",
    {
      args: ["run", "docs/plan.md", "--yes"],
      code: "source-not-found",
      says: ["There is no file docs/plan.md"],
      next: "check the name",
    },
  ],
  [
    "a tracker for which there is no token",
    {
      args: ["run", "github:owner/repo", "--yes"],
      code: "no-token",
      says: ["Issues of owner/repo cannot be read without a token"],
      next: "export GITHUB_TOKEN",
    },
  ],
  [
    "a plan file without tasks",
    {
      files: { "p.yaml": "version: 1\ntasks: []\n" },
      args: ["run", "p.yaml", "--yes"],
      code: "empty",
      says: [/no task in it$/m],
      next: "- title: What to do",
    },
  ],
  [
    "a tracker without its colon",
    {
      args: ["run", "Seeds", "--yes"],
      code: "which-source",
      says: ['"Seeds" is no source'],
      next: "name them: seeds:",
    },
  ],
  [
    "a choice of issues where no tracker is named",
    {
      args: ["plan", "ROADMAP.md", "--next", "3", "--label", "agent"],
      code: "usage",
      says: ["--next, --label: no tracker is named"],
      next: "github:owner/name",
    },
  ],
  [
    "a kind of file that is not read",
    {
      files: { "plan.toml": "tasks: []\n" },
      args: ["run", "plan.toml", "--yes"],
      code: "unsupported-source",
      says: ["no .toml files as work: plan.toml"],
      next: "tasks.txt",
    },
  ],
  [
    "an empty title",
    { args: ["run", " \t", "--yes"], code: "empty-title", says: ["title is empty"], next: "nightcrew run" },
  ],
  [
    "a tracked roadmap with uncommitted edits",
    {
      arrange: (repo) => repo.write("ROADMAP.md", "- [ ] one\n- [ ] two\n"),
      code: "source-uncommitted",
      says: ["ROADMAP.md has uncommitted edits", "ticked in the committed version"],
      next: "git commit -m 'Update ROADMAP.md' -- ROADMAP.md",
    },
  ],
];

const configurations: readonly Case[] = [
  [
    "that is no YAML: line and column are named",
    {
      files: { "nightcrew.yaml": "workers: 2\nagents:\n  sh: {driver: [\n" },
      code: "invalid-config",
      says: [/nightcrew\.yaml:[34]:\d+ is not a valid configuration/],
      next: "nightcrew init --print",
    },
  ],
  [
    "with an unknown key: line, column and the nearest are named",
    {
      files: { "nightcrew.yaml": `${works}wrokers: 3\n` },
      code: "invalid-config",
      says: [/nightcrew\.yaml:8:\d+ is not/, "wrokers", "did you mean workers?"],
      next: "correct it",
    },
  ],
  [
    "with a value of the wrong type: its place is named",
    {
      files: { "nightcrew.yaml": `workers: many\n${works}` },
      code: "invalid-config",
      says: [/nightcrew\.yaml:1:10 is not/, "workers: "],
      next: "correct it",
    },
  ],
  [
    "with a time nobody understands",
    {
      files: { "nightcrew.yaml": works.replace("    command:", "    limits: {total: soon}\n    command:") },
      code: "invalid-config",
      says: [/nightcrew\.yaml:4:\d+ is not/, "agents.sh.limits.total: ", "soon", "10m"],
      next: "correct it",
    },
  ],
  [
    "with a key twice",
    {
      files: { "nightcrew.yaml": `workers: 1\nworkers: 2\n${works}` },
      code: "invalid-config",
      says: [/nightcrew\.yaml:2:1 is not/],
      next: "correct it",
    },
  ],
  [
    "that is a list",
    {
      files: { "nightcrew.yaml": "- one\n" },
      code: "invalid-config",
      says: ["nightcrew.yaml:1:1"],
      next: "correct it",
    },
  ],
  [
    "that is far too large",
    {
      files: { "nightcrew.yaml": `${works}#${"x".repeat(300_000)}\n` },
      code: "invalid-config",
      says: ["at most 262144 are read"],
      next: "correct it",
    },
  ],
];

const agents: readonly Case[] = [
  [
    "none configured",
    { files: { "nightcrew.yaml": gate }, code: "no-agent", says: ["No agent is configured"], next: "nightcrew init" },
  ],
  [
    "several, and none chosen",
    {
      files: { "nightcrew.yaml": twoAgents },
      code: "which-agent",
      says: ["Several agents are configured: other, sh"],
      next: "--agent NAME",
    },
  ],
  [
    "an unknown one on the command line; the nearest is named",
    {
      files: { "nightcrew.yaml": twoAgents },
      args: ["run", "ROADMAP.md", "--yes", "--agent", "othr"],
      code: "unknown-agent",
      says: ["There is no agent othr", "did you mean other?"],
      next: "agents:",
    },
  ],
  [
    "an unknown one in the roadmap; those there are are named",
    {
      files: { "ROADMAP.md": "- [ ] one\n  Agent: somebody-else\n" },
      code: "unknown-agent",
      says: ["There is no agent somebody-else", "configured: sh"],
      next: "agents:",
    },
  ],
  [
    "a command that is not on the PATH",
    {
      files: { "nightcrew.yaml": works.replace("[sh,", "[no-such-agent,") },
      code: "command-not-found",
      says: ["The command of agent sh was not found: no-such-agent", "not on the PATH"],
      next: "install it",
    },
  ],
  [
    "a command whose file cannot be executed",
    {
      files: { "agent.sh": "#!/bin/sh\n", "nightcrew.yaml": works.replace("[sh,", "[./agent.sh,") },
      code: "command-not-found",
      says: [/was not found: \S+\/agent\.sh/, "no executable file"],
      next: "correct `command:`",
    },
  ],
];

const gates: readonly Case[] = [
  [
    "none found",
    {
      files: { "nightcrew.yaml": config("true") },
      code: "no-gate",
      says: ["No gate was found", "looked for package.json"],
      next: "--gate none",
    },
  ],
  [
    "a command that is not there",
    {
      args: ["run", "ROADMAP.md", "--yes", "--gate", "no-such-gate --all"],
      code: "gate-not-found",
      says: ["was not found: no-such-gate", "check: no-such-gate --all"],
      next: "--gate CMD",
    },
  ],
  [
    "a script that is not there",
    {
      files: { "nightcrew.yaml": config("true", "gate: {checks: [{name: unit, run: CI=1 ./check.sh fast}]}\n") },
      code: "gate-not-found",
      says: ["The command of check “unit” was not found: ./check.sh"],
      next: "nightcrew.yaml",
    },
  ],
];

describe("a repository", () => {
  test.for(repositories)("%s is refused with the way out", async ([, wrong], { sandbox }) => refuses(sandbox, wrong));

  test("is asked for where there is none, by every command that needs one", async ({ sandbox }) => {
    mkdirSync(sandbox.path("plain"));
    sandbox.write("plain/ROADMAP.md", "- [ ] one\n");
    const wrong = { code: "not-a-repository", says: ["Not a git repository"], next: "git init" };
    for (const args of [["run", "ROADMAP.md", "--yes"], ["plan", "ROADMAP.md"], ["init"]])
      await expectRefused(sandbox, sandbox.path("plain"), { ...wrong, args });
  });

  test("needs a work tree: a bare one, and the folder .git, are refused", async ({ sandbox }) => {
    const repo = project(sandbox, { code: "", says: [], next: "" });
    repo.git("clone", "--quiet", "--bare", ".", sandbox.path("bare"));
    const wrong = { args: ["plan", "words"], code: "not-a-repository", says: ["with a work tree"], next: "git init" };
    await expectRefused(sandbox, sandbox.path("bare"), wrong);
    await expectRefused(sandbox, join(repo.path, ".git"), wrong);
  });

  // git 2.24 and newer mark a partial clone by remote.<name>.promisor; extensions.partialClone, which is looked for, is the older mark.
  test("that is a partial clone is refused with the way out", async ({ sandbox }) => {
    const repo = project(sandbox, { code: "", says: [], next: "" });
    repo.git("config", "uploadpack.allowFilter", "true");
    repo.git("clone", "--quiet", "--filter=blob:none", `file://${repo.path}`, sandbox.path("partial"));
    await expectRefused(sandbox, sandbox.path("partial"), {
      code: "partial-clone",
      says: ["is a partial clone"],
      next: "git fetch --refetch",
    });
  });
});

describe("a source", () => {
  test.for(sources)("that is %s is refused with the way out", async ([, wrong], { sandbox }) =>
    refuses(sandbox, wrong),
  );

  test("with uncommitted edits runs with --sync none, as the refusal says", async ({ sandbox }) => {
    const repo = project(sandbox, { code: "", says: [], next: "" });
    const edited = "- [ ] one\n- [ ] two\n";
    repo.write("ROADMAP.md", edited);
    const refused = await repo.run(["run", "ROADMAP.md", "--yes"]);
    expect(refused.stderr).toContain("nightcrew run ROADMAP.md --sync none");
    // Looking at the plan of what one is about to commit begins nothing.
    const plan = await repo.run(["plan", "ROADMAP.md"]);
    expect([plan.code, plan.stdout]).toEqual([0, expect.stringContaining("2 tasks from ROADMAP.md")]);
    expect(plan.stdout).toMatch(/^note +it cannot begin: ROADMAP\.md has uncommitted edits$/m);
    const run = await repo.run(["run", "ROADMAP.md", "--sync", "none", "--yes"]);
    expect(run.code).toBe(0);
    expect(run.stdout).toContain("All 2 tasks landed");
    expect(repo.read("ROADMAP.md")).toBe(edited);
  });

  // api/client.ts refuses the request before load-sources.ts:title can, and names a command that does not exist.
  test("that is no character at all is refused with the way out", async ({ sandbox }) => {
    await refuses(sandbox, {
      args: ["run", "", "--yes"],
      code: "empty-title",
      says: ["title is empty"],
      next: "nightcrew run",
    });
  });

  // load-sources.ts:refuseUncommitted puts the name into its commands as it is.
  test("with uncommitted edits can be committed by the command that is named, whatever its name", async ({
    sandbox,
  }) => {
    const name = "my plan/it's next.md";
    const repo = project(sandbox, { files: { [name]: "- [ ] one\n" }, code: "", says: [], next: "" });
    repo.write(name, "- [ ] one\n- [ ] two\n");
    const refused = await repo.run(["run", name, "--yes"]);
    const command = /next: commit it: (git commit .*)$/m.exec(refused.stderr)?.[1] ?? "false";
    repo.git("-c", `alias.step=!${command}`, "step");
    expect(repo.git("status", "--porcelain")).toBe("");
  });

  // cli/output/error-text.ts:showError prints the text of a source as it is.
  test("cannot write on the terminal through an error", async ({ sandbox }) => {
    const repo = project(sandbox, {
      files: { "ROADMAP.md": "- [ ] one\n  Depends on: \u001b[2J\u001b[Hgone\n" },
      code: "",
      says: [],
      next: "",
    });
    const refused = await repo.run(["plan", "ROADMAP.md"]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).not.toContain("\u001b");
  });

  // plan-errors.ts:cycleError names every task of the circle.
  test("with a circle of hundreds of tasks is refused on one screen", async ({ sandbox }) => {
    const text = Array.from({ length: 400 }, (_, i) => `- [ ] T${i}: t\n  Depends on: T${(i + 1) % 400}\n`).join("");
    await refuses(sandbox, { files: { "ROADMAP.md": text }, code: "cycle", says: ["T0"], next: "Depends on" });
  });
});

describe("a configuration", () => {
  test.for(configurations)("%s is refused with the way out", async ([, wrong], { sandbox }) => refuses(sandbox, wrong));

  // load-config.ts:readBounded lets EISDIR through: exit code 70.
  test("that is a folder is refused with the way out", async ({ sandbox }) => {
    await refuses(sandbox, {
      arrange: (repo) => {
        rmSync(join(repo.path, "nightcrew.yaml"));
        mkdirSync(join(repo.path, "nightcrew.yaml"));
      },
      code: "invalid-config",
      says: ["nightcrew.yaml"],
      next: "correct it",
    });
  });

  test("is not written over by init", async ({ sandbox }) => {
    await refuses(sandbox, {
      args: ["init"],
      code: "config-exists",
      says: [/a configuration already: \S+nightcrew\.yaml/],
      next: "nightcrew init --print",
    });
  });
});

describe("agents:", () => {
  test.for(agents)("%s is refused with the way out", async ([, wrong], { sandbox }) => refuses(sandbox, wrong));

  // preflight.ts:findProgram asks only whether the name may be executed, which a folder may.
  test("a command that is a folder is refused with the way out", async ({ sandbox }) => {
    await refuses(sandbox, {
      files: { "bin/agent": "", "nightcrew.yaml": works.replace("[sh,", "[./bin,") },
      code: "command-not-found",
      says: ["/bin"],
      next: "correct `command:`",
    });
  });
});

describe("a gate:", () => {
  test.for(gates)("%s is refused with the way out", async ([, wrong], { sandbox }) => refuses(sandbox, wrong));
});

describe("a run", () => {
  test("that nobody confirms, because there is no terminal, shows its plan and does not start", async ({ sandbox }) => {
    const repo = project(sandbox, { code: "", says: [], next: "" });
    const before = snapshot(sandbox.root);
    const plain = await repo.run(["run", "ROADMAP.md"]);
    expect(plain.code).toBe(2);
    expect(plain.stdout).toContain("1 task from ROADMAP.md");
    expect(plain.stderr).toMatch(/^error: Nobody is there to be asked.*\n {2}next: add --yes\n$/);
    expectJson(await repo.run(["run", "ROADMAP.md", "--json"]), { code: "not-confirmed" });
    expect(snapshot(sandbox.root)).toEqual(before);
  });
});

const usage: readonly (readonly [name: string, args: readonly string[], says: string])[] = [
  ["an unknown command, with the nearest", ["rnu"], "did you mean run?"],
  ["an unknown option, with the nearest", ["run", "ROADMAP.md", "--yse"], "did you mean --yes?"],
  ["no source", ["run", "--yes"], "missing required argument 'source'"],
  ["no workers", ["run", "ROADMAP.md", "--yes", "--workers", "0"], "a whole number from 1 to 64"],
  ["too many workers", ["run", "ROADMAP.md", "--yes", "--workers", "65"], "a whole number from 1 to 64"],
  ["workers that are no number", ["plan", "ROADMAP.md", "-w", "two"], "a whole number from 1 to 64"],
  ["help on what there is not", ["help", "rnu"], "unknown command 'rnu'"],
  ["a gate that is empty", ["run", "ROADMAP.md", "--yes", "--gate", ""], "must not be empty"],
  ["a target of blanks", ["plan", "ROADMAP.md", "--target", " "], "must not be empty"],
  ["a command to validate that is empty", ["validate", ""], "No command was given"],
  ["steps, and no file to begin at", ["scan", "--steps", "2"], "no file is named"],
  ["a plan file that would not be known as one", ["plan", "ROADMAP.md", "-o", "plan.txt"], ".yaml, .yml or .json"],
  ["an unknown time of ticking", ["run", "ROADMAP.md", "--sync", "later"], "landing, request, none"],
];

describe("a command line with", () => {
  test.for(usage)("%s is wrong usage", async ([, args, says], { sandbox }) => {
    const repo = project(sandbox, { code: "", says: [], next: "" });
    const before = snapshot(sandbox.root);
    const { code, stdout, stderr } = await repo.run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^error: /);
    expect(stderr).toContain(says);
    expect(snapshot(sandbox.root)).toEqual(before);
  });

  // cli/main.ts:runCommandLine leaves these to commander, which knows neither `next:` nor --json.
  test.for(usage)("%s names the next command, and answers in JSON where asked", async ([, args], { sandbox }) => {
    const repo = project(sandbox, { code: "", says: [], next: "" });
    expect((await repo.run(args)).stderr).toMatch(/^ {2}next: .*nightcrew/m);
    expectJson(await repo.run([...args, "--json"]), { code: "usage" });
  });
});

const oneRun = [["status"], ["tasks"], ["report"], ["logs"], ["resume"], ["cancel"], ["sync"]] as const;

describe("an id", () => {
  test.for(oneRun)(
    "is of no use to %s before the first run, and asking begins nothing",
    async ([command], { sandbox }) => {
      await refuses(sandbox, {
        args: [command, "20260101-000000-00000000"],
        code: "no-run",
        says: ["There is no run yet"],
        next: "nightcrew run ROADMAP.md",
      });
    },
  );

  test("that no run, task or attempt has is refused, and the nearest is named", async ({ sandbox }) => {
    const repo = project(sandbox, {
      files: { "ROADMAP.md": "- [ ] one\n  **ID**: parser\n" },
      code: "",
      says: [],
      next: "",
    });
    await repo.run(["run", "ROADMAP.md", "--yes"]);
    const id = /"id":"(\d{8}-\d{6}-[0-9a-f]{8})"/.exec((await repo.run(["runs", "--json"])).stdout)?.[1] ?? "none";
    const wrongId = id.slice(0, -1) + (id.endsWith("0") ? "1" : "0");
    for (const [command] of oneRun) {
      const args = [command, wrongId];
      const unknown = {
        args,
        code: "unknown-run",
        says: [`no run ${wrongId}`, `there is: ${id}`],
        next: "nightcrew runs",
      };
      expectScreen(await repo.run(args), unknown);
      expectJson(await repo.run([...args, "--json"]), unknown);
    }
    for (const task of ["parser", `${id}/parser`]) {
      const says = [`no run ${task}`, `parser is a task of run ${id}`];
      expectScreen(await repo.run(["report", task]), { code: "unknown-run", says, next: `nightcrew report ${id}` });
    }
    for (const word of ["parsre", `${id}/parsre`]) {
      const unknown = { code: "unknown-task", says: ["parsre", "there is: parser"], next: `nightcrew tasks ${id}` };
      expectScreen(await repo.run(["logs", word]), unknown);
      expectJson(await repo.run(["logs", word, "--json"]), unknown);
    }
  });
});

describe("a second run of a source", () => {
  test("whose first is not over is refused with both ways out", async ({ sandbox }) => {
    const started = sandbox.path("started");
    const repo = project(sandbox, {
      files: { "nightcrew.yaml": config(`touch '${started}'; sleep 300`, gate) },
      code: "",
      says: [],
      next: "",
    });
    const first = repo.start(["run", "ROADMAP.md", "--yes"]);
    await first.saw("attempt 1 (sh)");
    const second = {
      code: "run-unfinished",
      says: ["is not finished", "do its tasks again"],
      next: "nightcrew cancel ",
    };
    expectScreen(await repo.run(["run", "ROADMAP.md", "--yes"]), second);
    expectJson(await repo.run(["run", "./ROADMAP.md", "--yes", "--json"]), second);
    expect((await repo.run(["cancel", sandbox.newestRun()])).code).toBe(0);
    expect((await first.ended).code).toBe(1);
  });
});
