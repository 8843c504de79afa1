import { existsSync, readdirSync, readFileSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { findSandbox } from "../../src/adapters/sandbox/find-sandbox.ts";
import { config, eventually, gate, jsonLines, test, type Repository, type Sandbox } from "../rig/sandbox.ts";
import { toldBy } from "../rig/outcome.ts";

// Dependency folders that are made once and given to every workspace, through the command line.
const found = await findSandbox();
const inSandbox = { NIGHTCREW_SANDBOX: "auto" };

/** A setup that says how often it was run, and makes a folder from the lock file. */
function counting(sandbox: Sandbox, more = ""): string {
  const run = `echo made >> '${sandbox.path("made")}'; mkdir node_modules && cp package-lock.json node_modules/of`;
  return `setup:\n  run: ${JSON.stringify(run)}\n  key: [package-lock.json]\n  keep: [node_modules]\n${more}`;
}

function times(sandbox: Sandbox): number {
  return existsSync(sandbox.path("made")) ? sandbox.read("made").trim().split("\n").length : 0;
}

function keptIn(sandbox: Sandbox): string[] {
  const folders = readdirSync(join(sandbox.home, "workspaces"));
  return folders.flatMap((folder) => {
    const kept = join(sandbox.home, "workspaces", folder, "kept");
    return existsSync(kept) ? readdirSync(kept).map((name) => join(kept, name)) : [];
  });
}

const seesIt = 'cat node_modules/of > "$NIGHTCREW_TASK.txt"; echo x > "$NIGHTCREW_RUN.txt"';
const gateSeesIt = `gate: {checks: [{name: tests, run: "grep -q . node_modules/of && cmp package-lock.json node_modules/of"}]}\n`;

describe.concurrent("a setup", () => {
  test("is run once for all attempts and gates of all runs, and what it made is no work of anybody's", async ({
    sandbox,
  }) => {
    const repo = sandbox.repository({
      "ROADMAP.md": "- [ ] one\n- [ ] two\n  Depends on: 1\n",
      "package-lock.json": "{}\n",
      "nightcrew.yaml": config(seesIt, counting(sandbox, gateSeesIt)),
    });
    const plan = await repo.run(["plan", "ROADMAP.md"]);
    expect(plan.stdout).toContain("(not kept yet: it is run once, before the first agent)");
    expect((await repo.run(["run", "ROADMAP.md", "--yes"])).code).toBe(0);
    for (const task of ["1", "2"]) expect(repo.show("main", `${task}.txt`)).toBe("{}\n");
    expect(repo.git("ls-tree", "-r", "--name-only", "main")).not.toContain("node_modules");
    expect((await repo.run(["run", "more", "--yes"])).code).toBe(0);
    expect(times(sandbox)).toBe(1);
    expect((await repo.run(["plan", "x"])).stdout).toContain("(kept: node_modules)");
    expect((await repo.run(["doctor"])).stdout).toMatch(/setup .*\(kept: node_modules\)/);
  });

  test("is run once for two runs that begin at the same time", async ({ sandbox }) => {
    const slow = counting(sandbox, gateSeesIt).replace("echo made", "sleep 0.7; echo made");
    const repo = sandbox.repository({ "package-lock.json": "{}\n", "nightcrew.yaml": config(seesIt, slow) });
    const runs = ["one", "two"].map((title) => repo.start(["run", title, "--yes"]));
    for (const { ended } of runs) expect((await ended).code).toBe(0);
    expect(times(sandbox)).toBe(1);
  });

  test("is run anew for a change of the lock files, for its gate alone, in a workspace no agent had", async ({
    sandbox,
  }) => {
    const script = `cat node_modules/of > seen.txt; echo planted > node_modules/planted; echo "$NIGHTCREW_RUN" > run.txt; echo '{"of":1}' > package-lock.json`;
    const repo = sandbox.repository({
      "package-lock.json": "{}\n",
      "nightcrew.yaml": config(script, counting(sandbox, gateSeesIt)),
    });
    const run = await repo.run(["run", "change it", "--yes"]);
    expect(run.code).toBe(0);
    expect(repo.show("main", "package-lock.json")).toContain("of");
    expect(repo.show("main", "seen.txt")).toBe("{}\n");
    expect(times(sandbox)).toBe(2);
    // The tree of the change is the target's by now: what was made of it is for all.
    expect((await repo.run(["run", "again", "--yes"])).code).toBe(0);
    expect(repo.show("main", "seen.txt")).toContain("of");
    expect(times(sandbox)).toBe(2);
    for (const set of keptIn(sandbox)) expect(readdirSync(join(set, "tree", "node_modules"))).not.toContain("planted");
  });

  test("that a change of the lock files breaks fails the change, with its log", async ({ sandbox }) => {
    const yaml = `setup: {run: "grep -v broken package-lock.json && mkdir node_modules", key: [package-lock.json], keep: [node_modules]}\nattempts: 1\n${gate}`;
    const repo = sandbox.repository({
      "package-lock.json": "{}\n",
      "nightcrew.yaml": config("echo broken > package-lock.json; echo x > x.txt", yaml),
    });
    const run = await repo.run(["run", "break it", "--yes", "--json"]);
    expect(run.code).toBe(1);
    expect(toldBy(run.stdout).failures.join("\n")).toContain("tests");
    expect(run.stdout).toContain("ended with exit code 1");
    expect(repo.show("main", "package-lock.json")).toBe("{}\n");
  });

  test("that fails is the machine's fault: its log is told, and nothing of it stays", async ({ sandbox }) => {
    const yaml = `setup: {run: "echo half > half; echo no registry here >&2; exit 7", key: [package-lock.json], keep: [node_modules]}\n${gate}`;
    const repo = sandbox.repository({ "package-lock.json": "{}\n", "nightcrew.yaml": config(seesIt, yaml) });
    const run = await repo.run(["run", "one", "--yes", "--json"]);
    expect(run.code).toBe(1);
    const told = toldBy(run.stdout);
    expect(told.failures.join("\n")).toContain("ended with exit code 7");
    expect(run.stdout).toContain("no registry here");
    expect(keptIn(sandbox)).toEqual([]);
  });
});

describe("what is kept", () => {
  test("is shown and freed by cleanup once nothing goes on in its repository", async ({ sandbox }) => {
    const repo = sandbox.repository({
      "package-lock.json": "{}\n",
      "nightcrew.yaml": config(seesIt, counting(sandbox, gateSeesIt)),
    });
    expect((await repo.run(["run", "one", "--yes"])).code).toBe(0);
    const [set = ""] = keptIn(sandbox);
    const dry = await repo.run(["cleanup", "--dry-run", "--older-than", "0"]);
    expect(dry.stdout).toContain(`${set} would be removed (`);
    expect(dry.stdout).toMatch(/workspace \S+agent-1 would be removed \(\d+ kB\)/);
    expect(dry.stdout).toMatch(/^would free \d+ kB$/m);
    expect(existsSync(set)).toBe(true);
    const done = await repo.run(["cleanup", "--older-than", "0"]);
    expect(done.stdout).toMatch(/^freed \d+ kB$/m);
    expect(sandbox.files(join(sandbox.home, "workspaces"), () => true)).toEqual([]);
  });

  test("is no more than may be: workspaces and sets that were not used for longest go first", async ({ sandbox }) => {
    sandbox.env["NIGHTCREW_WORKSPACES"] = "1";
    const yaml = counting(sandbox, gateSeesIt).replace("setup:\n", "setup:\n  limits: {sets: 1}\n");
    const repo = sandbox.repository({ "package-lock.json": "{}\n", "nightcrew.yaml": config(seesIt, yaml) });
    const oneIsLeft = (): boolean =>
      readdirSync(join(sandbox.home, "workspaces"))
        .flatMap((name) => readdirSync(join(sandbox.home, "workspaces", name)))
        .filter((name) => /^(?:agent|gate)-/.test(name)).length === 1;
    expect((await repo.run(["run", "one", "--yes"])).code).toBe(0);
    await eventually(oneIsLeft, "the daemon's cleanup");
    const [first = ""] = keptIn(sandbox);
    const longAgo = new Date(Date.now() - 3_600_000);
    utimesSync(join(first, "used"), longAgo, longAgo);
    repo.commit({ "package-lock.json": '{"of":2}\n' }, "Other dependencies");
    expect((await repo.run(["run", "two", "--yes"])).code).toBe(0);
    const left = keptIn(sandbox);
    expect(left).toHaveLength(1);
    expect(left).not.toContain(first);
    await eventually(oneIsLeft, "the daemon's cleanup");
  });
});

describe.runIf(found.kind === "bubblewrap")("kept folders in the sandbox", () => {
  test("cannot be written to, by agents nor by checks; caches of tools can", async ({ sandbox }) => {
    const tries = "echo x > node_modules/of; rm -rf node_modules; echo c > node_modules/.cache/c";
    const run = "mkdir node_modules && cp package-lock.json node_modules/of && pwd > node_modules/where";
    const yaml = [
      `setup: {run: ${JSON.stringify(run)}, key: [package-lock.json], keep: [node_modules]}`,
      `gate: {checks: [{run: ${JSON.stringify(`(${tries}) 2>/dev/null; cmp package-lock.json node_modules/of && grep -q c node_modules/.cache/c && cmp node_modules/of "$(cat node_modules/where)/node_modules/of"`)}}]}`,
    ].join("\n");
    const script = `(${tries}) 2>/dev/null; cat node_modules/of node_modules/.cache/c > seen.txt; git add -A; git commit -qm own`;
    const repo = sandbox.repository({ "package-lock.json": "{}\n", "nightcrew.yaml": config(script, `${yaml}\n`) });
    const ended = await repo.run(["run", "try it", "--yes", "--json"], inSandbox);
    expect(ended).toMatchObject({ code: 0 });
    expect(repo.show("main", "seen.txt")).toBe("{}\nc\n");
    expect(repo.git("ls-tree", "-r", "--name-only", "main")).not.toContain("node_modules");
    const [set = ""] = keptIn(sandbox);
    expect(readFileSync(join(set, "tree", "node_modules", "of"), "utf8")).toBe("{}\n");
    expect(readdirSync(join(set, "tree", "node_modules", ".cache"))).toEqual([]);
  });

  test("are a real npm project's, whose detected gate installs nothing any more", async ({ sandbox }) => {
    const repo = npmProject(sandbox);
    const plan = await repo.run(["plan", "ROADMAP.md"], inSandbox);
    expect(plan.stdout).toMatch(/gate {11}npm test/);
    const ended = await repo.run(["run", "ROADMAP.md", "--yes", "--json"], inSandbox);
    expect(ended).toMatchObject({ code: 0 });
    expect(repo.show("main", "1.txt")).toBe("dep\n");
    expect(jsonLines(ended.stdout).length).toBeGreaterThan(0);
  });
});

function npmProject(sandbox: Sandbox): Repository {
  const lock = {
    name: "p",
    version: "1.0.0",
    lockfileVersion: 3,
    packages: {
      "": { name: "p", version: "1.0.0", dependencies: { dep: "file:dep" } },
      dep: { version: "1.0.0" },
      "node_modules/dep": { resolved: "dep", link: true },
    },
  };
  return sandbox.repository({
    "ROADMAP.md": "- [ ] one\n",
    "package.json": JSON.stringify({
      name: "p",
      version: "1.0.0",
      dependencies: { dep: "file:dep" },
      scripts: { test: "node --test" },
    }),
    "package-lock.json": JSON.stringify(lock),
    "dep/package.json": JSON.stringify({ name: "dep", version: "1.0.0", main: "index.js" }),
    "dep/index.js": "module.exports = 'dep';\n",
    "a.test.js": "require('node:test')('x', () => require('node:assert').equal(require('dep'), 'dep'));\n",
    "nightcrew.yaml": config(
      `node -e "console.log(require('dep'))" > "$NIGHTCREW_TASK.txt"`,
      "setup: {run: npm ci --offline}\n",
    ),
  });
}
